// The loops behind rows.h and gated.h, for the current SIMD target.
#pragma once

#include <cstddef>

namespace rectify {

/// Nothing is checked.
struct RowKernels {
  /// The largest of n values. Where one is NaN: anything.
  float (*largest)(const float* x, std::size_t n);
  /// One row whose largest value is finite; see rows.h for aliasing.
  void (*softmax)(const float* x, float largest, float* y, std::size_t n);
  void (*log_softmax)(const float* x, float largest, float* y, std::size_t n);
  void (*softmax_grad)(const float* y, const float* dy, float* dx, std::size_t n);
  void (*log_softmax_grad)(const float* y, const float* dy, float* dx, std::size_t n);
  /// y = a * b. y may be either.
  void (*multiply)(const float* a, const float* b, float* y, std::size_t n);
  /// da = dy * value, db = a * slope. da and db may be any of the others, but not each other.
  void (*gate_grad)(const float* a, const float* dy, const float* value, const float* slope, float* da, float* db, std::size_t n);
};

/// Those of the current target.
const RowKernels& row_kernels();

}  // namespace rectify
