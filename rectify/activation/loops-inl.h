// The loops that all hand-written kernels share, compiled once per SIMD target.
//
// A kernel is a struct A with
//   static constexpr CatalogueEntry kEntry;
//   static constexpr int kParameters;
//   V forward(D d, V x, const P& p)                 f(x); p[j] is a vector of parameter j
//   V grad(D d, V x, const P& p)                    f'(x)
//   V grad_parameter<j>(D d, V x, const P& p)       df/dp_j, where it has parameters
// each NaN for x = NaN. Tails run as whole vectors of which only the first lanes are loaded and stored, so that a value never depends on
// its place.
#if defined(RECTIFY_ACTIVATION_LOOPS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RECTIFY_ACTIVATION_LOOPS_INL_H_
#undef RECTIFY_ACTIVATION_LOOPS_INL_H_
#else
#define RECTIFY_ACTIVATION_LOOPS_INL_H_
#endif

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

#include "rectify/activation/kernels.h"
#include "rectify/simd/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rectify::HWY_NAMESPACE {

using Floats = hn::ScalableTag<float>;

/// All lanes of a vector.
struct Whole {
  size_t count() const { return hn::Lanes(Floats()); }
  template <class D>
  HWY_INLINE hn::Vec<D> load(D d, const float* p) const {
    return hn::LoadU(d, p);
  }
  template <class D, class V>
  HWY_INLINE void store(V v, D d, float* p) const {
    hn::StoreU(v, d, p);
  }
};

/// The first lanes of a vector; the others load 0.
struct First {
  size_t lanes;
  size_t count() const { return lanes; }
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3  // which do not touch masked memory
  template <class D>
  HWY_INLINE hn::Vec<D> load(D d, const float* p) const {
    return hn::MaskedLoad(hn::FirstN(d, lanes), d, p);
  }
  template <class D, class V>
  HWY_INLINE void store(V v, D d, float* p) const {
    hn::BlendedStore(v, hn::FirstN(d, lanes), d, p);
  }
#else
  template <class D>
  HWY_INLINE hn::Vec<D> load(D d, const float* p) const {
    HWY_ALIGN float padded[hn::MaxLanes(d)] = {};
    std::memcpy(padded, p, lanes * sizeof(float));
    return hn::Load(d, padded);
  }
  template <class D, class V>
  HWY_INLINE void store(V v, D d, float* p) const {
    HWY_ALIGN float padded[hn::MaxLanes(d)];
    hn::Store(v, d, padded);
    std::memcpy(p, padded, lanes * sizeof(float));
  }
#endif
};

/// The parameters of an array that has one of each.
template <int kCount>
class SharedParameters {
 public:
  explicit SharedParameters(const float* values) { std::copy_n(values, kCount, values_); }
  HWY_INLINE hn::Vec<Floats> operator[](int j) const { return hn::Set(Floats(), values_[j]); }

 private:
  float values_[kCount];
};
template <>
class SharedParameters<0> {
 public:
  explicit SharedParameters(const float*) {}
};

/// The parameters of the columns from `values` on.
template <class Part>
struct ColumnParameters {
  Part part;
  const float* values;
  size_t cols;
  HWY_INLINE hn::Vec<Floats> operator[](int j) const { return part.load(Floats(), values + j * cols); }
};

/// Runs body(part, i) over n elements: i is where a vector begins, `part` which of its lanes exist.
template <class Body>
HWY_INLINE void each_vector(size_t n, const Body& body) {
  const size_t width = hn::Lanes(Floats());
  size_t i = 0;
  for (; i + width <= n; i += width) body(Whole(), i);
  if (i < n) body(First{n - i}, i);
}

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

/// What Kernels holds, for the kernel A.
template <class A>
class Loops {
  using D = Floats;
  using V = hn::Vec<D>;
  // Sums over more rows than these leave float for double.
  static constexpr size_t kChunk = 64;
  static_assert(kChunk % kHistogramStride == 0);

 public:
  static HWY_FLATTEN void forward(const float* x, float* y, Extent extent, ParameterView p) {
    each_element(extent, p, [=](auto part, size_t i, const auto& parameters) HWY_ATTR {
      const D d;
      part.store(A::forward(d, part.load(d, x + i), parameters), d, y + i);
    });
  }

  static HWY_FLATTEN void grad_from_input(const float* x, const float* dy, float* dx, Extent extent, ParameterView p) {
    each_element(extent, p, [=](auto part, size_t i, const auto& parameters) HWY_ATTR {
      const D d;
      part.store(hn::Mul(part.load(d, dy + i), A::grad(d, part.load(d, x + i), parameters)), d, dx + i);
    });
  }

  static HWY_FLATTEN void grad_parameters(const float* x, const float* dy, float* dp, Extent extent, ParameterView p) {
    [&]<int... j>(std::integer_sequence<int, j...>) HWY_ATTR { (grad_parameter<j>(x, dy, dp, extent, p), ...); }
    (std::make_integer_sequence<int, A::kParameters>());
  }

  static HWY_FLATTEN void forward_recording(const float* x, float* y, Extent extent, ParameterView p, const ColumnSums& sums) {
    Histogram histogram;
    SumTile tile;
    for (size_t row = 0; row < extent.rows; row += kChunk) {
      const size_t rows = std::min(kChunk, extent.rows - row), at = row * extent.cols;
      for (size_t r = 0; r < rows; r += kHistogramStride) histogram.add(x + at + r * extent.cols, extent.cols);
      for (size_t begin = 0; begin < extent.cols; begin += SumTile::kColumns) {
        const size_t n = std::min(SumTile::kColumns, extent.cols - begin);
        each_column(begin, n, extent, p, [&](auto part, size_t column, const auto& parameters) HWY_ATTR {
          record(part, x + at + column, y + at + column, rows, extent.cols, parameters, sums.flat_threshold, tile, column - begin);
        });
        tile.add_to(sums, begin, n);
      }
    }
    histogram.add_to(sums.histogram);
  }

 private:
  // Runs body(part, i, parameters) over all elements, i counted through the rows.
  template <class Body>
  static HWY_INLINE void each_element(Extent extent, ParameterView p, const Body& body) {
    if (A::kParameters == 0 || p.sharing == Sharing::kShared) {
      const SharedParameters<A::kParameters> shared(p.values);
      each_vector(extent.rows * extent.cols, [&](auto part, size_t i) HWY_ATTR { body(part, i, shared); });
    } else if constexpr (A::kParameters > 0) {
      for (size_t row = 0; row < extent.rows; ++row) {
        each_column(0, extent.cols, extent, p,
                    [&](auto part, size_t column, const auto& parameters) HWY_ATTR { body(part, row * extent.cols + column, parameters); });
      }
    }
  }

  // Runs body(part, column, parameters) over n columns from `begin` on.
  template <class Body>
  static HWY_INLINE void each_column(size_t begin, size_t n, Extent extent, ParameterView p, const Body& body) {
    if (A::kParameters == 0 || p.sharing == Sharing::kShared) {
      const SharedParameters<A::kParameters> shared(p.values);
      each_vector(n, [&](auto part, size_t i) HWY_ATTR { body(part, begin + i, shared); });
    } else if constexpr (A::kParameters > 0) {
      each_vector(n, [&](auto part, size_t i) HWY_ATTR {
        body(part, begin + i, ColumnParameters<decltype(part)>{part, p.values + begin + i, extent.cols});
      });
    }
  }

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

  template <int j>
  static HWY_INLINE void grad_parameter(const float* x, const float* dy, float* dp, Extent extent, ParameterView p) {
    const D d;
    const auto term = [&](auto part, size_t i, const auto& parameters) HWY_ATTR {
      return hn::Mul(part.load(d, dy + i), A::template grad_parameter<j>(d, part.load(d, x + i), parameters));
    };
    if (p.sharing == Sharing::kShared) {
      const SharedParameters<A::kParameters> shared(p.values);
      const size_t n = extent.rows * extent.cols, chunk = kChunk * hn::Lanes(d);
      double total = 0;
      for (size_t i = 0; i < n; i += chunk) {
        V sum = hn::Zero(d);
        each_vector(std::min(chunk, n - i), [&](auto part, size_t k) HWY_ATTR { sum = hn::Add(sum, term(part, i + k, shared)); });
        total += hn::GetLane(hn::SumOfLanes(d, sum));
      }
      dp[j] += static_cast<float>(total);
    } else {
      each_column(0, extent.cols, extent, p, [&](auto part, size_t column, const auto& parameters) HWY_ATTR {
        for (size_t row = 0; row < extent.rows; row += kChunk) {
          V sum = hn::Zero(d);
          for (size_t r = row; r < std::min(row + kChunk, extent.rows); ++r) {
            sum = hn::Add(sum, term(part, r * extent.cols + column, parameters));
          }
          float* to = dp + j * extent.cols + column;
          part.store(hn::Add(part.load(d, to), sum), d, to);
        }
      });
    }
  }
};

template <class A>
constexpr Kernels kernels_of() {
  Kernels kernels{&Loops<A>::forward, &Loops<A>::grad_from_input, nullptr, &Loops<A>::forward_recording};
  if constexpr (A::kParameters > 0) kernels.grad_parameters = &Loops<A>::grad_parameters;
  return kernels;
}

/// The tables of a family of kernels.
template <class... A>
struct FamilyOf {
  static constexpr CatalogueEntry kEntries[] = {A::kEntry...};
  static constexpr Kernels kKernels[] = {kernels_of<A>()...};
};

}  // namespace rectify::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
