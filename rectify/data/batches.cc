#include "rectify/data/batches.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

#include "rectify/base/error.h"
#include "rectify/base/random.h"

namespace rectify {
namespace {

constexpr std::uint64_t kEpochStreams = 0x65706f63ull << 32;  // one stream an epoch, none of which another user of the same seed draws from
constexpr std::int64_t kCacheLine = 64;
constexpr std::int64_t kRowsAhead = 8;

/// What the standardisation of one feature follows from.
struct Moments {
  double mean = 0, variance = 0;
};

/// The moments of all of `bytes`, from their exact sums.
Moments moments_of_all(const std::vector<std::uint8_t>& bytes) {
  constexpr std::size_t kBlock = 1 << 16;  // 65,536 * 255^2 < 2^32
  std::uint64_t sum = 0, squares = 0;
  for (std::size_t begin = 0; begin < bytes.size(); begin += kBlock) {
    const std::size_t end = std::min(begin + kBlock, bytes.size());
    std::uint32_t block_sum = 0, block_squares = 0;
    for (std::size_t i = begin; i < end; ++i) {
      const std::uint32_t value = bytes[i];
      block_sum += value;
      block_squares += value * value;
    }
    sum += block_sum;
    squares += block_squares;
  }
  const auto n = static_cast<double>(bytes.size());
  const double mean = static_cast<double>(sum) / n;
  return {mean, static_cast<double>(squares) / n - mean * mean};
}

/// The moments of the values at begin, begin + stride, ... Taken from the first value, so that those of a constant are exact.
template <class T>
Moments moments_of(const std::vector<T>& values, std::size_t begin, std::size_t stride) {
  const double first = values[begin];
  double sum = 0, squares = 0;
  for (std::size_t i = begin; i < values.size(); i += stride) sum += values[i] - first;
  const std::size_t count = values.size() / stride;
  const double n = static_cast<double>(count), mean = sum / n;
  for (std::size_t i = begin; i < values.size(); i += stride) squares += std::pow(values[i] - first - mean, 2);
  return {first + mean, squares / n};
}

/// 1 / standard deviation, and 1 where that is no float: a constant feature.
float scale_of(const Moments& moments) {
  const double scale = 1 / std::sqrt(moments.variance);
  return scale <= std::numeric_limits<float>::max() ? static_cast<float>(scale) : 1;
}

/// out[j] = (values[j] - mean) * scale. Plain enough to be vectorised, with the same result for every element on every machine.
template <class T>
void standardise(const T* values, float mean, float scale, float* out, std::int64_t n) {
  for (std::int64_t j = 0; j < n; ++j) out[j] = (static_cast<float>(values[j]) - mean) * scale;
}

template <class T>
void standardise(const T* values, const float* means, const float* scales, float* out, std::int64_t n) {
  for (std::int64_t j = 0; j < n; ++j) out[j] = (static_cast<float>(values[j]) - means[j]) * scales[j];
}

}  // namespace

Standardisation::Standardisation(const Dataset& data) : sample_size_(data.sample_size()) {
  const auto add = [&](const Moments& moments) {
    mean_.push_back(static_cast<float>(moments.mean));
    scale_.push_back(scale_of(moments));
  };
  std::visit(
      [&]<class T>(const std::vector<T>& values) {
        if (data.sample_shape.size() == 1) {
          for (std::int64_t j = 0; j < sample_size_; ++j) add(moments_of(values, j, sample_size_));
        } else if constexpr (std::is_same_v<T, std::uint8_t>) {
          add(moments_of_all(values));
        } else {
          add(moments_of(values, 0, 1));
        }
      },
      data.train.values);
}

Standardisation::Standardisation(std::vector<float> means, std::vector<float> scales, std::int64_t sample_size)
    : mean_(std::move(means)), scale_(std::move(scales)), sample_size_(sample_size) {
  const auto count = std::ssize(mean_);
  if (count != std::ssize(scale_) || (count != 1 && count != sample_size)) {
    fail("data",
         fmt::format("{} means and {} scales of {} features, wanted one of each, or one a feature", count, scale_.size(), sample_size));
  }
}

void Standardisation::apply(const Split& split, std::int64_t index, float* out) const {
  std::visit(
      [&](const auto& values) {
        const auto* sample = values.data() + index * sample_size_;
        if (mean_.size() == 1) {
          standardise(sample, mean_[0], scale_[0], out, sample_size_);
        } else {
          standardise(sample, mean_.data(), scale_.data(), out, sample_size_);
        }
      },
      split.values);
}

TargetStandardisation::TargetStandardisation(const Dataset& data) {
  for (std::int64_t j = 0; j < data.target_size; ++j) {
    const Moments moments = moments_of(data.train.targets, j, data.target_size);
    mean_.push_back(static_cast<float>(moments.mean));
    scale_.push_back(scale_of(moments));
  }
}

TargetStandardisation::TargetStandardisation(std::vector<float> means, std::vector<float> scales)
    : mean_(std::move(means)), scale_(std::move(scales)) {
  if (mean_.size() != scale_.size()) fail("data", fmt::format("{} means and {} scales of targets", mean_.size(), scale_.size()));
}

void TargetStandardisation::apply(const Split& split, std::int64_t index, float* out) const {
  const auto size = std::ssize(mean_);
  standardise(split.targets.data() + index * size, mean_.data(), scale_.data(), out, size);
}

std::vector<std::uint32_t> epoch_order(std::int64_t count, std::uint64_t seed, int epoch) {
  return Random(seed, kEpochStreams | static_cast<std::uint32_t>(epoch)).permutation(static_cast<std::uint32_t>(count));
}

void copy_batch(const Split& split, const Standardisation& standardisation, std::span<const std::uint32_t> order, std::int64_t begin,
                std::int64_t count, float* x, std::int32_t* labels) {
  const std::int64_t sample_size = standardisation.sample_size();
  const auto [samples, sample_bytes] = std::visit(
      [&]<class T>(const std::vector<T>& values) {
        return std::pair(reinterpret_cast<const char*>(values.data()), sample_size * static_cast<std::int64_t>(sizeof(T)));
      },
      split.values);
  for (std::int64_t i = 0; i < count; ++i) {
    // The processor cannot guess where the next samples lie. In a function of its own the prefetch would be optimised away.
    if (const std::int64_t ahead = begin + i + kRowsAhead; ahead < std::ssize(order)) {
      const char* sample = samples + order[ahead] * sample_bytes;
      for (std::int64_t byte = 0; byte < sample_bytes; byte += kCacheLine) __builtin_prefetch(sample + byte);
    }
    const std::uint32_t index = order[begin + i];
    standardisation.apply(split, index, x + i * sample_size);
    if (!split.labels.empty()) labels[i] = split.labels[index];
  }
}

double off_centre(const Split& split, const Standardisation& standardisation, std::int64_t most) {
  const std::int64_t count = std::min(most, split.count);
  std::vector<float> x(standardisation.sample_size());
  std::vector<double> mean(x.size());
  double squared_norm = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    standardisation.apply(split, i, x.data());
    for (std::size_t j = 0; j < x.size(); ++j) {
      mean[j] += x[j] / static_cast<double>(count);
      squared_norm += static_cast<double>(x[j]) * x[j] / static_cast<double>(count);
    }
  }
  if (squared_norm == 0) return 0;
  double norm_of_mean = 0;
  for (const double m : mean) norm_of_mean += m * m;
  return norm_of_mean / squared_norm;
}

}  // namespace rectify
