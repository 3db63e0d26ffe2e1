// What a recording pass adds up, of kernels and of tiles, compiled once per SIMD target.
#if defined(RECTIFY_ACTIVATION_COLUMN_SUMS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RECTIFY_ACTIVATION_COLUMN_SUMS_INL_H_
#undef RECTIFY_ACTIVATION_COLUMN_SUMS_INL_H_
#else
#define RECTIFY_ACTIVATION_COLUMN_SUMS_INL_H_
#endif

#include <algorithm>
#include <type_traits>

#include "rectify/activation/activation.h"
#include "rectify/simd/parts-inl.h"

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

/// Rows whose sums stay in single precision at most.
inline constexpr size_t kSummedRows = 64;
static_assert(kSummedRows % kHistogramStride == 0);

/// Sums `rows` rows of one vector of columns, with the accumulators in registers, into `tile` from column `at` on. see(r, x, y, slope) sets
/// what row r has there.
template <class See>
HWY_INLINE void sum_rows(size_t rows, float flat_threshold, SumTile& tile, size_t at, const See& see) {
  const Floats d;
  using V = hn::Vec<Floats>;
  const V none = hn::Zero(d), one = hn::Set(d, 1.0f), threshold = hn::Set(d, flat_threshold);
  V sum_x = none, sum_xx = none, sum_y = none, sum_yy = none, sum_xy = none, sum_dd = none, zero = none, flat = none;
  for (size_t r = 0; r < rows; ++r) {
    V x, y, slope;
    see(r, x, y, slope);
    sum_x = hn::Add(sum_x, x);
    sum_xx = hn::MulAdd(x, x, sum_xx);
    sum_y = hn::Add(sum_y, y);
    sum_yy = hn::MulAdd(y, y, sum_yy);
    sum_xy = hn::MulAdd(x, y, sum_xy);
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

}  // namespace rectify::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
