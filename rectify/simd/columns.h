// What norms and sums do to arrays of rows, one table per SIMD target.
#pragma once

#include <cstdint>

namespace rectify {

/// Arrays are row-major and contiguous, [rows, columns] unless said otherwise. Nothing is checked.
struct ColumnKernels {
  /// Adds the sums over each column of x - origin and of (x - origin)^2, origin [columns].
  void (*add_moments)(const float* x, std::int64_t rows, std::int64_t columns, const float* origin, double* sums, double* squares);
  /// Adds the sums over each column of dy and of dy (x - origin).
  void (*add_products)(const float* x, const float* dy, std::int64_t rows, std::int64_t columns, const float* origin, double* sums,
                       double* products);
  /// The same of dy where ReLU is open, that is where x a + b is not at most 0, a and b [columns] as scale_and_shift() was given them.
  void (*add_products_of_relu)(const float* x, const float* dy, std::int64_t rows, std::int64_t columns, const float* origin,
                               const float* a, const float* b, double* sums, double* products);
  /// y = x a + b, a and b [columns]. y may be x.
  void (*scale_and_shift)(const float* x, std::int64_t rows, std::int64_t columns, const float* a, const float* b, float* y);
  /// y = max(x a + b, 0), -0 and NaN kept. y may be x.
  void (*scale_shift_and_rectify)(const float* x, std::int64_t rows, std::int64_t columns, const float* a, const float* b, float* y);
  /// dx = dy a + x b + c, each [columns]. dx may be dy.
  void (*combine)(const float* x, const float* dy, std::int64_t rows, std::int64_t columns, const float* a, const float* b, const float* c,
                  float* dx);
  /// The same with dy where ReLU is open, that is where x map_a + map_b is not at most 0, else 0 for dy.
  void (*combine_of_relu)(const float* x, const float* dy, std::int64_t rows, std::int64_t columns, const float* map_a, const float* map_b,
                          const float* a, const float* b, const float* c, float* dx);
  /// y = a + b for n values. y may be a or b.
  void (*add)(const float* a, const float* b, std::int64_t n, float* y);
  /// y = max(a + b, 0) likewise, -0 and NaN kept.
  void (*add_and_rectify)(const float* a, const float* b, std::int64_t n, float* y);
  /// dy = 0 where y is at most 0.
  void (*keep_where_positive)(const float* y, float* dy, std::int64_t n);
  /// y = (x - mean) r scale + shift with the mean and r = 1 / sqrt(variance + epsilon) of each row, which go to statistics [rows, 2].
  void (*normalise_rows)(const float* x, std::int64_t rows, std::int64_t columns, double epsilon, const float* scale, const float* shift,
                         float* statistics, float* y);
  /// dx of normalise_rows(); adds the gradients of scale and shift. dx may be dy.
  void (*normalise_rows_backward)(const float* x, const float* dy, std::int64_t rows, std::int64_t columns, const float* scale,
                                  const float* statistics, float* dx, double* dscale, double* dshift);
};

/// The kernels of the current SIMD target.
const ColumnKernels& column_kernels();

}  // namespace rectify
