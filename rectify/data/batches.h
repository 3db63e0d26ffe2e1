// Batches: shuffled, standardised, copied into a plan's input.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rectify/data/dataset.h"

namespace rectify {

/// (value - mean) * scale, per feature for tables and one for all pixels of images (sample shapes of two or more dimensions).
class Standardisation {
 public:
  /// Mean and 1 / standard deviation of the training split; a constant feature gets scale 1.
  explicit Standardisation(const Dataset& data);
  /// That of another data set: as many means as scales, one or one a feature. Errors: [data] another number of them.
  Standardisation(std::vector<float> means, std::vector<float> scales, std::int64_t sample_size);
  /// Writes sample `index` of `split` to out, [sample size].
  void apply(const Split& split, std::int64_t index, float* out) const;

  /// How many values apply() writes.
  std::int64_t sample_size() const { return sample_size_; }
  std::span<const float> means() const { return mean_; }
  std::span<const float> scales() const { return scale_; }

 private:
  std::vector<float> mean_, scale_;  // one entry, or one a feature
  std::int64_t sample_size_;
};

/// (target - mean) * scale, per target: what a network is asked to predict.
class TargetStandardisation {
 public:
  /// Mean and 1 / standard deviation of the training split's targets; a constant target gets scale 1.
  explicit TargetStandardisation(const Dataset& data);
  /// That of another data set. Errors: [data] not as many means as scales.
  TargetStandardisation(std::vector<float> means, std::vector<float> scales);
  /// Writes the targets of sample `index` of `split` to out, [target size].
  void apply(const Split& split, std::int64_t index, float* out) const;

  std::span<const float> means() const { return mean_; }
  std::span<const float> scales() const { return scale_; }

 private:
  std::vector<float> mean_, scale_;
};

/// The order in which an epoch visits a split: the same for the same seed and epoch.
std::vector<std::uint32_t> epoch_order(std::int64_t count, std::uint64_t seed, int epoch);

/// Copies samples order[begin .. begin + count) of `split`, standardised, to x [count, sample size] and their classes, where
/// they have some, to labels [count].
void copy_batch(const Split& split, const Standardisation& standardisation, std::span<const std::uint32_t> order, std::int64_t begin,
                std::int64_t count, float* x, std::int32_t* labels);

/// norm(E x)^2 / E norm(x)^2 of the first `most` standardised samples: 0 for centred data, 1 for constant.
double off_centre(const Split& split, const Standardisation& standardisation, std::int64_t most = 2048);

}  // namespace rectify
