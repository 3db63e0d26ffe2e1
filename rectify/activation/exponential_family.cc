#include "rectify/activation/kernels.h"
#include "rectify/simd/target.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rectify/activation/exponential_family.cc"
#include <hwy/foreach_target.h>
//
#include "rectify/activation/family-inl.h"
#include "rectify/activation/rectifiers-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rectify::HWY_NAMESPACE {

struct Selu {
  static constexpr CatalogueEntry kEntry{"selu", "",
                                         "1.0507009873554804934193349852946 * (x > 0 ? x : 1.6732632423543772848170429916717 * expm1(x))",
                                         "standard", "Klambauer et al. 2017, eq. 2"};
  static constexpr int kParameters = 0;
  static constexpr double kRight = 1.0507009873554804934193349852946, kLeft = kRight * 1.6732632423543772848170429916717;
  static constexpr float kRightHigh = 0x1.0cfabcp+0f;

  template <class D, class V, class P>
  static HWY_INLINE V forward(D d, V x, const P&) {
    const V below = exponential_left(d, x).value(d, hn::Set(d, static_cast<float>(kLeft)));
    // In two parts, the first rounded down: the nearest float overflows for one x too many.
    const V rest = hn::Mul(x, hn::Set(d, static_cast<float>(kRight - kRightHigh)));
    return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), below, hn::MulAdd(x, hn::Set(d, kRightHigh), rest));
  }
  template <class D, class V, class P>
  static HWY_INLINE V grad(D d, V x, const P&) {
    const V below = exponential_left(d, left_only(d, x)).slope(d, hn::Set(d, static_cast<float>(kLeft)));
    return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), hn::Set(d, static_cast<float>(kRight)), below);
  }
};

struct Celu {
  static constexpr CatalogueEntry kEntry{"celu", "", "x > 0 ? x : alpha * expm1(x / alpha); alpha = 1", "standard", "Barron 2017"};
  static constexpr int kParameters = 1;

  template <class D, class V, class P>
  static HWY_INLINE V forward(D d, V x, const P& p) {
    V z;
    return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), left(d, x, p[0], z).value(d, p[0]), x);
  }
  template <class D, class V, class P>
  static HWY_INLINE V grad(D d, V x, const P& p) {
    V z;
    const V one = hn::Set(d, 1.0f);
    return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), one, left(d, left_only(d, x), p[0], z).slope(d, one));
  }
  // expm1(z) - z e^z with z = x / alpha; near 0, where that cancels, its series.
  template <int j, class D, class V, class P>
  static HWY_INLINE V grad_parameter(D d, V x, const P& p) {
    V z;
    const V one = hn::Set(d, 1.0f);
    const auto e = left(d, x, p[0], z);
    const V far = hn::NegMulAdd(z, e.slope(d, one), e.value(d, one));
    const V near = hn::Mul(hn::Mul(z, z), polynomial(d, z, -1.0f / 2, -1.0f / 3, -1.0f / 8, -1.0f / 30, -1.0f / 144, -1.0f / 840));
    return hn::IfThenZeroElse(hn::Gt(x, hn::Zero(d)), hn::IfThenElse(hn::Gt(hn::Abs(z), hn::Set(d, 0.25f)), far, near));
  }

 private:
  // e^z in parts for z = x / alpha, which takes the quotient's rounding into account. Where alpha is negative, z is no larger than
  // kHighest.
  template <class D, class V>
  static HWY_INLINE ExponentialLeft<V> left(D d, V x, V alpha, V& z) {
    using Left = ExponentialLeft<V>;
    const V lowest = hn::Min(hn::Mul(alpha, hn::Set(d, Left::kLowest)), hn::Mul(alpha, hn::Set(d, Left::kHighest)));
    const V inverse = hn::Div(hn::Set(d, 1.0f), alpha), clipped = at_least(x, lowest);
    z = hn::Mul(clipped, inverse);
    return {exp_parts<Left::kBy>(d, z, hn::Mul(left_by_quotient(d, clipped, alpha, z), inverse))};
  }
};

struct Softplus {
  static constexpr CatalogueEntry kEntry{"softplus", "soft_relu", "softplus(beta * x) / beta; beta = 1", "standard", "Dugas et al. 2001"};
  static constexpr int kParameters = 1;

  template <class D, class V, class P>
  static HWY_INLINE V forward(D d, V x, const P& p) {
    const V e = hn::Mul(raised_exp(d, x, p[0]), hn::Set(d, kLowering));
    return value(d, x, p[0], e);
  }
  // sigmoid(beta x) = sigmoid(|beta| towards), the exponent as exact as in raised_exp().
  template <class D, class V, class P>
  static HWY_INLINE V grad(D d, V x, const P& p) {
    const V beta = hn::Abs(p[0]), inverse = hn::Div(hn::Set(d, 1.0f), beta);
    const V least = hn::Mul(inverse, hn::Set(d, kLeastExponent)), most = hn::Mul(inverse, hn::Set(d, 24.0f));
    const V clipped = at_most(at_least(towards(d, x, p[0]), least), most), z = hn::Mul(clipped, beta);
    const auto e = exp_quotient<kRaise>(d, z, lost_by_product(d, clipped, beta, z));
    return hn::Div(e.power, below_sigmoid(d, e));
  }
  template <class D, class V, class P>
  static HWY_INLINE V both(D d, V x, const P& p, V& slope) {
    const V raised = raised_exp(d, x, p[0]), one = hn::Set(d, kRaised);
    const V above = hn::IfThenElse(hn::Lt(towards(d, x, p[0]), hn::Zero(d)), raised, one);
    slope = hn::Div(above, hn::Add(raised, one));
    return value(d, x, p[0], hn::Mul(raised, hn::Set(d, kLowering)));
  }
  // -(|z| e / (1 + e) + log(1 + e)) / beta^2 with e = e^-|z|, z = beta x.
  template <int j, class D, class V, class P>
  static HWY_INLINE V grad_parameter(D d, V x, const P& p) {
    const V e = hn::Mul(raised_exp(d, x, p[0]), hn::Set(d, kLowering)), one = hn::Set(d, 1.0f);
    const V size = at_most(hn::Abs(hn::Mul(x, p[0])), hn::Set(d, -kLeastExponent));
    const V sum = hn::Add(hn::Div(hn::Mul(size, e), hn::Add(one, e)), log1p_of_fraction(d, e));
    return hn::Div(hn::Div(hn::Neg(sum), p[0]), p[0]);
  }

 private:
  // x with the sign of beta x.
  template <class D, class V>
  static HWY_INLINE V towards(D d, V x, V beta) {
    return hn::Xor(x, hn::And(beta, hn::SignBit(d)));
  }
  // e^-|beta x| raised, the rounding of the product taken into account.
  template <class D, class V>
  static HWY_INLINE V raised_exp(D d, V x, V beta) {
    const V minus_beta = hn::Or(beta, hn::SignBit(d));
    const V size = at_most(hn::Abs(x), hn::Div(hn::Set(d, kLeastExponent), minus_beta)), z = hn::Mul(size, minus_beta);
    return exp_parts<kRaise>(d, z, lost_by_product(d, size, minus_beta, z)).value();
  }
  // (max(z, 0) + log(1 + e)) / beta
  template <class D, class V>
  static HWY_INLINE V value(D d, V x, V beta, V e) {
    const V right = hn::IfThenElseZero(hn::Gt(towards(d, x, beta), hn::Zero(d)), x);
    return hn::MulAdd(log1p_of_fraction(d, e), hn::Div(hn::Set(d, 1.0f), beta), right);
  }
};

struct LogSigmoid {
  static constexpr CatalogueEntry kEntry{"log_sigmoid", "logsigmoid", "-softplus(-x)", "standard", "the logarithm of sigmoid"};
  static constexpr int kParameters = 0;

  template <class D, class V, class P>
  static HWY_INLINE V forward(D d, V x, const P&) {
    return value(d, x, hn::Mul(exp_of_minus_abs(d, x).value(), hn::Set(d, kLowering)));
  }
  template <class D, class V, class P>
  static HWY_INLINE V grad(D d, V x, const P&) {
    return vec_sigmoid(d, hn::Neg(x));
  }
  template <class D, class V, class P>
  static HWY_INLINE V both(D d, V x, const P&, V& slope) {
    const V raised = exp_of_minus_abs(d, x).value(), one = hn::Set(d, kRaised);
    slope = hn::Div(hn::IfThenElse(hn::Gt(x, hn::Zero(d)), raised, one), hn::Add(raised, one));
    return value(d, x, hn::Mul(raised, hn::Set(d, kLowering)));
  }

 private:
  template <class D, class V>
  static HWY_INLINE V value(D d, V x, V e) {
    return hn::Sub(at_most(x, hn::Set(d, -0.0f)), log1p_of_fraction(d, e));  // -0, not 0, where softplus(-x) is 0
  }
};

// x - tanh x. Near 0 x^3 times a polynomial in x^2, to 2^-27; else (|x| - 1) + far with far = 1 - tanh |x| = 2 w / (1 + w), w = e^(-2 |x|).
struct TanhShrink {
  static constexpr CatalogueEntry kEntry{"tanh_shrink", "tanhshrink", "x - tanh(x)", "standard", "PyTorch's Tanhshrink"};
  static constexpr int kParameters = 0;

  template <class D, class V, class P>
  static HWY_INLINE V forward(D d, V x, const P&) {
    const V size = hn::Abs(x), far = hn::Add(hn::Sub(size, hn::Set(d, 1.0f)), one_minus_tanh(d, size));
    const V sign = hn::Add(x, hn::Zero(d));  // the difference is 0, not -0, for -0
    return hn::CopySign(hn::IfThenElse(hn::Gt(size, hn::Set(d, kNear)), far, near(d, size)), sign);
  }
  // tanh(x)^2
  template <class D, class V, class P>
  static HWY_INLINE V grad(D d, V x, const P&) {
    const V size = hn::Abs(x), far = hn::Sub(hn::Set(d, 1.0f), one_minus_tanh(d, size));
    const V tanh = hn::IfThenElse(hn::Gt(size, hn::Set(d, kNear)), far, hn::Sub(size, near(d, size)));
    return hn::Mul(tanh, tanh);
  }

 private:
  static constexpr float kNear = 0.95f;

  template <class D, class V>
  static HWY_INLINE V near(D d, V size) {
    // The cube is raised, so that subnormal results are rounded once, and its product with a quarter, a part of the polynomial, is exact.
    const V square = hn::Mul(size, size), raised = hn::Mul(size, hn::Set(d, 0x1p30f));
    const V cube = hn::MulAdd(square, raised, hn::Mul(lost_by_product(d, size, size, square), raised));
    const V q = polynomial_by_parity(d, square, hn::Mul(square, square), 0x1.555556p-4f, -0x1.111128p-3f, 0x1.ba1f20p-5f, -0x1.665420p-6f,
                                     0x1.212088p-7f, -0x1.be672ap-9f, 0x1.1b4fbep-10f, -0x1.923ef4p-13f);
    return hn::Mul(hn::MulAdd(cube, q, hn::Mul(cube, hn::Set(d, 0.25f))), hn::Set(d, 0x1p-30f));
  }
  template <class D, class V>
  static HWY_INLINE V one_minus_tanh(D d, V size) {
    const V z = at_most(size, hn::Set(d, 40.0f)), w = exp_parts<0>(d, hn::Mul(z, hn::Set(d, -2.0f))).value();
    return hn::Div(hn::Add(w, w), hn::Add(w, hn::Set(d, 1.0f)));
  }
};

using Exponential = FamilyOf<Selu, Celu, Softplus, LogSigmoid, TanhShrink>;
std::span<const Kernels> exponential_kernels() { return Exponential::kKernels; }

}  // namespace rectify::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rectify {

HWY_EXPORT(exponential_kernels);

Family exponential_family() {
  return {HWY_STATIC_DISPATCH(Exponential)::kEntries, [] { return RECTIFY_DISPATCH(exponential_kernels)(); }};
}

}  // namespace rectify
#endif
