#include "rectify/activation/rows_kernels.h"

#include "rectify/simd/target.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rectify/activation/rows_kernels.cc"
#include <hwy/foreach_target.h>
//
#include "rectify/activation/loops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rectify::HWY_NAMESPACE {

using V = hn::Vec<Floats>;

/// The sum over i of the lanes that term(part, i) has: in float over a few vectors, in double over all.
template <class Term>
HWY_INLINE double sum_of(size_t n, const Term& term) {
  const Floats d;
  const size_t chunk = 16 * hn::Lanes(d);
  double total = 0;
  for (size_t i = 0; i < n; i += chunk) {
    V sum = hn::Zero(d);
    each_vector(std::min(chunk, n - i),
                [&](auto part, size_t k) HWY_ATTR { sum = hn::Add(sum, within(part, term(part, i + k), hn::Zero(d))); });
    total += hn::GetLane(hn::SumOfLanes(d, sum));
  }
  return total;
}

/// exp(x - m) for x <= m. The difference is taken with what it loses, which the exponential would magnify by its size.
HWY_INLINE V exp_of_difference(Floats d, V x, V m) {
  const V z = hn::Sub(x, m), back = hn::Add(z, m);  // Knuth 1969: the error of a sum, whichever term is larger
  const V lost = hn::Add(hn::Sub(x, back), hn::Sub(hn::Sub(back, z), m));
  V n;
  const V far = hn::Set(d, -110.0f);
  const V r = reduce_exp(d, hn::Max(z, far), n);
  const V mended = hn::IfThenElse(hn::Gt(z, far), hn::Add(r, lost), r);
  return keep_nan(z, scale_down(d, hn::Add(expm1_of_reduced(d, mended), hn::Set(d, 1.0f)), n));
}

HWY_FLATTEN float largest(const float* x, size_t n) {
  const Floats d;
  V most = hn::Set(d, -std::numeric_limits<float>::infinity());
  each_vector(n, [&](auto part, size_t i) HWY_ATTR { most = within(part, hn::Max(most, part.load(d, x + i)), most); });
  return hn::GetLane(hn::MaxOfLanes(d, most));
}

HWY_FLATTEN void softmax(const float* x, float largest_value, float* y, size_t n) {
  const Floats d;
  const V m = hn::Set(d, largest_value);
  const double sum = sum_of(n, [=](auto part, size_t i) HWY_ATTR {
    const V e = exp_of_difference(d, part.load(d, x + i), m);
    part.store(e, d, y + i);
    return e;
  });
  const V total = hn::Set(d, static_cast<float>(sum));
  each_vector(n, [=](auto part, size_t i) HWY_ATTR { part.store(hn::Div(part.load(d, y + i), total), d, y + i); });
}

HWY_FLATTEN void log_softmax(const float* x, float largest_value, float* y, size_t n) {
  const Floats d;
  const V m = hn::Set(d, largest_value), one = hn::Set(d, 1.0f);
  // The largest values count apart: with one of them, the sum is 1 + what may be tiny, and log1p keeps it.
  const double ties = sum_of(n, [=](auto part, size_t i) HWY_ATTR { return hn::IfThenElseZero(hn::Eq(part.load(d, x + i), m), one); });
  const double others = sum_of(n, [=](auto part, size_t i) HWY_ATTR {
    const V v = part.load(d, x + i);
    return hn::IfThenZeroElse(hn::Eq(v, m), exp_of_difference(d, v, m));
  });
  const V log_sum = hn::Set(d, static_cast<float>(std::log1p(ties - 1 + others)));
  each_vector(n, [=](auto part, size_t i) HWY_ATTR { part.store(hn::Sub(hn::Sub(part.load(d, x + i), m), log_sum), d, y + i); });
}

HWY_FLATTEN void softmax_grad(const float* y, const float* dy, float* dx, size_t n) {
  const Floats d;
  const V mean = hn::Set(
      d, static_cast<float>(sum_of(n, [=](auto part, size_t i) HWY_ATTR { return hn::Mul(part.load(d, y + i), part.load(d, dy + i)); })));
  each_vector(
      n, [=](auto part, size_t i) HWY_ATTR { part.store(hn::Mul(part.load(d, y + i), hn::Sub(part.load(d, dy + i), mean)), d, dx + i); });
}

HWY_FLATTEN void log_softmax_grad(const float* y, const float* dy, float* dx, size_t n) {
  const Floats d;
  const V sum = hn::Set(d, static_cast<float>(sum_of(n, [=](auto part, size_t i) HWY_ATTR { return part.load(d, dy + i); })));
  each_vector(n, [=](auto part, size_t i) HWY_ATTR {
    const V v = part.load(d, y + i);
    const V share = keep_nan(v, exp_nonpositive(d, v));
    part.store(hn::Sub(part.load(d, dy + i), hn::Mul(share, sum)), d, dx + i);
  });
}

HWY_FLATTEN void multiply(const float* a, const float* b, float* y, size_t n) {
  const Floats d;
  each_vector(n, [=](auto part, size_t i) HWY_ATTR { part.store(hn::Mul(part.load(d, a + i), part.load(d, b + i)), d, y + i); });
}

HWY_FLATTEN void gate_grad(const float* a, const float* dy, const float* value, const float* slope, float* da, float* db, size_t n) {
  const Floats d;
  each_vector(n, [=](auto part, size_t i) HWY_ATTR {
    const V to_a = hn::Mul(part.load(d, dy + i), part.load(d, value + i)), to_b = hn::Mul(part.load(d, a + i), part.load(d, slope + i));
    part.store(to_a, d, da + i);
    part.store(to_b, d, db + i);
  });
}

const RowKernels& row_kernels_of_target() {
  static constexpr RowKernels kTable{largest, softmax, log_softmax, softmax_grad, log_softmax_grad, multiply, gate_grad};
  return kTable;
}

}  // namespace rectify::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rectify {

HWY_EXPORT(row_kernels_of_target);
const RowKernels& row_kernels() { return RECTIFY_DISPATCH(row_kernels_of_target)(); }

}  // namespace rectify
#endif
