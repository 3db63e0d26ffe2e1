#include <limits>

#include "rectify/activation/kernels.h"
#include "rectify/simd/target.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rectify/activation/gated_family.cc"
#include <hwy/foreach_target.h>
//
#include "rectify/activation/family-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rectify::HWY_NAMESPACE {

// Gates raise exponentials by less than kRaise, which leaves room for what multiplies them.
inline constexpr int kGateRaise = 40;
inline constexpr float kGateRaised = 0x1p40f, kGateLowering = 0x1p-40f;
// Exponents below this give results that are -0, from a power that is 0.
inline constexpr float kShut = kVanishing<kGateRaise>;

// -|x|, no lower than `lowest`.
template <class D, class V>
HWY_INLINE V left_of(D d, V x, V lowest) {
  return at_least(hn::Or(x, hn::SignBit(d)), lowest);
}

// max(x, 0), -0 for x < 0, so that a sum with -0 is -0.
template <class D, class V>
HWY_INLINE V right_part(D d, V x) {
  return at_least(x, hn::Set(d, -0.0f));
}

// 1 + power + p raised, the denominator of sigmoid(z) for e^z = power / (1 + p): 1 comes last, being no smaller than the others.
template <class D, class V>
HWY_INLINE V gate_denominator(D d, const ExpParts<V>& e) {
  const V one = hn::Set(d, kGateRaised);
  return hn::Add(hn::MulAdd(e.p, one, e.power), one);
}

// x sigmoid(z) for an odd z(x) that rises with x. It is computed left of 0, where e^z = power / (1 + p) is at most 1, and mirrored:
// f(x) = x + f(-x) and f'(x) = 1 - f'(-x).
template <class V>
struct Gate {
  V left;         // -|x|
  ExpParts<V> e;  // of z(-|x|), as a quotient

  template <class D>
  HWY_INLINE V value(D d, V x) const {
    return hn::Add(hn::Div(hn::Mul(left, e.power), gate_denominator(d, e)), right_part(d, x));
  }
  // Left of 0 it is s (1 + w (1 - s)), where s = sigmoid(z), w = x dz/dx, and base = 1 + w; that w is exact for w < -0.5.
  template <class D>
  HWY_INLINE V slope(D d, V x, V w, V base) const {
    const V lowering = hn::Set(d, kGateLowering), one = hn::Set(d, 1.0f);
    const V raised = hn::Div(e.power, hn::Add(hn::MulAdd(e.power, lowering, e.p), one));
    const V y = hn::Mul(hn::Mul(raised, hn::NegMulAdd(w, hn::Mul(raised, lowering), base)), lowering);
    return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), y, hn::Sub(one, y));
  }
};

struct Silu {
  static constexpr CatalogueEntry kEntry{"silu", "", "x * sigmoid(x)", "standard", "Elfwing et al. 2017"};
  static constexpr int kParameters = 0;

  template <class D, class V, class P>
  static HWY_INLINE V forward(D d, V x, const P&) {
    const V z = left_of(d, x, hn::Set(d, kShut));
    return Gate<V>{z, exp_quotient<kGateRaise>(d, z)}.value(d, x);
  }
  template <class D, class V, class P>
  static HWY_INLINE V grad(D d, V x, const P&) {
    const V z = left_of(d, x, hn::Set(d, kShut));
    return Gate<V>{z, exp_quotient<kGateRaise>(d, z)}.slope(d, x, z, hn::Add(z, hn::Set(d, 1.0f)));
  }
};

// x sigmoid(beta x), the exponent as exact as if the product had not been rounded. beta = high + low > 0.
template <class V>
struct Slanted {
  V high, low;

  template <class D>
  HWY_INLINE V forward(D d, V x) const {
    V z, lost;
    return parts(d, x, z, lost).value(d, x);
  }
  template <class D>
  HWY_INLINE V grad(D d, V x) const {
    V z, lost;
    const Gate<V> f = parts(d, x, z, lost);
    return f.slope(d, x, z, hn::Add(hn::Add(z, hn::Set(d, 1.0f)), lost));
  }

 private:
  template <class D>
  HWY_INLINE Gate<V> parts(D d, V x, V& z, V& lost) const {
    const V most = hn::Set(d, -std::numeric_limits<float>::max());  // where high is 0, or nearly
    const V left = left_of(d, x, at_least(hn::Div(hn::Set(d, kShut), high), most));
    z = hn::Mul(left, high);
    lost = hn::MulAdd(left, low, lost_by_product(d, left, high, z));
    return {left, exp_quotient<kGateRaise>(d, z, lost)};
  }
};

struct Swish {
  static constexpr CatalogueEntry kEntry{"swish", "", "x * sigmoid(beta * x); beta = 1 learn", "standard", "Ramachandran et al. 2017"};
  static constexpr int kParameters = 1;

  // A negative beta mirrors: x sigmoid(beta x) = -((-x) sigmoid(-beta (-x))).
  template <class D, class V, class P>
  static HWY_INLINE V forward(D d, V x, const P& p) {
    const V sign = hn::And(p[0], hn::SignBit(d)), beta = hn::Abs(p[0]), mirrored = hn::Xor(x, sign);
    if (HWY_UNLIKELY(!hn::AllTrue(d, hn::Ge(beta, hn::Set(d, kSteep))))) return hn::Xor(flat(d, mirrored, beta), sign);
    return hn::Xor(Slanted<V>{beta, hn::Zero(d)}.forward(d, mirrored), sign);
  }
  template <class D, class V, class P>
  static HWY_INLINE V grad(D d, V x, const P& p) {
    const V sign = hn::And(p[0], hn::SignBit(d)), beta = hn::Abs(p[0]), mirrored = hn::Xor(x, sign);
    const V y = Slanted<V>{beta, hn::Zero(d)}.grad(d, mirrored);
    if (HWY_LIKELY(hn::AllTrue(d, hn::Ge(beta, hn::Set(d, kSteep))))) return y;
    const auto at_limit = hn::And(is_infinite(d, x), hn::Gt(beta, hn::Zero(d)));
    return hn::IfThenElse(at_limit, hn::IfThenElseZero(hn::Gt(mirrored, hn::Zero(d)), hn::Set(d, 1.0f)), y);
  }
  // x^2 sigmoid'(beta x) = x^2 e / (1 + e)^2 with e = e^-|beta x|, 0 where only x^2 is too large.
  template <int j, class D, class V, class P>
  static HWY_INLINE V grad_parameter(D d, V x, const P& p) {
    const V lowering = hn::Set(d, kLowering), raised = exp_of_minus_abs(d, hn::Mul(x, p[0])).value(), e = hn::Mul(raised, lowering);
    const V slope = hn::Div(raised, hn::MulAdd(e, hn::Add(e, hn::Set(d, 2.0f)), hn::Set(d, 1.0f)));
    const V y = hn::Mul(hn::Mul(x, slope), hn::Mul(x, lowering));
    return hn::IfThenZeroElse(hn::Lt(slope, hn::Set(d, 0x1p-87f)), y);
  }

 private:
  // From this beta on x sigmoid(beta x) is -0 where the exponent is kShut.
  static constexpr float kSteep = 0.25f;
  // The lowest exponent below kSteep: low enough for e to it to be lost beside 1, and high enough for its power not to be 0.
  static constexpr float kLowest = -110.0f;

  template <class D, class V>
  static HWY_INLINE auto is_infinite(D d, V x) {
    return hn::Gt(hn::Abs(x), hn::Set(d, std::numeric_limits<float>::max()));
  }
  // The value for any beta >= 0. Below kSteep x may be so large that it outweighs e^kLowest, and overflows where it is raised.
  template <class D, class V>
  static HWY_INLINE V flat(D d, V x, V beta) {
    const V left = left_of(d, x, hn::Set(d, -std::numeric_limits<float>::max())), shut = hn::Set(d, kLowest), zero = hn::Zero(d);
    const V z = hn::Mul(left, beta), lost = lost_by_product(d, left, beta, z), within = at_least(z, shut);
    const auto beyond = hn::Lt(z, shut);
    const V lowered = hn::IfThenElse(hn::Lt(left, hn::Set(d, -0x1p60f)), hn::Set(d, 0x1p-41f), hn::Set(d, 1.0f));
    const auto e = exp_quotient<kGateRaise>(d, within, hn::IfThenZeroElse(beyond, lost));
    V y = hn::Div(hn::Mul(hn::Mul(left, lowered), e.power), hn::Mul(gate_denominator(d, e), lowered));
    // What z lost matters while e^z does.
    const V rest = at_most(at_least(hn::Sub(z, shut), hn::Set(d, kLeastExponent)), zero);
    const V more = hn::IfThenElseZero(hn::Gt(rest, hn::Set(d, kLeastExponent)), lost);
    y = hn::IfThenElse(beyond, hn::Mul(hn::Mul(y, exp_parts<kRaise>(d, rest, more).value()), hn::Set(d, kLowering)), y);
    y = hn::IfThenElse(is_infinite(d, x), hn::Set(d, -0.0f), y);
    return hn::IfThenElse(hn::Eq(beta, zero), hn::Mul(x, hn::Set(d, 0.5f)), hn::Add(y, right_part(d, x)));
  }
};

struct QuickGelu {
  static constexpr CatalogueEntry kEntry{"quick_gelu", "", "x * sigmoid(1.702 * x)", "standard", "Hendrycks and Gimpel 2016"};
  static constexpr int kParameters = 0;

  template <class D, class V, class P>
  static HWY_INLINE V forward(D d, V x, const P&) {
    return slanted<V>(d).forward(d, x);
  }
  template <class D, class V, class P>
  static HWY_INLINE V grad(D d, V x, const P&) {
    return slanted<V>(d).grad(d, x);
  }

 private:
  template <class V, class D>
  static HWY_INLINE Slanted<V> slanted(D d) {
    constexpr float kHigh = 1.702f;
    return {hn::Set(d, kHigh), hn::Set(d, static_cast<float>(1.702 - double{kHigh}))};
  }
};

// x sigmoid(z) with z = x (a + b x^2). The exponential magnifies what rounding loses, so z and w = x z' = x (a + 3 b x^2) are sums of two
// floats each.
struct GeluTanh {
  static constexpr CatalogueEntry kEntry{"gelu_tanh", "gelu_new gelu_approximate", "x * sigmoid(2 * sqrt(2 / pi) * (x + 0.044715 * x^3))",
                                         "standard", "Hendrycks and Gimpel 2016"};
  static constexpr int kParameters = 0;

  template <class D, class V, class P>
  static HWY_INLINE V forward(D d, V x, const P&) {
    const Parts<V> f = parts(d, x);
    return f.gate.value(d, x);
  }
  template <class D, class V, class P>
  static HWY_INLINE V grad(D d, V x, const P&) {
    const Parts<V> f = parts(d, x);
    const V three = hn::Set(d, 3.0f), left = f.gate.left;
    const V steep = hn::MulAdd(f.cubic, three, hn::Set(d, kLinear)), rest = hn::MulAdd(f.cubic_rest, three, hn::Set(d, kLinearRest));
    const V w = exact_mul_add(d, left, steep, hn::Mul(left, rest));
    return f.gate.slope(d, x, w, hn::Add(w, hn::Set(d, 1.0f)));
  }

 private:
  // a and b in two parts, the first of a being a multiple of 2^-15.
  static constexpr double kA = 1.5957691216057307118, kB = kA * 0.044715;
  static constexpr float kLinear = 52290 * 0x1p-15f, kLinearRest = static_cast<float>(kA - double{kLinear});
  static constexpr float kCubic = static_cast<float>(kB), kCubicRest = static_cast<float>(kB - double{kCubic});

  template <class V>
  struct Parts {
    Gate<V> gate;
    V cubic, cubic_rest;  // b x^2, the first a multiple of 2^-15, so that sums with the first part of a are exact
  };

  template <class D, class V>
  static HWY_INLINE Parts<V> parts(D d, V x) {
    const V left = left_of(d, x, hn::Set(d, -11.116f)), b = hn::Set(d, kCubic);  // where z is about kShut
    const V square = hn::Mul(left, left), lost = lost_by_product(d, left, left, square);
    const V magic = hn::Set(d, 0x1.8p8f), cubic = hn::Sub(hn::MulAdd(b, square, magic), magic);
    const V rounded = left_by_quotient(d, cubic, square, b);
    const V cubic_rest = hn::Sub(hn::MulAdd(lost, b, hn::Mul(square, hn::Set(d, kCubicRest))), rounded);
    const V sum = hn::Add(cubic, hn::Set(d, kLinear)), rest = hn::Add(cubic_rest, hn::Set(d, kLinearRest)), z = hn::Mul(left, sum);
    const V low = hn::MulAdd(left, rest, lost_by_product(d, left, sum, z));
    return {{left, exp_quotient<kGateRaise>(d, z, low)}, cubic, cubic_rest};
  }
};

// x Phi(x) = max(x, 0) - t q e, where t = |x|, e = e^(-t^2 / 2), and q = e^(t^2 / 2) erfc(t / sqrt 2) / 2 is a quotient of polynomials with
// positive coefficients: nothing cancels on either side.
struct Gelu {
  static constexpr CatalogueEntry kEntry{"gelu", "", "0.5 * x * erfc(-x / sqrt(2))", "standard", "Hendrycks and Gimpel 2016"};
  static constexpr int kParameters = 0;

  template <class D, class V, class P>
  static HWY_INLINE V forward(D d, V x, const P&) {
    const Parts<V> g = parts(d, x);
    return hn::NegMulAdd(times(g, hn::Div(g.tn, g.m)), hn::Set(d, kLowering), right_part(d, x));
  }
  // Phi(x) + x phi(x) = (q - t / sqrt(2 pi)) e for x < 0, and 1 less that for its mirror.
  template <class D, class V, class P>
  static HWY_INLINE V grad(D d, V x, const P&) {
    const Parts<V> g = parts(d, x);
    const V left = times(g, hn::NegMulAdd(g.t, hn::Set(d, 0.39894228f), hn::Div(g.n, g.m))), lowering = hn::Set(d, kLowering);
    const V right = hn::NegMulAdd(left, lowering, hn::Set(d, 1.0f));
    return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Mul(left, lowering), right);
  }

 private:
  // q = n / m with m = a t n + r, to 2^-25.4 on [0, 14.7]. For large t it is nearly 1 / (a t), and the rounding of n hardly matters.
  template <class V>
  struct Parts {
    V t, n, tn, m, power, p;  // e raised is power (1 + p); flat, because GCC 12 copies nested structs through memory
  };
  template <class V>
  static HWY_INLINE V times(const Parts<V>& g, V factor) {
    return ExpParts<V>{g.power, g.p}.times(factor);
  }

  template <class D, class V>
  static HWY_INLINE Parts<V> parts(D d, V x) {
    // z = -t^2 / 2, whose rounding the exponential would magnify. f and f' are -0 from -14.7 on, and z is about kLeastExponent for 16.272.
    const V t = at_most(hn::Abs(x), hn::Set(d, 16.272f)), minus_half = hn::Mul(t, hn::Set(d, -0.5f)), z = hn::Mul(t, minus_half);
    const V square = hn::Mul(z, hn::Set(d, -2.0f));
    const V n =
        hn::MulAdd(polynomial_by_parity(d, t, square, 0x1.d77732p-2f, 0x1.993af6p-3f, 0x1.7b1470p-5f, 0x1.4566eep-8f), t, hn::Set(d, 0.5f));
    const V r = polynomial(d, t, 1.0f, 0x1.dc91e0p-2f, 0x1.deb67cp-4f, 0x1.96979ap-7f), tn = hn::Mul(t, n);
    const auto e = exp_parts<kRaise>(d, z, lost_by_product(d, t, minus_half, z));
    return {t, n, tn, exact_mul_add(d, tn, hn::Set(d, 0x1.40d958p+1f), r), e.power, e.p};
  }
};

// x n / m with n = e^x (e^x + 2) and m = n + 2.
struct Mish {
  static constexpr CatalogueEntry kEntry{"mish", "", "x * tanh(softplus(x))", "standard", "Misra 2019"};
  static constexpr int kParameters = 0;
  static constexpr float kWide = 12.0f;  // from here on f(x) = x and f'(x) = 1

  template <class D, class V, class P>
  static HWY_INLINE V forward(D d, V x, const P&) {
    const V wide = hn::Set(d, kWide), from = at_least(x, hn::Set(d, kShut));
    const V raised = exp_parts<kGateRaise>(d, at_most(from, wide)).value(), e = hn::Mul(raised, hn::Set(d, kGateLowering));
    const V n = hn::MulAdd(raised, e, hn::Add(raised, raised));
    return hn::IfThenElse(hn::Gt(x, wide), x, hn::Div(hn::Mul(from, n), hn::Add(n, hn::Set(d, 2 * kGateRaised))));
  }
  // e (e^3 + 4 e^2 + (6 + 4 x) e + 4 + 4 x) / m^2 with e = e^x.
  template <class D, class V, class P>
  static HWY_INLINE V grad(D d, V x, const P&) {
    const V wide = hn::Set(d, kWide), one = hn::Set(d, 1.0f), two = hn::Set(d, 2.0f), four = hn::Set(d, 4.0f);
    const V z = at_most(at_least(x, hn::Set(d, kShut)), wide);
    const V raised = exp_parts<kGateRaise>(d, z).value(), e = hn::Mul(raised, hn::Set(d, kGateLowering));
    const V cubic = hn::MulAdd(hn::MulAdd(hn::Add(e, four), e, hn::MulAdd(z, four, hn::Set(d, 6.0f))), e, hn::MulAdd(z, four, four));
    const V m = hn::Add(hn::MulAdd(e, e, hn::Add(e, e)), two);
    const V slope = hn::Div(hn::Mul(raised, cubic), hn::Mul(m, hn::Mul(m, hn::Set(d, kGateRaised))));
    return hn::IfThenElse(hn::Gt(x, wide), one, slope);
  }
};

using Gated = FamilyOf<Gelu, GeluTanh, QuickGelu, Silu, Swish, Mish>;
std::span<const Kernels> gated_kernels() { return Gated::kKernels; }

}  // namespace rectify::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rectify {

HWY_EXPORT(gated_kernels);

Family gated_family() {
  return {HWY_STATIC_DISPATCH(Gated)::kEntries, [] { return RECTIFY_DISPATCH(gated_kernels)(); }};
}

}  // namespace rectify
#endif
