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
#include <type_traits>

#include "rectify/activation/loops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rectify::HWY_NAMESPACE {

/// Counts values by histogram_bin().
class Histogram {
 public:
  HWY_INLINE void add(const float* x, size_t n) {
    each_vector(n, [&](auto part, size_t i) HWY_ATTR {
      const Floats d;
      const hn::RebindToSigned<Floats> di;
      const auto v = part.load(d, x + i);
      const auto magnitude = hn::BitCast(di, hn::Abs(v));
      const auto from_smallest = hn::Sub(hn::ShiftRight<23>(magnitude), hn::Set(di, 127 - 13));
      const auto clamped = hn::Min(hn::Max(from_smallest, hn::Zero(di)), hn::Set(di, kSteps));
      const auto step = hn::IfThenZeroElse(hn::Gt(magnitude, hn::Set(di, 0x7f800000)), clamped);  // NaN
      const auto negative = hn::ShiftRight<31>(hn::BitCast(di, v));
      HWY_ALIGN std::int32_t bins[hn::MaxLanes(di)];
      hn::Store(hn::Add(hn::Sub(hn::Xor(step, negative), negative), hn::Set(di, kSteps)), di, bins);
      for (size_t lane = 0; lane < part.count(); ++lane) ++counts_[lane % kCopies][bins[lane]];
    });
  }
  void add_to(std::int64_t* histogram) const {
    for (const auto& copy : counts_) {
      for (int bin = 0; bin <= 2 * kSteps; ++bin) histogram[bin] += copy[bin];
    }
  }

 private:
  static constexpr int kSteps = 24;  // bins on either side of 0
  // Neighbours tend to fall into the same bin, so they count in different copies.
  static constexpr size_t kCopies = 4;
  std::int64_t counts_[kCopies][2 * kSteps + 1] = {};
};

/// The single-precision sums of a few rows of a group of columns, on their way to ColumnSums.
struct SumTile {
  static constexpr size_t kColumns = 256;
  HWY_ALIGN float x[kColumns], xx[kColumns], y[kColumns], yy[kColumns], xy[kColumns], dd[kColumns], zero[kColumns], flat[kColumns];

  void add_to(const ColumnSums& sums, size_t column, size_t n) const {
    const auto add = [&](const float* from, auto* to) HWY_ATTR {
      for (size_t i = 0; i < n; ++i) to[column + i] += static_cast<std::remove_pointer_t<decltype(to)>>(from[i]);
    };
    add(x, sums.x);
    add(xx, sums.xx);
    add(y, sums.y);
    add(yy, sums.yy);
    add(xy, sums.xy);
    add(dd, sums.dd);
    add(zero, sums.zero);
    add(flat, sums.flat);
  }
};

/// The recording pass of the kernel A.
template <class A>
class Recording {
  using D = Floats;
  using V = hn::Vec<D>;
  // Sums over more rows than these leave float for double.
  static constexpr size_t kChunk = 64;
  static_assert(kChunk % kHistogramStride == 0);

 public:
  static HWY_FLATTEN void forward(const float* x, float* y, Extent extent, ParameterView p, const ColumnSums& sums) {
    Histogram histogram;
    SumTile tile;
    for (size_t row = 0; row < extent.rows; row += kChunk) {
      const size_t rows = std::min(kChunk, extent.rows - row), at = row * extent.cols;
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

  // Some columns over `rows` rows, with the accumulators in registers.
  template <class Part, class P>
  static HWY_INLINE void record(Part part, const float* x, float* y, size_t rows, size_t cols, const P& parameters, float flat_threshold,
                                SumTile& tile, size_t at) {
    const D d;
    const V none = hn::Zero(d), one = hn::Set(d, 1.0f), threshold = hn::Set(d, flat_threshold);
    V sum_x = none, sum_xx = none, sum_y = none, sum_yy = none, sum_xy = none, sum_dd = none, zero = none, flat = none;
    for (size_t r = 0; r < rows; ++r) {
      V slope;
      const V a = part.load(d, x + r * cols), b = both(d, a, parameters, slope);
      part.store(b, d, y + r * cols);
      sum_x = hn::Add(sum_x, a);
      sum_xx = hn::MulAdd(a, a, sum_xx);
      sum_y = hn::Add(sum_y, b);
      sum_yy = hn::MulAdd(b, b, sum_yy);
      sum_xy = hn::MulAdd(a, b, sum_xy);
      sum_dd = hn::MulAdd(slope, slope, sum_dd);
      zero = hn::IfThenElse(hn::Eq(slope, none), hn::Add(zero, one), zero);
      flat = hn::IfThenElse(hn::Lt(hn::Abs(slope), threshold), hn::Add(flat, one), flat);
    }
    hn::StoreU(sum_x, d, tile.x + at);
    hn::StoreU(sum_xx, d, tile.xx + at);
    hn::StoreU(sum_y, d, tile.y + at);
    hn::StoreU(sum_yy, d, tile.yy + at);
    hn::StoreU(sum_xy, d, tile.xy + at);
    hn::StoreU(sum_dd, d, tile.dd + at);
    hn::StoreU(zero, d, tile.zero + at);
    hn::StoreU(flat, d, tile.flat + at);
  }
};

}  // namespace rectify::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
