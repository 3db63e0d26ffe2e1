// What elementary functions are made of: comparisons that keep NaN, polynomials, the exponential in parts. Compiled once per SIMD target.
//
// Polynomials are minimax fits made for this library (weighted least squares with Lawson's reweighting on 1500 Chebyshev nodes,
// coefficients rounded to float one after the other); each states its largest relative error.
#if defined(RECTIFY_SIMD_CORE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RECTIFY_SIMD_CORE_INL_H_
#undef RECTIFY_SIMD_CORE_INL_H_
#else
#define RECTIFY_SIMD_CORE_INL_H_
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace rectify::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// y where x is a number, x where it is NaN. Highway's Min and Max drop a NaN on some targets, so where they do,
/// results are mended at the end.
template <class V>
HWY_INLINE V keep_nan(V x, V y) {
  return hn::IfThenElse(hn::IsNaN(x), x, y);
}

// Of two operands of which one is NaN, x86's instructions for maximum and minimum give the second.
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_SSE4
#define RECTIFY_SECOND_IN_DOUBT 1
#else
#define RECTIFY_SECOND_IN_DOUBT 0
#endif

/// `low` where x is below it, else x: NaN and, where `low` is 0, -0 included.
template <class V>
HWY_INLINE V at_least(V x, V low) {
  if constexpr (RECTIFY_SECOND_IN_DOUBT) return hn::Max(low, x);
  return hn::IfThenElse(hn::Lt(x, low), low, x);
}

/// `high` where x is above it, else x, NaN included.
template <class V>
HWY_INLINE V at_most(V x, V high) {
  if constexpr (RECTIFY_SECOND_IN_DOUBT) return hn::Min(high, x);
  return hn::IfThenElse(hn::Gt(x, high), high, x);
}

#undef RECTIFY_SECOND_IN_DOUBT

/// a b - product, where `product` is a b rounded: what rounding lost, exactly but for underflow.
template <class D, class V>
HWY_INLINE V lost_by_product(D d, V a, V b, V product) {
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2
  (void)d;
  return hn::MulSub(a, b, product);
#else
  // Dekker 1971: the products of halves of at most 12 bits are exact.
  const hn::RebindToUnsigned<D> du;
  const auto mask = hn::Set(du, 0xfffff000u);
  const V a_head = hn::BitCast(d, hn::And(hn::BitCast(du, a), mask)), a_rest = hn::Sub(a, a_head);
  const V b_head = hn::BitCast(d, hn::And(hn::BitCast(du, b), mask)), b_rest = hn::Sub(b, b_head);
  const V heads = hn::Sub(hn::Mul(a_head, b_head), product);
  return hn::Add(hn::Add(hn::Add(heads, hn::Mul(a_head, b_rest)), hn::Mul(a_rest, b_head)), hn::Mul(a_rest, b_rest));
#endif
}

/// a b + c for |a b| > |c|, nearly as if rounded once also where there is no fused multiply-add.
template <class D, class V>
HWY_INLINE V exact_mul_add(D d, V a, V b, V c) {
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2
  (void)d;
  return hn::MulAdd(a, b, c);
#else
  const V product = hn::Mul(a, b);
  return hn::Add(product, hn::Add(c, lost_by_product(d, a, b, product)));
#endif
}

/// a - q b, nearly exactly: what the quotient q of a and b left.
template <class D, class V>
HWY_INLINE V left_by_quotient(D d, V a, V b, V q) {
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2
  (void)d;
  return hn::NegMulAdd(q, b, a);
#else
  const V product = hn::Mul(q, b);
  return hn::Sub(hn::Sub(a, product), lost_by_product(d, q, b, product));
#endif
}

/// c0 + c1 x + c2 x^2 + ...
template <class D, class V>
HWY_INLINE V polynomial(D d, V, float c0) {
  return hn::Set(d, c0);
}
template <class D, class V, class... C>
HWY_INLINE V polynomial(D d, V x, float c0, C... higher) {
  return hn::MulAdd(polynomial(d, x, higher...), x, hn::Set(d, c0));
}

/// c[first] + c[first + 2] x + c[first + 4] x^2 + ...
template <class D, class V, size_t kCount>
HWY_INLINE V every_second_term(D d, V x, const float (&c)[kCount], size_t first) {
  size_t i = first + (kCount - 1 - first) / 2 * 2;
  V sum = hn::Set(d, c[i]);
  for (; i > first; i -= 2) sum = hn::MulAdd(sum, x, hn::Set(d, c[i - 2]));
  return sum;
}

/// The same as polynomial(), where x^2 is at hand: even and odd terms apart, which wait for each other half as long.
template <class D, class V, class... C>
HWY_INLINE V polynomial_by_parity(D d, V x, V square, C... coefficients) {
  const float c[] = {coefficients...};
  return hn::MulAdd(every_second_term(d, square, c, 1), x, every_second_term(d, square, c, 0));
}

// ---- The exponential's core ----

inline constexpr float kLog2E = 0x1.715476p+0f;
// ln 2 in two parts; the first has 15 bits, so that its product with an integer below 2^9 is exact and the reduction needs no FMA.
inline constexpr float kLn2High = 0x1.62e4p-1f, kLn2Low = 0x1.7f7d1cp-20f;

/// The reduced argument r in about [-ln2/2, ln2/2] and the integer n of z = n ln2 + r. |z| <= 133.
template <class D, class V>
HWY_INLINE V reduce_exp(D d, V z, V& n) {
  const V magic = hn::Set(d, 0x1.8p23f);  // adding it rounds to an integer
  n = hn::Sub(hn::MulAdd(z, hn::Set(d, kLog2E), magic), magic);
  return hn::NegMulAdd(n, hn::Set(d, kLn2Low), hn::NegMulAdd(n, hn::Set(d, kLn2High), z));
}

/// exp(r) - 1 for a reduced r, to 2^-26.2.
template <class D, class V>
HWY_INLINE V expm1_of_reduced(D d, V r) {
  const V square = hn::Mul(r, r);  // Estrin's order: the terms wait less for each other than in Horner's
  const V low = polynomial(d, r, 0x1.fffffep-2f, 0x1.5554bp-3f), high = polynomial(d, r, 0x1.555674p-5f, 0x1.1227bp-7f);
  const V p = hn::MulAdd(hn::MulAdd(hn::Set(d, 0x1.6bebfep-10f), square, high), square, low);
  return hn::MulAdd(square, p, r);
}

/// A power of two and p in [-0.3, 0.42]: an exponential power (1 + p), to which a kernel gives its own shape.
template <class V>
struct ExpParts {
  V power, p;
  HWY_INLINE V value() const { return hn::MulAdd(power, p, power); }  // power p is exact: the same with and without FMA
  /// The product with `factor`, rounded once.
  HWY_INLINE V times(V factor) const {
    const V raised = hn::Mul(factor, power);
    return hn::MulAdd(raised, p, raised);
  }
};

/// 2^(n + kBy) where z = n ln2 + r, |r| <= about ln2/2, and n.
template <int kBy, class D, class V>
HWY_INLINE V power_part(D d, V z, V& n) {
  const hn::RebindToUnsigned<D> du;
  // Adding `magic` rounds to an integer, whose lowest bits need but a shift to be an exponent.
  const V magic = hn::Set(d, 0x1.8p23f + 127 + kBy);
  const V sum = hn::MulAdd(z, hn::Set(d, kLog2E), magic);
  n = hn::Sub(sum, magic);
  return hn::BitCast(d, hn::ShiftLeft<23>(hn::BitCast(du, sum)));
}

/// e^(z + low) 2^kBy = power (1 + p) for z / ln2 + kBy in [-127, 127] and a small `low`; from -126.5 down power is 0. Elsewhere anything,
/// but p is NaN for NaN. What may be subnormal is computed raised and lowered by the kernel's last operation, so that it is rounded to a
/// subnormal once.
template <int kBy, class D, class V>
HWY_INLINE ExpParts<V> exp_parts(D d, V z, V low) {
  V n;
  const V power = power_part<kBy>(d, z, n);
  const V rest = hn::MulSub(n, hn::Set(d, kLn2Low), low);  // small, so that r is rounded but once
  return {power, expm1_of_reduced(d, hn::Sub(hn::NegMulAdd(n, hn::Set(d, kLn2High), z), rest))};
}
template <int kBy, class D, class V>
HWY_INLINE ExpParts<V> exp_parts(D d, V z) {
  V n;
  const V power = power_part<kBy>(d, z, n);
  return {power, expm1_of_reduced(d, hn::NegMulAdd(n, hn::Set(d, kLn2Low), hn::NegMulAdd(n, hn::Set(d, kLn2High), z)))};
}

/// The same as a quotient: e^(z + low) 2^kBy = power / (1 + p).
template <int kBy, class D, class V>
HWY_INLINE ExpParts<V> exp_quotient(D d, V z, V low) {
  V n;
  const V power = power_part<kBy>(d, z, n);
  const V rest = hn::MulSub(n, hn::Set(d, kLn2Low), low);
  return {power, expm1_of_reduced(d, hn::Add(hn::MulSub(n, hn::Set(d, kLn2High), z), rest))};
}
template <int kBy, class D, class V>
HWY_INLINE ExpParts<V> exp_quotient(D d, V z) {
  V n;
  const V power = power_part<kBy>(d, z, n);
  return {power, expm1_of_reduced(d, hn::MulAdd(n, hn::Set(d, kLn2Low), hn::MulSub(n, hn::Set(d, kLn2High), z)))};
}

/// The z that makes the power of exp_parts<kBy>() 0. What is too small for a float is computed from here: a result that underflows takes
/// the processor ten times as long as one that is 0 from the start.
template <int kBy>
inline constexpr float kVanishing = -static_cast<float>((127 + kBy) * std::numbers::ln2);

/// How far exponentials are usually raised: the smallest and its inverse are then both far from the ends of the floats.
inline constexpr int kRaise = 64;
inline constexpr float kRaised = 0x1p64f, kLowering = 0x1p-64f;
inline constexpr float kLeastExponent = kVanishing<kRaise>;

/// e^-|x| 2^kRaise in parts.
template <class D, class V>
HWY_INLINE ExpParts<V> exp_of_minus_abs(D d, V x) {
  return exp_parts<kRaise>(d, at_least(hn::Or(x, hn::SignBit(d)), hn::Set(d, kLeastExponent)));
}

/// e^(-2 |x|) 2^kRaise in parts.
template <class D, class V>
HWY_INLINE ExpParts<V> exp_of_minus_twice_abs(D d, V x) {
  const V z = at_least(hn::Or(x, hn::SignBit(d)), hn::Set(d, 0.5f * kLeastExponent));
  return exp_parts<kRaise>(d, hn::Add(z, z));
}

/// 2^n for an integer n in [-126, 127].
template <class D, class V>
HWY_INLINE V power_of_two(D d, V n) {
#if HWY_TARGET == HWY_AVX3
  return V{_mm512_scalef_ps(hn::Set(d, 1.0f).raw, n.raw)};
#else
  const hn::RebindToSigned<D> di;
  return hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(hn::ConvertTo(di, n), hn::Set(di, 127))));
#endif
}

/// m 2^n, rounded once. m in [0.1, 4), n an integer in [-254, 250]; 0 for -254 but on AVX3.
template <class D, class V>
HWY_INLINE V scale(D d, V m, V n) {
#if HWY_TARGET == HWY_AVX3
  (void)d;
  return V{_mm512_scalef_ps(m.raw, n.raw)};
#else
  const hn::RebindToSigned<D> di;
  const auto whole = hn::ConvertTo(di, n);
  const auto half = hn::ShiftRight<1>(whole);
  const auto bias = hn::Set(di, 127);
  const V first = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(half, bias)));
  const V second = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(hn::Sub(whole, half), bias)));
  return hn::Mul(hn::Mul(m, first), second);
#endif
}

/// The same for n in [-180, 60], cheaper.
template <class D, class V>
HWY_INLINE V scale_down(D d, V m, V n) {
#if HWY_TARGET == HWY_AVX3
  return scale(d, m, n);
#else
  const hn::RebindToSigned<D> di;
  const V raised = hn::BitCast(d, hn::ShiftLeft<23>(hn::Add(hn::ConvertTo(di, n), hn::Set(di, 127 + 64))));
  return hn::Mul(hn::Mul(m, raised), hn::Set(d, 0x1p-64f));
#endif
}

/// exp(z) for z <= 0, subnormal results included, 1.1 ULP. Anything for NaN.
template <class D, class V>
HWY_INLINE V exp_nonpositive(D d, V z) {
  return hn::Mul(exp_parts<kRaise>(d, at_least(z, hn::Set(d, kLeastExponent))).value(), hn::Set(d, kLowering));
}

}  // namespace rectify::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
