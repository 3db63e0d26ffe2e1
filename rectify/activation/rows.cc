#include "rectify/activation/rows.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "rectify/activation/rows_kernels.h"

namespace rectify {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// What a row is whose largest value is not finite: `share` of a value is 1, 0 or NaN.
template <class Result>
void at_infinity(const float* x, float* y, std::size_t n, const Result& result) {
  const bool unknown = std::any_of(x, x + n, [](float v) { return std::isnan(v); });
  const std::size_t peaks = std::count(x, x + n, kInfinity);
  const float at_peak = unknown || peaks > 1 ? kNan : 1;
  const float elsewhere = unknown || (peaks == 0 && n > 1) ? kNan : peaks == 0 ? 1 : 0;
  for (std::size_t i = 0; i < n; ++i) y[i] = result(x[i] == kInfinity ? at_peak : elsewhere);
}

/// Calls row(at) for each row, which begins at `at`.
template <class Row>
void each_row(Extent extent, const Row& row) {
  for (std::size_t r = 0; r < extent.rows; ++r) row(r * extent.cols);
}

}  // namespace

void softmax(const float* x, float* y, Extent extent) {
  const RowKernels& k = row_kernels();
  each_row(extent, [&](std::size_t at) {
    const float largest = k.largest(x + at, extent.cols);
    if (std::isfinite(largest)) return k.softmax(x + at, largest, y + at, extent.cols);
    at_infinity(x + at, y + at, extent.cols, [](float share) { return share; });
  });
}

void log_softmax(const float* x, float* y, Extent extent) {
  const RowKernels& k = row_kernels();
  each_row(extent, [&](std::size_t at) {
    const float largest = k.largest(x + at, extent.cols);
    if (std::isfinite(largest)) return k.log_softmax(x + at, largest, y + at, extent.cols);
    at_infinity(x + at, y + at, extent.cols, [](float share) { return std::log(share); });
  });
}

void softmax_grad_from_output(const float* y, const float* dy, float* dx, Extent extent) {
  const RowKernels& k = row_kernels();
  each_row(extent, [&](std::size_t at) { k.softmax_grad(y + at, dy + at, dx + at, extent.cols); });
}

void log_softmax_grad_from_output(const float* y, const float* dy, float* dx, Extent extent) {
  const RowKernels& k = row_kernels();
  each_row(extent, [&](std::size_t at) { k.log_softmax_grad(y + at, dy + at, dx + at, extent.cols); });
}

}  // namespace rectify
