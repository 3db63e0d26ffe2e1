// The plans that run over a split batch by batch.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "rectify/data/augmentation.h"
#include "rectify/data/batches.h"
#include "rectify/nn/plan.h"
#include "rectify/train/task.h"

namespace rectify {

/// Two plans over the same parameters: for whole batches, and for the smaller last one where there is one.
class BatchPlans {
 public:
  BatchPlans(const Model& model, ParameterStore& store, Backend& backend, const Split& split, const Standardisation& standardisation,
             const TargetLoader& targets, std::int64_t batch, Mode mode, Precision precision);

  std::int64_t batch() const { return whole_.batch(); }
  std::int64_t batches() const { return (split_.count + batch() - 1) / batch(); }
  NetworkStats make_stats() const { return whole_.make_stats(); }

  /// The plan for batch number `i` of `order`, with the samples in it, augmented where there is an augmenter, and the current parameters.
  Plan& load(std::span<const std::uint32_t> order, std::int64_t i, const Augmenter* augmenter = nullptr);

 private:
  /// From [channels, height, width], as data sets have their images, to [height, width, channels].
  void put_channels_last(std::span<float> samples);

  const Split& split_;
  const Standardisation& standardisation_;
  const TargetLoader& targets_;
  Shape shape_;
  std::vector<float> image_;  // of one sample
  Plan whole_;
  std::optional<Plan> tail_;
};

/// 0 .. count - 1.
std::vector<std::uint32_t> fixed_order(std::int64_t count);

}  // namespace rectify
