// The loops that all hand-written kernels share, compiled once per SIMD target.
//
// A kernel is a struct A with
//   static constexpr CatalogueEntry kEntry;
//   static constexpr int kParameters;
//   V forward(D d, V x, const P& p)                 f(x); p[j] is a vector of parameter j
//   V grad(D d, V x, const P& p)                    f'(x)
//   V grad_parameter<j>(D d, V x, const P& p)       df/dp_j, where it has parameters
//   V both(D d, V x, const P& p, V& slope)          if it pays: see recording-inl.h
// each NaN for x = NaN. Tails run as whole vectors of which only the first lanes are loaded and stored, so that a value never depends on
// its place.
#if defined(RECTIFY_ACTIVATION_LOOPS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RECTIFY_ACTIVATION_LOOPS_INL_H_
#undef RECTIFY_ACTIVATION_LOOPS_INL_H_
#else
#define RECTIFY_ACTIVATION_LOOPS_INL_H_
#endif

#include <algorithm>
#include <utility>

#include "rectify/activation/kernels.h"
#include "rectify/simd/math-inl.h"
#include "rectify/simd/parts-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rectify::HWY_NAMESPACE {

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

/// Runs body(part, column, parameters) over n columns of `extent` from `begin` on, with the kCount parameters of each.
template <int kCount, class Body>
HWY_INLINE void each_column(size_t begin, size_t n, Extent extent, ParameterView p, const Body& body) {
  if (kCount == 0 || p.sharing == Sharing::kShared) {
    const SharedParameters<kCount> shared(p.values);
    each_vector(n, [&](auto part, size_t i) HWY_ATTR { body(part, begin + i, shared); });
  } else if constexpr (kCount > 0) {
    each_vector(n, [&](auto part, size_t i) HWY_ATTR {
      body(part, begin + i, ColumnParameters<decltype(part)>{part, p.values + begin + i, extent.cols});
    });
  }
}

/// What Kernels holds but recording, for the kernel A.
template <class A>
class Loops {
  using D = Floats;
  using V = hn::Vec<D>;
  // Sums over more rows than these leave float for double.
  static constexpr size_t kChunk = 64;

 public:
  static HWY_FLATTEN void forward(const float* x, float* y, Extent extent, ParameterView p) {
    const auto body = [=](auto part, size_t i, const auto& parameters) HWY_ATTR {
      const D d;
      part.store(A::forward(d, part.load(d, x + i), parameters), d, y + i);
    };
    each_element(extent, p, body, x);
  }

  static HWY_FLATTEN void grad_from_input(const float* x, const float* dy, float* dx, Extent extent, ParameterView p) {
    const auto body = [=](auto part, size_t i, const auto& parameters) HWY_ATTR {
      const D d;
      part.store(hn::Mul(part.load(d, dy + i), A::grad(d, part.load(d, x + i), parameters)), d, dx + i);
    };
    each_element(extent, p, body, x, dy);
  }

  static HWY_FLATTEN void grad_parameters(const float* x, const float* dy, float* dp, Extent extent, ParameterView p) {
    [&]<int... j>(std::integer_sequence<int, j...>) HWY_ATTR { (grad_parameter<j>(x, dy, dp, extent, p), ...); }
    (std::make_integer_sequence<int, A::kParameters>());
  }

 private:
  // Runs body(part, i, parameters) over all elements, i counted through the rows of `arrays`, which it reads.
  template <class Body, class... Array>
  static HWY_INLINE void each_element(Extent extent, ParameterView p, const Body& body, const Array*... arrays) {
    if (A::kParameters == 0 || p.sharing == Sharing::kShared) {
      const SharedParameters<A::kParameters> shared(p.values);
      each_vector(
          extent.rows * extent.cols, [&](auto part, size_t i) HWY_ATTR { body(part, i, shared); }, arrays...);
    } else if constexpr (A::kParameters > 0) {
      for (size_t row = 0; row < extent.rows; ++row) {
        each_column<A::kParameters>(0, extent.cols, extent, p, [&](auto part, size_t column, const auto& parameters) HWY_ATTR {
          body(part, row * extent.cols + column, parameters);
        });
      }
    }
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
      each_column<A::kParameters>(0, extent.cols, extent, p, [&](auto part, size_t column, const auto& parameters) HWY_ATTR {
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

}  // namespace rectify::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
