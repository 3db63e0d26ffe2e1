// The loops over arrays that layers need beside matrix products and activations, one table per SIMD target.
#pragma once

#include <cstdint>

namespace rectify {

/// How many rows have a non-zero entry, and how many of these have all non-zero entries of one sign.
struct RowSigns {
  std::int64_t nonzero = 0, one_signed = 0;
};

/// Arrays are row-major and contiguous. Nothing is checked.
struct LayerKernels {
  /// sums[c] = the sum of column c of values [rows, columns], `stride` values from one row to the next.
  void (*column_sums)(const float* values, std::int64_t rows, std::int64_t columns, std::int64_t stride, float* sums);
  /// y[r, u] = max over p of z[r, p, u], chosen[r, u] = the first p that has it; NaN where any piece is. At most 255 pieces.
  void (*max_of_pieces)(const float* z, std::int64_t rows, std::int64_t pieces, std::int64_t units, float* y, std::uint8_t* chosen);
  /// dz[r, p, u] = dy[r, u] where p is chosen[r, u], else 0.
  void (*route_to_pieces)(const float* dy, const std::uint8_t* chosen, std::int64_t rows, std::int64_t pieces, std::int64_t units,
                          float* dz);
  /// The sum of squares of n values: the same bits on every target.
  double (*sum_of_squares)(const float* values, std::int64_t n);
  RowSigns (*row_signs)(const float* values, std::int64_t rows, std::int64_t columns);
};

/// The kernels of the current SIMD target.
const LayerKernels& layer_kernels();

}  // namespace rectify
