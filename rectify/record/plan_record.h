// What a plan consists of, for people to read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rectify/record/precision.h"
#include "rectify/record/training_settings.h"

namespace rectify {

/// One node of a plan.
struct PlanStep {
  std::string name;   ///< "conv 1"
  std::string kind;   ///< "conv2d 3x3"
  std::string shape;  ///< of its output: "32x14x14"
  std::int64_t parameters = 0;
  std::int64_t value_bytes = 0;  ///< of its output
  bool in_place = false;         ///< it lies where its input lay
  std::string saved;  ///< what the backward pass reads again: "input", "output", "mask", "largest of each window"; empty: nothing
  std::int64_t saved_bytes = 0;  ///< what is kept for that alone, beside values that others keep as well
};

/// A plan: its steps in the order of computation, and its memory.
struct PlanRecord {
  std::int64_t batch = 0;
  Precision precision = Precision::kFloat32;
  std::vector<PlanStep> steps;
  std::int64_t parameter_bytes = 0;            ///< values and gradients
  std::int64_t arena_bytes = 0;                ///< values, gradients of values, and all that layers keep
  std::int64_t arena_bytes_without_reuse = 0;  ///< if nothing shared its place
  std::optional<TrainingSettings> training;    ///< how the network is trained, where that is known
};

}  // namespace rectify
