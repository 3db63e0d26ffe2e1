// A look into a network while it trains.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "rectify/data/batches.h"
#include "rectify/data/dataset.h"
#include "rectify/train/batch_plans.h"
#include "rectify/train/trainer.h"

namespace rectify {

/// Runs the network of a training over the first samples of the training split, at weights that it copies.
class ProbeNetwork {
 public:
  /// `samples`: at least so many, where the data has them; in whole batches. `data` has to live as long.
  ProbeNetwork(const TrainOptions& training, const Dataset& data, std::int64_t samples);

  /// Which units have a slope of 0 on all of the samples: hidden layer after hidden layer, a value a unit.
  std::vector<bool> dead_units(const ParameterStore& parameters);
  /// The share of the samples that the network gets wrong.
  double error(const ParameterStore& parameters);

 private:
  /// Calls see(plan) after a forward pass of each batch.
  template <class See>
  void run(const ParameterStore& parameters, NetworkStats* stats, const See& see);

  const Dataset& data_;
  Standardisation standardisation_;
  TargetLoader targets_;
  Model model_;
  ParameterStore store_;
  std::unique_ptr<Backend> backend_;
  BatchPlans plans_;
  std::vector<std::uint32_t> order_;
  std::int64_t batches_;
};

}  // namespace rectify
