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

/// What a + b = sum lost. Source: Knuth 1969, whichever term is larger.
HWY_INLINE V lost_by_addition(V a, V b, V sum) {
  const V of_b = hn::Sub(sum, a);
  return hn::Add(hn::Sub(a, hn::Sub(sum, of_b)), hn::Sub(b, of_b));
}

HWY_INLINE double sum_in_double(V v) {
#if HWY_TARGET == HWY_SCALAR
  return static_cast<double>(hn::GetLane(v));
#else
  const hn::RepartitionToWide<Floats> d;
  return hn::GetLane(
      hn::SumOfLanes(d, hn::Add(hn::PromoteTo(d, hn::LowerHalf(v)), hn::PromoteTo(d, hn::UpperHalf(hn::Half<Floats>(), v)))));
#endif
}

/// The sum over i of the lanes that term(part, i) has, as good as one in double: each lane's sum comes with what its additions lost.
template <class Term>
HWY_INLINE double sum_of(size_t n, const Term& term) {
  const Floats d;
  V sum = hn::Zero(d), lost = hn::Zero(d);
  each_vector(n, [&](auto part, size_t i) HWY_ATTR {
    const V v = within(part, term(part, i), hn::Zero(d)), next = hn::Add(sum, v);
    lost = hn::Add(lost, lost_by_addition(sum, v, next));
    sum = next;
  });
  lost = hn::IfThenElseZero(hn::IsFinite(sum), lost);  // infinities lose what is no number
  return sum_in_double(sum) + sum_in_double(lost);
}

/// exp(x - m) for x <= m. The difference is taken with what it loses, which the exponential would magnify by its size.
HWY_INLINE V exp_of_difference(Floats d, V x, V m) {
  const V z = hn::Sub(x, m), lost = lost_by_addition(x, hn::Neg(m), z);
  V n;
  const V far = hn::Set(d, kLeastExponent);
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
  // The factor in two parts, as rounding it would cost up to one ULP.
  const auto high = static_cast<float>(1 / sum);
  const V factor = hn::Set(d, high), rest = hn::Set(d, static_cast<float>(1 / sum - static_cast<double>(high)));
  each_vector(n, [=](auto part, size_t i) HWY_ATTR {
    const V e = part.load(d, y + i);
    part.store(hn::MulAdd(e, factor, hn::Mul(e, rest)), d, y + i);
  });
}

HWY_FLATTEN void log_softmax(const float* x, float largest_value, float* y, size_t n) {
  const Floats d;
  const V m = hn::Set(d, largest_value), one = hn::Set(d, 1.0f);
  // The largest values count apart: with one of them, the sum is 1 + what may be tiny, and log1p keeps it.
  V ties = hn::Zero(d);
  const double others = sum_of(n, [&](auto part, size_t i) HWY_ATTR {
    const V v = part.load(d, x + i);
    ties = hn::Add(ties, within(part, hn::IfThenElseZero(hn::Eq(v, m), one), hn::Zero(d)));
    return hn::IfThenZeroElse(hn::Eq(v, m), exp_of_difference(d, v, m));
  });
  const V log_sum = hn::Set(d, static_cast<float>(std::log1p(sum_in_double(ties) - 1 + others)));
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
