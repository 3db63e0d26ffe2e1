// How each preset is trained unless something else is asked for.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "rectify/train/trainer.h"

namespace rectify {

/// A preset's own settings, chosen on a validation split of Fashion-MNIST. What TrainOptions have beside these is the same for all
/// networks.
struct Recipe {
  const char* net;  ///< one of preset_names()
  int epochs;
  std::int64_t batch;
  const char* optimizer;  ///< as OptimiserOptions::parse() reads it
  double learning_rate;
  const char* schedule;      ///< as Schedule::parse() reads it
  const char* augmentation;  ///< as Augmentation::parse() reads it
};

/// One for each preset, in the order of preset_names().
std::span<const Recipe> recipes();

/// What `net`, a text that describe_network() reads, is trained with: a preset by its recipe where it is to classify, and otherwise, as any
/// other network, as TrainOptions begin: a rate for classes is too large for numbers.
TrainOptions default_options(const std::string& net, Task task = Task::kClassification);

/// The rate of an optimiser that is asked for without one: sgd 0.01, the others 0.001.
double default_rate(OptimiserKind kind);

/// Asks for another optimiser. The rate stays where it is of the same kind, and becomes its default_rate() where it is not.
void change_optimiser(TrainOptions& options, const OptimiserOptions& optimiser);

/// The settings of a recipe, for people to read.
TrainingSettings settings_of(const Recipe& recipe);

}  // namespace rectify
