// The recording pass of the hand-written kernels, compiled once per SIMD target.
//
// A kernel may have
//   V both(D d, V x, const P& p, V& slope)
// which returns what forward() does, bit for bit, and sets `slope` to f'(x) with what both have in common computed once.
#if defined(RECTIFY_ACTIVATION_RECORDING_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RECTIFY_ACTIVATION_RECORDING_INL_H_
#undef RECTIFY_ACTIVATION_RECORDING_INL_H_
#else
#define RECTIFY_ACTIVATION_RECORDING_INL_H_
#endif

#include <algorithm>

#include "rectify/activation/column_sums-inl.h"
#include "rectify/activation/loops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rectify::HWY_NAMESPACE {

/// The recording pass of the kernel A.
template <class A>
class Recording {
  using D = Floats;
  using V = hn::Vec<D>;

 public:
  static HWY_FLATTEN void forward(const float* x, float* y, Extent extent, ParameterView p, const ColumnSums& sums) {
    Histogram histogram;
    SumTile tile;
    for (size_t row = 0; row < extent.rows; row += kSummedRows) {
      const size_t rows = std::min(kSummedRows, extent.rows - row), at = row * extent.cols;
      for (size_t r = 0; r < rows; r += kHistogramStride) histogram.add(x + at + r * extent.cols, extent.cols);
      for (size_t begin = 0; begin < extent.cols; begin += SumTile::kColumns) {
        const size_t n = std::min(SumTile::kColumns, extent.cols - begin);
        each_column<A::kParameters>(begin, n, extent, p, [&](auto part, size_t column, const auto& parameters) HWY_ATTR {
          record(part, x + at + column, y + at + column, rows, extent.cols, parameters, sums.flat_threshold, tile, column - begin);
        });
        tile.add_to(sums, begin, n);
      }
    }
    histogram.add_to(sums.histogram);
  }

 private:
  template <class P>
  static HWY_INLINE V both(D d, V x, const P& parameters, V& slope) {
    if constexpr (requires { A::both(d, x, parameters, slope); }) return A::both(d, x, parameters, slope);
    slope = A::grad(d, x, parameters);
    return A::forward(d, x, parameters);
  }

  // One vector of columns over `rows` rows.
  template <class Part, class P>
  static HWY_INLINE void record(Part part, const float* x, float* y, size_t rows, size_t cols, const P& parameters, float flat_threshold,
                                SumTile& tile, size_t at) {
    const D d;
    sum_rows(rows, flat_threshold, tile, at, [&](size_t r, V& a, V& b, V& slope) HWY_ATTR {
      a = part.load(d, x + r * cols);
      b = both(d, a, parameters, slope);
      part.store(b, d, y + r * cols);
    });
  }
};

}  // namespace rectify::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
