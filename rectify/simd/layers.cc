#include "rectify/simd/layers.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rectify/simd/layers.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include "rectify/simd/target.h"
#include "rectify/simd/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rectify::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Sums kVectors vectors of columns, whose independent sums hide the latency of an addition and which use all of a cache line.
template <std::size_t kVectors>
HWY_INLINE void sum_columns(const float* values, std::int64_t rows, std::int64_t stride, float* sums) {
  const hn::ScalableTag<float> d;
  hn::Vec<decltype(d)> s[kVectors];
  for (auto& sum : s) sum = hn::Zero(d);
  for (std::int64_t r = 0; r < rows; ++r, values += stride) {
    for (std::size_t k = 0; k < kVectors; ++k) s[k] = hn::Add(s[k], hn::LoadU(d, values + k * hn::Lanes(d)));
  }
  for (std::size_t k = 0; k < kVectors; ++k) hn::StoreU(s[k], d, sums + k * hn::Lanes(d));
}

void column_sums(const float* values, std::int64_t rows, std::int64_t columns, std::int64_t stride, float* sums) {
  const hn::ScalableTag<float> wide;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(wide));
  std::int64_t c = 0;
  for (; c + 4 * lanes <= columns; c += 4 * lanes) sum_columns<4>(values + c, rows, stride, sums + c);
  for (; c + 2 * lanes <= columns; c += 2 * lanes) sum_columns<2>(values + c, rows, stride, sums + c);
  for_each_vector(columns - c, [=](auto d, std::int64_t i) {
    auto sum = hn::Zero(d);
    for (std::int64_t r = 0; r < rows; ++r) sum = hn::Add(sum, hn::LoadU(d, values + r * stride + c + i));
    hn::StoreU(sum, d, sums + c + i);
  });
}

void max_of_pieces(const float* z, std::int64_t rows, std::int64_t pieces, std::int64_t units, float* y, std::uint8_t* chosen) {
  for (std::int64_t r = 0; r < rows; ++r, z += pieces * units, y += units, chosen += units) {
    for_each_vector(units, [=](auto d, std::int64_t i) {
      const hn::RebindToSigned<decltype(d)> di;
      auto best = hn::LoadU(d, z + i);
      auto index = hn::Zero(di);
      for (std::int64_t p = 1; p < pieces; ++p) {
        const auto next = hn::LoadU(d, z + p * units + i);
        const auto take = takes_over(next, best);
        best = hn::IfThenElse(take, next, best);
        index = hn::IfThenElse(hn::RebindMask(di, take), hn::Set(di, static_cast<std::int32_t>(p)), index);
      }
      hn::StoreU(best, d, y + i);
      hn::StoreU(hn::DemoteTo(hn::Rebind<std::uint8_t, decltype(d)>(), index), hn::Rebind<std::uint8_t, decltype(d)>(), chosen + i);
    });
  }
}

void route_to_pieces(const float* dy, const std::uint8_t* chosen, std::int64_t rows, std::int64_t pieces, std::int64_t units, float* dz) {
  for (std::int64_t r = 0; r < rows; ++r, dy += units, chosen += units, dz += pieces * units) {
    for_each_vector(units, [=](auto d, std::int64_t i) {
      const hn::RebindToSigned<decltype(d)> di;
      const auto gradient = hn::LoadU(d, dy + i);
      const auto index = hn::PromoteTo(di, hn::LoadU(hn::Rebind<std::uint8_t, decltype(d)>(), chosen + i));
      for (std::int64_t p = 0; p < pieces; ++p) {
        const auto mine = hn::RebindMask(d, hn::Eq(index, hn::Set(di, static_cast<std::int32_t>(p))));
        hn::StoreU(hn::IfThenElseZero(mine, gradient), d, dz + p * units + i);
      }
    });
  }
}

// Sixteen sums whatever the target's width, so that the result does not depend on it: products of two floats are exact in double.
double sum_of_squares(const float* values, std::int64_t n) {
  constexpr std::int64_t kSums = 16;
  const hn::CappedTag<double, kSums> d;
  const hn::Rebind<float, decltype(d)> df;
  constexpr std::int64_t kLanes = hn::MaxLanes(d);
  hn::Vec<decltype(d)> sums[kSums / kLanes];
  for (auto& sum : sums) sum = hn::Zero(d);
  std::int64_t i = 0;
  for (; i + kSums <= n; i += kSums) {
    for (std::int64_t k = 0; k < kSums / kLanes; ++k) {
      const auto x = hn::PromoteTo(d, hn::LoadU(df, values + i + k * kLanes));
      sums[k] = hn::Add(sums[k], hn::Mul(x, x));
    }
  }
  double one[kSums], sum = 0;
  for (std::int64_t k = 0; k < kSums / kLanes; ++k) hn::StoreU(sums[k], d, one + k * kLanes);
  for (const double part : one) sum += part;
  for (; i < n; ++i) sum += static_cast<double>(values[i]) * values[i];
  return sum;
}

RowSigns row_signs(const float* values, std::int64_t rows, std::int64_t columns) {
  RowSigns signs;
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  for (std::int64_t r = 0; r < rows; ++r, values += columns) {
    bool positive = false, negative = false;
    std::int64_t i = 0;
    for (; i + lanes <= columns && !(positive && negative); i += lanes) {
      const auto v = hn::LoadU(d, values + i);
      positive = positive || !hn::AllFalse(d, hn::Gt(v, hn::Zero(d)));
      negative = negative || !hn::AllFalse(d, hn::Lt(v, hn::Zero(d)));
    }
    for (; i < columns && !(positive && negative); ++i) {
      positive = positive || values[i] > 0;
      negative = negative || values[i] < 0;
    }
    signs.nonzero += positive || negative;
    signs.one_signed += positive != negative;
  }
  return signs;
}

const LayerKernels& layer_kernels_of_target() {
  static constexpr LayerKernels kTable{column_sums, max_of_pieces, route_to_pieces, sum_of_squares, row_signs};
  return kTable;
}

}  // namespace rectify::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rectify {

HWY_EXPORT(layer_kernels_of_target);
const LayerKernels& layer_kernels() { return RECTIFY_DISPATCH(layer_kernels_of_target)(); }

}  // namespace rectify
#endif
