// One row of a comparison: what was asked, what came out, and what the rules say of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rectify/record/diagnosis.h"
#include "rectify/record/run.h"

namespace rectify {

/// One trial, or the mean of several that differ in their seed alone.
struct Result : TrainingSettings {
  std::string activation;  ///< as given
  std::string name;        ///< what people call it; empty: as `activation`
  Task task = Task::kClassification;
  std::string loss = "cross-entropy";
  std::string net;
  std::string data;
  std::vector<std::string> targets;  ///< their names, where they have some
  std::string init;
  std::uint64_t seed = 0;  ///< of the first trial
  int seeds = 1;           ///< how many trials this is the mean of

  RunState state = RunState::kInterrupted;
  std::optional<NonFinite> non_finite;
  std::string error;  ///< why the trial could not be run; empty where it was
  std::optional<double> test_accuracy;
  std::optional<double> test_loss;
  std::optional<double> r_squared;
  std::vector<double> rms_errors;    ///< of regression, of each target in its units
  std::vector<double> epoch_loss;    ///< mean over each epoch
  std::optional<double> train_loss;  ///< mean over the last epoch
  std::optional<double> seconds_per_epoch;
  int threads = 1;                       ///< that computed each step
  std::optional<double> ns_per_element;  ///< of the activation itself, forward and backward
  std::optional<double> data_off_centre;
  std::vector<std::vector<double>> learnt;  ///< per hidden layer the mean of each learnt activation parameter at the end
  Diagnosis diagnosis;
};

}  // namespace rectify
