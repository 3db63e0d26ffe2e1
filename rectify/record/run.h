// One training run: what was asked, what came out, and what was seen inside.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rectify/record/stats.h"
#include "rectify/record/training_settings.h"

namespace rectify {

/// The first number of a run that was not finite.
struct NonFinite {
  std::int64_t step = 0;  ///< counted from 1
  std::string layer;      ///< the first layer in the order of computation whose values were not finite
  std::string direction;  ///< "forward", "backward" or "update"
};

/// What a network is trained to give: a class, targets, or its own input.
enum class Task { kClassification, kRegression, kAutoencoder };

/// How a run ended.
enum class RunState { kFinished, kNonFinite, kInterrupted };

/// One training run.
struct RunRecord : TrainingSettings {
  std::string activation;  ///< as given
  std::string name;        ///< what people call it; empty: as `activation`
  Task task = Task::kClassification;
  std::string loss = "cross-entropy";  ///< as the command line writes it
  std::string net;
  std::string data;
  std::vector<std::string> targets;  ///< their names, where they have some
  std::string init;
  std::uint64_t seed = 0;
  int classes = 0;  ///< of classification
  int threads = 1;  ///< that computed each step

  RunState state = RunState::kFinished;
  std::optional<NonFinite> non_finite;
  std::vector<double> train_loss;       ///< mean over each epoch
  std::optional<double> test_accuracy;  ///< of classification
  std::optional<double> test_loss;
  std::optional<double> r_squared;  ///< of the other tasks: 1 - the squared error over the targets' own variance, on the test split
  std::vector<double> rms_errors;   ///< of regression: the root of the mean squared error of each target, in its units, on the test split
  double seconds_per_epoch = 0;
  std::optional<double> ns_per_element;     ///< of the activation itself, forward and backward, per element
  double data_off_centre = 0;               ///< norm(E x)^2 / E norm(x)^2 of the standardised inputs
  NetworkStats start, end;                  ///< the probe before and after training
  NetworkStats during;                      ///< recorded steps of training, merged
  std::vector<std::vector<double>> learnt;  ///< per hidden layer the mean of each learnt activation parameter at the end
};

}  // namespace rectify
