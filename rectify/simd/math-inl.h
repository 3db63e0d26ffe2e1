// Elementary functions of float vectors, compiled once per SIMD target.
//
// Every vec_ function covers all floats: NaN gives NaN, infinities the limit, zeros keep their sign where f(0) = 0, subnormal results are
// not flushed. Each states its largest error in ULP, measured over every 509th float on every target; targets without fused
// multiply-add (SSE4, SCALAR) are included. Polynomials: see
// core-inl.h.
#if defined(RECTIFY_SIMD_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RECTIFY_SIMD_MATH_INL_H_
#undef RECTIFY_SIMD_MATH_INL_H_
#else
#define RECTIFY_SIMD_MATH_INL_H_
#endif

#include <cmath>
#include <limits>

#include "rectify/simd/core-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rectify::HWY_NAMESPACE {

// ---- Exponentials ----

/// e^x. 1.1 ULP.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vec_exp(D d, V x) {
  V n;
  // Below `lowest` the result is 0 from the start, see kVanishing: by a half of the power that is 0, or on AVX3, which scales at once, by
  // m.
  constexpr bool kScalesAtOnce = HWY_TARGET == HWY_AVX3;
  const V lowest = hn::Set(d, kScalesAtOnce ? -104.0f : -2 * 127 * 0.693147f), z = at_most(at_least(x, lowest), hn::Set(d, 90.0f));
  V m = hn::Add(expm1_of_reduced(d, reduce_exp(d, z, n)), hn::Set(d, 1.0f));
  if constexpr (kScalesAtOnce) m = hn::IfThenZeroElse(hn::Eq(z, lowest), m);
  return scale(d, m, n);
}

/// e^x - 1. 1.7 ULP.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vec_expm1(D d, V x) {
  V n;
  const V one = hn::Set(d, 1.0f);
  const V z = hn::Min(hn::Max(x, hn::Set(d, -30.0f)), hn::Set(d, 90.0f));
  const V p = expm1_of_reduced(d, reduce_exp(d, z, n));
  const V s = power_of_two(d, hn::Min(n, hn::Set(d, 127.0f)));
  const V y = hn::MulAdd(s, p, hn::Sub(s, one));
  const auto large = hn::Gt(z, hn::Set(d, 30.0f));
  return keep_nan(x, hn::CopySign(hn::IfThenElse(large, scale(d, hn::Add(p, one), n), y), x));
}

/// e^|x| / 2, infinite only where that is.
template <class D, class V>
HWY_INLINE V half_exp_of_abs(D d, V ax) {
  V n;
  const V one = hn::Set(d, 1.0f);
  const V p = expm1_of_reduced(d, reduce_exp(d, hn::Min(ax, hn::Set(d, 91.0f)), n));
  return scale(d, hn::Add(p, one), hn::Sub(n, one));
}

/// sinh x. 1.6 ULP.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vec_sinh(D d, V x) {
  const V ax = hn::Abs(x), z = hn::Mul(ax, ax);
  // x + x z Q(z) on [0, 1], to 2^-31.6.
  const V q = polynomial(d, z, 0x1.555556p-3f, 0x1.1110e0p-7f, 0x1.a022bcp-13f, 0x1.756c1ep-19f);
  const V near = hn::MulAdd(hn::Mul(ax, z), q, ax);
  const V half = half_exp_of_abs(d, ax);
  const V far = hn::Sub(half, hn::Div(hn::Set(d, 0.25f), half));
  return keep_nan(x, hn::CopySign(hn::IfThenElse(hn::Lt(ax, hn::Set(d, 1.0f)), near, far), x));
}

/// cosh x. 1.5 ULP.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vec_cosh(D d, V x) {
  const V half = half_exp_of_abs(d, hn::Abs(x));
  return keep_nan(x, hn::Add(half, hn::Div(hn::Set(d, 0.25f), half)));
}

/// tanh x. 1.9 ULP.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vec_tanh(D d, V x) {
  const auto w = exp_of_minus_twice_abs(d, x);
  const V one = hn::Set(d, kRaised);
  // (1 - w) / (1 + w). The sums with `power` are exact where they matter, and for small x so are power (= one) and p (= -2 x).
  const V above = hn::NegMulAdd(w.power, w.p, hn::Sub(one, w.power)), below = hn::MulAdd(w.power, w.p, hn::Add(one, w.power));
  return hn::CopySign(hn::Div(above, below), x);
}

/// kRaised + power + kRaised p of e = exp_quotient<kRaise>(d, x), x <= 24: e.power over it is the sigmoid of x.
template <class D, class V>
HWY_INLINE V below_sigmoid(D d, const ExpParts<V>& e) {
  const V one = hn::Set(d, kRaised), sum = hn::Add(e.power, one);
  const V lost = hn::Sub(e.power, hn::Sub(sum, one));  // near x = -16.6 as much as half a unit
  return hn::Add(sum, hn::MulAdd(e.p, one, lost));
}

/// 1 / (1 + e^-x). 1.8 ULP.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vec_sigmoid(D d, V x) {
  const auto e = exp_quotient<kRaise>(d, at_most(at_least(x, hn::Set(d, kLeastExponent)), hn::Set(d, 24.0f)));
  return hn::Div(e.power, below_sigmoid(d, e));
}

/// The slope of sigmoid, e / (1 + e)^2 with e = e^-|x|, which keeps its digits where y (1 - y) loses them. 2.3 ULP.
template <class D, class V>
HWY_INLINE V sigmoid_slope(D d, V x) {
  const V raised = exp_of_minus_abs(d, x).value(), e = hn::Mul(raised, hn::Set(d, kLowering));
  return hn::Div(raised, hn::MulAdd(raised, hn::Add(e, hn::Set(d, 2.0f)), hn::Set(d, kRaised)));
}

// ---- Logarithms ----

/// P(s^2) of log((1 + s) / (1 - s)) = 2 s (1 + s^2 P(s^2)), |s| <= 1/3, to 2^-33.
template <class D, class V>
HWY_INLINE V log_polynomial(D d, V z) {
  return polynomial(d, z, 0x1.55555ap-2f, 0x1.99962cp-3f, 0x1.251380p-3f, 0x1.b62260p-4f, 0x1.f3fa60p-4f);
}

/// log(1 + e) for e in [0, 1].
template <class D, class V>
HWY_INLINE V log1p_of_fraction(D d, V e) {
  // (log(1 + e) - e) / e^2 to 2^-27.5 of the logarithm, one term after the other: cut in two, it is no faster, as vectors follow each
  // other, and 0.2 ULP worse.
  const V square = hn::Mul(e, e);
  const V q = polynomial(d, e, -0x1.ffffd2p-2f, 0x1.554dd0p-2f, -0x1.ff23e8p-3f, 0x1.934b6ep-3f, -0x1.3a43e0p-3f, 0x1.b4b094p-4f,
                         -0x1.d6b760p-5f, 0x1.492126p-6f, -0x1.af5e50p-9f);
  return hn::MulAdd(square, q, e);
}

/// log(1 + e^x). 1.9 ULP, 2.2 without fused multiply-add.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vec_softplus(D d, V x) {
  const V e = hn::Mul(exp_of_minus_abs(d, x).value(), hn::Set(d, kLowering));
  return hn::Add(at_least(x, hn::Zero(d)), log1p_of_fraction(d, e));
}

/// m in [sqrt(1/2), sqrt(2)) and the integer k of x = m 2^k, for a normal x > 0.
template <class D, class V>
HWY_INLINE V split_exponent(D d, V x, V& k) {
  const hn::RebindToSigned<D> di;
  const auto bits = hn::BitCast(di, x);
  const auto exponent = hn::ShiftRight<23>(hn::Sub(bits, hn::Set(di, 0x3f3504f3)));  // sqrt(1/2)
  k = hn::ConvertTo(d, exponent);
  return hn::BitCast(d, hn::Sub(bits, hn::ShiftLeft<23>(exponent)));
}

/// k ln2 + log(1 + f) + low for |f| <= 0.42 and a small `low`.
/// The order of the terms is that of Tang 1990 and fdlibm's log1p: 2 s = f - s f leaves f itself without rounding.
template <class D, class V>
HWY_INLINE V log_of_parts(D d, V k, V f, V low) {
  const V s = hn::Div(f, hn::Add(f, hn::Set(d, 2.0f)));
  const V z = hn::Mul(s, s);
  const V rest = hn::Mul(hn::Add(z, z), log_polynomial(d, z));
  const V half_square = hn::Mul(hn::Mul(f, f), hn::Set(d, 0.5f));
  const V tail = hn::MulAdd(s, hn::Add(half_square, rest), hn::MulAdd(k, hn::Set(d, kLn2Low), low));
  return hn::MulAdd(k, hn::Set(d, kLn2High), hn::Sub(f, hn::Sub(half_square, tail)));
}

/// `y` mended where `x`, the argument of a logarithm, is 0, infinite, negative or NaN.
template <class D, class V>
HWY_INLINE V mend_log(D d, V x, V y) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const V zero = hn::Zero(d), infinity = hn::Set(d, kInfinity);
  y = hn::IfThenElse(hn::Eq(x, infinity), infinity, y);
  y = hn::IfThenElse(hn::Eq(x, zero), hn::Set(d, -kInfinity), y);
  y = hn::IfThenElse(hn::Lt(x, zero), hn::Set(d, std::numeric_limits<float>::quiet_NaN()), y);
  return keep_nan(x, y);
}

/// log x. 0.8 ULP.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vec_log(D d, V x) {
  V k;
  const auto subnormal = hn::Lt(x, hn::Set(d, std::numeric_limits<float>::min()));
  const V m = split_exponent(d, hn::IfThenElse(subnormal, hn::Mul(x, hn::Set(d, 0x1p25f)), x), k);
  k = hn::Sub(k, hn::IfThenElseZero(subnormal, hn::Set(d, 25.0f)));
  return mend_log(d, x, log_of_parts(d, k, hn::Sub(m, hn::Set(d, 1.0f)), hn::Zero(d)));
}

/// log(1 + x). 0.9 ULP.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vec_log1p(D d, V x) {
  const V zero = hn::Zero(d), one = hn::Set(d, 1.0f);
  const V u = hn::Add(x, one);
  // What the sum lost, exactly: whichever term is larger is subtracted first.
  const V lost = hn::IfThenElse(hn::Gt(x, one), hn::Sub(one, hn::Sub(u, x)), hn::Sub(x, hn::Sub(u, one)));
  V k;
  const V m = split_exponent(d, u, k);
  const auto near = hn::Eq(k, zero);
  const V f = hn::IfThenElse(near, x, hn::Sub(m, one));
  const V low = hn::IfThenZeroElse(near, hn::Div(lost, u));
  const V y = mend_log(d, u, log_of_parts(d, k, f, low));
  return hn::IfThenElse(hn::Eq(x, zero), x, y);
}

// ---- Circular functions ----

/// f of each lane, in double. For what is rare.
template <class D, class V, class F>
HWY_INLINE V per_lane(D d, V a, V b, F f) {
  HWY_ALIGN float lane_a[hn::MaxLanes(d)], lane_b[hn::MaxLanes(d)];
  hn::Store(a, d, lane_a);
  hn::Store(b, d, lane_b);
  for (size_t i = 0; i < hn::Lanes(d); ++i) lane_a[i] = static_cast<float>(f(double{lane_a[i]}, double{lane_b[i]}));
  return hn::Load(d, lane_a);
}

/// The largest |x| that reduce_circle() takes.
inline constexpr float kCircleLimit = 4096.0f;

/// r in about [-pi/4, pi/4] and the integer n of x = n pi/2 + r. |x| <= kCircleLimit.
template <class D, class V>
HWY_INLINE V reduce_circle(D d, V x, V& n) {
  // pi/2 in parts of at most 12 bits, whose products with n < 2^12 are exact, and a rest: a float comes as near as 2^-29 to a multiple.
  n = hn::Round(hn::Mul(x, hn::Set(d, 0x1.45f306p-1f)));
  const V first = hn::NegMulAdd(n, hn::Set(d, 0x1.fb4p-12f), hn::NegMulAdd(n, hn::Set(d, 0x1.92p+0f), x));  // exact
  const V third = hn::Mul(n, hn::Set(d, 0x1.444p-24f));
  const V r = hn::Sub(first, third), lost = hn::Sub(hn::Sub(first, r), third);
  return hn::Add(r, hn::NegMulAdd(n, hn::Set(d, 0x1.1a6264p-54f), hn::NegMulAdd(n, hn::Set(d, 0x1.68cp-39f), lost)));
}

/// sin r and cos r on [-pi/4, pi/4], to 2^-27.9 and 2^-33.
template <class D, class V>
HWY_INLINE V sin_of_reduced(D d, V r) {
  const V z = hn::Mul(r, r);
  return hn::MulAdd(hn::Mul(r, z), polynomial(d, z, -0x1.555546p-3f, 0x1.110778p-7f, -0x1.9954p-13f), r);
}
template <class D, class V>
HWY_INLINE V cos_of_reduced(D d, V r) {
  const V z = hn::Mul(r, r);
  const V q = polynomial(d, z, 0x1.55554ap-5f, -0x1.6c0c28p-10f, 0x1.99e80cp-16f);
  return hn::MulAdd(hn::Mul(z, z), q, hn::NegMulAdd(z, hn::Set(d, 0.5f), hn::Set(d, 1.0f)));
}

/// Whether bit `bit` of the integer n is set.
template <class D, class V>
HWY_INLINE hn::Mask<D> has_bit(D d, V n, int bit) {
  const hn::RebindToSigned<D> di;
  return hn::MaskFromVec(hn::BitCast(d, hn::VecFromMask(di, hn::TestBit(hn::ConvertTo(di, n), hn::Set(di, bit)))));
}

/// sin(x + quarter_turns pi/2) for |x| <= kCircleLimit.
template <class D, class V>
HWY_INLINE V sin_of_turned(D d, V x, float quarter_turns) {
  V n;
  const V r = reduce_circle(d, x, n);
  n = hn::Add(n, hn::Set(d, quarter_turns));
  const V y = hn::IfThenElse(has_bit(d, n, 1), cos_of_reduced(d, r), sin_of_reduced(d, r));
  return hn::IfThenElse(has_bit(d, n, 2), hn::Neg(y), y);
}

/// y, but f(x) in double in lanes where |x| > kCircleLimit.
template <class D, class V, class F>
HWY_INLINE V mend_large(D d, V x, V y, F f) {
  const auto small = hn::Le(hn::Abs(x), hn::Set(d, kCircleLimit));
  if (HWY_LIKELY(hn::AllTrue(d, small))) return y;
  return hn::IfThenElse(small, y, per_lane(d, x, x, f));
}

/// sin x. 1.6 ULP; lanes beyond 4096 are computed one by one.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vec_sin(D d, V x) {
  const V y = hn::IfThenElse(hn::Eq(x, hn::Zero(d)), x, sin_of_turned(d, x, 0));
  return mend_large(d, x, y, [](double a, double) { return std::sin(a); });
}

/// cos x. 1.6 ULP; as vec_sin().
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vec_cos(D d, V x) {
  return mend_large(d, x, sin_of_turned(d, x, 1), [](double a, double) { return std::cos(a); });
}

/// tan x. 3.3 ULP; as vec_sin().
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vec_tan(D d, V x) {
  V n;
  const V r = reduce_circle(d, x, n);
  const V s = sin_of_reduced(d, r), c = cos_of_reduced(d, r);
  const auto odd = has_bit(d, n, 1);
  const V y = hn::Div(hn::IfThenElse(odd, hn::Neg(c), s), hn::IfThenElse(odd, s, c));
  return mend_large(d, x, hn::IfThenElse(hn::Eq(x, hn::Zero(d)), x, y), [](double a, double) { return std::tan(a); });
}

/// atan x. 1.8 ULP.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vec_atan(D d, V x) {
  const V ax = hn::Abs(x), one = hn::Set(d, 1.0f);
  // Thirds of the quarter turn: atan x = turn + atan(t), |t| <= tan(pi/8).
  const auto far = hn::Gt(ax, hn::Set(d, 0x1.3504f4p+1f)), middle = hn::Gt(ax, hn::Set(d, 0x1.a8279ap-2f));
  const V above = hn::IfThenElse(far, hn::Set(d, -1.0f), hn::IfThenElse(middle, hn::Sub(ax, one), ax));
  const V below = hn::IfThenElse(far, ax, hn::IfThenElse(middle, hn::Add(ax, one), one));
  const V turn = hn::IfThenElseZero(middle, hn::IfThenElse(far, one, hn::Set(d, 0.5f)));
  const V t = hn::Div(above, below), z = hn::Mul(t, t);
  // t + t z Q(z), to 2^-30.4.
  const V q = polynomial(d, z, -0x1.55554ap-2f, 0x1.9991e2p-3f, -0x1.23b9ap-3f, 0x1.b22418p-4f, -0x1.f2e3d6p-5f);
  const V low = hn::MulAdd(hn::Mul(t, z), q, hn::Mul(turn, hn::Set(d, -0x1.777a5cp-25f)));
  return keep_nan(x, hn::CopySign(hn::MulAdd(turn, hn::Set(d, 0x1.921fb6p+0f), hn::Add(t, low)), x));
}

// ---- Error function ----

/// erf on [0, 1]: x + x Q(x^2), to 2^-29.4.
template <class D, class V>
HWY_INLINE V erf_near(D d, V ax) {
  const V q = polynomial(d, hn::Mul(ax, ax), 0x1.06eba8p-3f, -0x1.81273ep-2f, 0x1.ce2ce6p-4f, -0x1.b7f71ap-6f, 0x1.53f224p-8f,
                         -0x1.a3515ep-11f, 0x1.4771fcp-14f);
  return hn::MulAdd(ax, q, ax);
}

/// erfc(t) for t >= 0.4, 3.4 ULP.
/// (1 + 2 t) e^(t^2) erfc(t) varies little, and is a polynomial in (t - 2) / (t + 2), to 2^-26.9.
template <class D, class V>
HWY_INLINE V erfc_far(D d, V t) {
  t = hn::Min(t, hn::Set(d, 11.506f));  // the square is about -kLeastExponent
  const V one = hn::Set(d, 1.0f), two = hn::Set(d, 2.0f);
  // The rounding of t^2 would be magnified by t^2, so what it loses goes into the reduced argument.
  const V square = hn::Mul(t, t);
  const V e = exp_parts<kRaise>(d, hn::Neg(square), hn::Neg(lost_by_product(d, t, t, square))).value();
  const V y = hn::Div(hn::Sub(t, two), hn::Add(t, two));
  const V w = polynomial(d, y, 0x1.46e80ep+0f, -0x1.7bf5e8p-4f, -0x1.5407e0p-3f, 0x1.4ff984p-3f, -0x1.bc17f8p-5f, -0x1.06c212p-7f,
                         0x1.1b6c3ep-7f, 0x1.393276p-10f, -0x1.469f60p-10f, -0x1.2c12eep-12f);
  return hn::Mul(hn::Div(hn::Mul(e, w), hn::MulAdd(t, two, one)), hn::Set(d, kLowering));
}

/// erf x. 1.1 ULP.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vec_erf(D d, V x) {
  const V ax = hn::Abs(x), one = hn::Set(d, 1.0f);
  const V y = hn::IfThenElse(hn::Lt(ax, one), erf_near(d, ax), hn::Sub(one, erfc_far(d, hn::Max(ax, one))));
  return keep_nan(x, hn::CopySign(y, x));
}

/// 1 - erf x, without cancellation. 3.4 ULP.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vec_erfc(D d, V x) {
  const V ax = hn::Abs(x), one = hn::Set(d, 1.0f), half = hn::Set(d, 0.46875f);
  const V near = erf_near(d, ax), far = erfc_far(d, hn::Max(ax, half));
  const V negative = hn::IfThenElse(hn::Lt(ax, one), hn::Add(one, near), hn::Sub(hn::Set(d, 2.0f), far));
  const V positive = hn::IfThenElse(hn::Lt(ax, half), hn::Sub(one, near), far);
  return keep_nan(x, hn::IfThenElse(hn::Lt(x, hn::Zero(d)), negative, positive));
}

// ---- Power ----

/// a^b, NaN if either is. 0.5 ULP; computed one lane after the other in double.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vec_pow(D d, V a, V b) {
  const V y = per_lane(d, a, b, [](double base, double exponent) { return std::pow(base, exponent); });
  return keep_nan(a, keep_nan(b, y));
}

}  // namespace rectify::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
