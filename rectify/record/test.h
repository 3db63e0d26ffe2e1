// What a network does on samples that it was not trained on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rectify/record/run.h"

namespace rectify {

/// One test of a trained network.
struct TestRecord {
  std::string net, activation, trained_on;  ///< as the training was asked for
  std::string data;
  Task task = Task::kClassification;
  std::string loss_name;
  std::int64_t samples = 0;
  std::optional<double> loss;                 ///< the mean over the samples; nothing, as below, where their answers are not known
  std::optional<double> accuracy, r_squared;  ///< as in RunRecord
  std::vector<double> rms_errors;             ///< as in RunRecord
  std::vector<std::string> targets;           ///< their names, where they have some

  std::vector<std::vector<std::int64_t>> confusion;  ///< [class][what the network said] of classification, else empty

  /// A sample's prediction. Of classification the class and its share of the softmax; of regression the targets, in their own units; of an
  /// autoencoder the mean squared error.
  struct Prediction {
    std::optional<std::int64_t> label;  ///< where it is known
    std::int64_t said = 0;
    std::vector<float> wanted, values;  ///< wanted: empty where the targets are not known
  };
  std::vector<Prediction> predictions;
};

}  // namespace rectify
