// What several rectifiers share, compiled once per SIMD target.
#if defined(RECTIFY_ACTIVATION_RECTIFIERS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RECTIFY_ACTIVATION_RECTIFIERS_INL_H_
#undef RECTIFY_ACTIVATION_RECTIFIERS_INL_H_
#else
#define RECTIFY_ACTIVATION_RECTIFIERS_INL_H_
#endif

#include <limits>

#include "rectify/activation/loops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rectify::HWY_NAMESPACE {

/// x > 0 ? x : slope * x, whose kink at 0 takes the left slope.
struct TwoSlopes {
  static constexpr int kParameters = 1;

  template <class D, class V, class P>
  static HWY_INLINE V forward(D d, V x, const P& p) {
    return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), x, hn::Mul(at_least(x, lowest(d, p[0])), p[0]));
  }
  template <class D, class V, class P>
  static HWY_INLINE V grad(D d, V x, const P& p) {
    return keep_nan(x, hn::IfThenElse(hn::Gt(x, hn::Zero(d)), hn::Set(d, 1.0f), p[0]));
  }
  template <int j, class D, class V, class P>
  static HWY_INLINE V grad_parameter(D d, V x, const P&) {
    return hn::IfThenZeroElse(hn::Gt(x, hn::Zero(d)), x);
  }

 private:
  // Where the slope is 0, what lies left of all floats counts as the last of them, as 0 times infinity is no number.
  template <class D, class V>
  static HWY_INLINE V lowest(D d, V slope) {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    const V last = hn::Set(d, std::numeric_limits<float>::lowest());
    return hn::IfThenElse(hn::Eq(slope, hn::Zero(d)), last, hn::Set(d, -kInfinity));
  }
};

/// scale (e^z - 1) and scale e^z for z <= 0: the left of ELU and its kin. Anything for z > 0, NaN for NaN.
/// Raised by no more than subnormal results need, even times 1e6, so that a small `scale` can take back what the exponential was raised.
template <class V>
struct ExponentialLeft {
  static constexpr int kBy = 48;
  static constexpr float kLowest = kVanishing<kBy>, kHighest = 54.0f;

  ExpParts<V> e;  // of e^z 2^kBy

  template <class D>
  HWY_INLINE V value(D d, V scale) const {
    return hn::Mul(hn::Mul(scale, hn::Set(d, 0x1p-48f)), hn::MulAdd(e.power, e.p, hn::Sub(e.power, hn::Set(d, 0x1p48f))));
  }
  template <class D>
  HWY_INLINE V slope(D d, V scale) const {
    return e.times(hn::Mul(scale, hn::Set(d, 0x1p-48f)));
  }
};

/// What lies right of 0 as 0: for slopes, which would take long there over exponentials that nobody asked for.
template <class D, class V>
HWY_INLINE V left_only(D d, V z) {
  return at_most(z, hn::Zero(d));
}

template <class D, class V>
HWY_INLINE ExponentialLeft<V> exponential_left(D d, V z) {
  using Left = ExponentialLeft<V>;
  return {exp_parts<Left::kBy>(d, at_least(z, hn::Set(d, Left::kLowest)))};
}

}  // namespace rectify::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
