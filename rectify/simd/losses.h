// The loops of losses on raw arrays, one table per SIMD target.
#pragma once

#include <cstdint>

namespace rectify {

/// What a row of a softmax is compared with: `off` at every class, and `on` more at its label.
struct LabelTarget {
  float on = 1, off = 0;
};

/// Each returns a sum over its rows or values. `gradient`, if not null, receives `scale` times that sum's gradient. Nothing is checked.
struct LossKernels {
  /// -sum over classes of target log softmax(logits), logits [rows, classes].
  double (*cross_entropy)(const float* logits, const std::int32_t* labels, std::int64_t rows, std::int64_t classes, LabelTarget target,
                          float scale, float* gradient);
  /// -(t log sigmoid(z) + (1 - t) log sigmoid(-z)) of n logits z and targets t.
  double (*binary_cross_entropy)(const float* logits, const float* targets, std::int64_t n, float scale, float* gradient);
  /// (y - t)^2 of n outputs y and targets t.
  double (*squared_error)(const float* outputs, const float* targets, std::int64_t n, float scale, float* gradient);
};

/// The kernels of the current SIMD target.
const LossKernels& loss_kernels();

}  // namespace rectify
