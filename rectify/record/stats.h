// What the activation kernels and the probe count, per layer: plain, additive sums.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace rectify {

/// Bins of the histogram of pre-activations: sign x floor(log2 |x|) clamped to [-12, 11]; bin 24 holds |x| < 2^-12, below it the negative
/// ones from large to small, above it the positive ones from small to large.
inline constexpr int kHistogramBins = 49;

/// Sums over samples for each unit of one activation layer y = f(x). Vectors have one entry a unit; merging adds.
struct UnitSums {
  std::int64_t samples = 0;
  std::vector<double> x, xx, y, yy, xy, dd;  ///< sums of x, x^2, y, y^2, x y, f'(x)^2
  std::vector<std::int64_t>
      zero;  ///< samples with f'(x) = 0; maxout: with this piece not chosen (pieces x units entries); gated: with y = 0
  std::vector<std::int64_t> flat;  ///< samples with |f'(x)| < 5 % of sup |f'|
  std::array<std::int64_t, kHistogramBins> histogram{};

  /// Empty sums for `units` units (and units * pieces entries in `zero`).
  static UnitSums zeros(std::int64_t units, int pieces = 1);
  void merge(const UnitSums& other);
};

/// One hidden layer as the probe saw it: its activation, the gradient that reached it, and its weight gradients.
struct LayerStats {
  std::string name;                     ///< "hidden 3"
  std::string activation;               ///< a SPEC
  UnitSums sums;                        ///< of the activation
  double gradient_square = 0;           ///< sum over samples and units of (dL/dx)^2, x the pre-activation
  std::int64_t gradient_count = 0;      ///< how many terms that sum has
  std::int64_t input_samples = 0;       ///< samples of which the layer's input (not its pre-activation) was looked at
  std::int64_t one_signed_samples = 0;  ///< of these, how many had an input of one sign, zeros ignored, all-zero inputs not counted
  std::int64_t gradient_units = 0;      ///< units times batches with a non-zero gradient of the incoming weights
  std::int64_t one_signed_units = 0;    ///< of these, how many had weight gradients of one sign, zeros ignored
  void merge(const LayerStats& other);
};

/// All hidden layers at one set of weights, first to last.
struct NetworkStats {
  std::vector<LayerStats> layers;
  void merge(const NetworkStats& other);
};

}  // namespace rectify
