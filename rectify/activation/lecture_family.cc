#include "rectify/activation/kernels.h"
#include "rectify/simd/target.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rectify/activation/lecture_family.cc"
#include <hwy/foreach_target.h>
//
#include "rectify/activation/loops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rectify::HWY_NAMESPACE {

// (1 + e)^2 for e >= 0. Rounds less than the square of a rounded sum.
template <class D, class V>
HWY_INLINE V square_of_one_plus(D d, V e) {
  return hn::MulAdd(e, hn::Add(e, hn::Set(d, 2.0f)), hn::Set(d, 1.0f));
}

struct Linear {
  static constexpr CatalogueEntry kEntry{"linear", "identity", "x", "lecture", "-"};
  static constexpr int kParameters = 0;

  template <class D, class V, class P>
  static HWY_INLINE V forward(D, V x, const P&) {
    return x;
  }
  template <class D, class V, class P>
  static HWY_INLINE V grad(D d, V x, const P&) {
    return keep_nan(x, hn::Set(d, 1.0f));
  }
};

struct Sigmoid {
  static constexpr CatalogueEntry kEntry{"sigmoid", "logistic", "sigmoid(x)", "lecture", "Verhulst 1845"};
  static constexpr int kParameters = 0;

  template <class D, class V, class P>
  static HWY_INLINE V forward(D d, V x, const P&) {
    return vec_sigmoid(d, x);
  }
  // e / (1 + e)^2 with e = exp(-|x|), which keeps its digits where y (1 - y) loses them.
  template <class D, class V, class P>
  static HWY_INLINE V grad(D d, V x, const P&) {
    const V e = exp_nonpositive(d, hn::Neg(hn::Abs(x)));
    return keep_nan(x, hn::Div(e, square_of_one_plus(d, e)));
  }
};

struct Tanh {
  static constexpr CatalogueEntry kEntry{"tanh", "", "tanh(x)", "lecture", "LeCun 1989"};
  static constexpr int kParameters = 0;

  template <class D, class V, class P>
  static HWY_INLINE V forward(D d, V x, const P&) {
    return vec_tanh(d, x);
  }
  // 4 w / (1 + w)^2 with w = exp(-2 |x|). The 4 goes into the exponent, or a subnormal w would have lost what it shows.
  template <class D, class V, class P>
  static HWY_INLINE V grad(D d, V x, const P&) {
    V n;
    const V m = exp_parts_nonpositive(d, hn::Mul(hn::Abs(x), hn::Set(d, -2.0f)), n);
    const V w4 = scale_down(d, m, hn::Add(n, hn::Set(d, 2.0f)));
    return keep_nan(x, hn::Div(w4, square_of_one_plus(d, hn::Mul(w4, hn::Set(d, 0.25f)))));
  }
};

// relu(-0) is -0, which is what max(x, 0) gives in formula/ too.
struct Relu {
  static constexpr CatalogueEntry kEntry{"relu", "rectifier", "max(x, 0)", "lecture", "Fukushima 1969; Nair, Hinton 2010"};
  static constexpr int kParameters = 0;

  template <class D, class V, class P>
  static HWY_INLINE V forward(D d, V x, const P&) {
    return hn::IfThenZeroElse(hn::Lt(x, hn::Zero(d)), x);
  }
  template <class D, class V, class P>
  static HWY_INLINE V grad(D d, V x, const P&) {
    return keep_nan(x, hn::IfThenElseZero(hn::Gt(x, hn::Zero(d)), hn::Set(d, 1.0f)));
  }
};

// x > 0 ? x : slope * x, whose kink at 0 takes the left slope.
struct TwoSlopes {
  static constexpr int kParameters = 1;

  template <class D, class V, class P>
  static HWY_INLINE V forward(D d, V x, const P& p) {
    return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), x, hn::Mul(x, p[0]));
  }
  template <class D, class V, class P>
  static HWY_INLINE V grad(D d, V x, const P& p) {
    return keep_nan(x, hn::IfThenElse(hn::Gt(x, hn::Zero(d)), hn::Set(d, 1.0f), p[0]));
  }
  template <int j, class D, class V, class P>
  static HWY_INLINE V grad_parameter(D d, V x, const P&) {
    return hn::IfThenZeroElse(hn::Gt(x, hn::Zero(d)), x);
  }
};

struct LeakyRelu : TwoSlopes {
  static constexpr CatalogueEntry kEntry{"leaky_relu", "leakyrelu lrelu", "x > 0 ? x : slope * x; slope = 0.01", "lecture",
                                         "Maas, Hannun, Ng 2013"};
};

struct Prelu : TwoSlopes {
  static constexpr CatalogueEntry kEntry{"prelu", "parametric_relu", "x > 0 ? x : slope * x; slope = 0.25 learn", "lecture",
                                         "He et al. 2015, arXiv:1502.01852"};
};

struct Elu {
  static constexpr CatalogueEntry kEntry{"elu", "", "x > 0 ? x : alpha * expm1(x); alpha = 1", "lecture",
                                         "Clevert, Unterthiner, Hochreiter 2015, arXiv:1511.07289"};
  static constexpr int kParameters = 1;

  // expm1(min(x, 0)), -0 for -0.
  template <class D, class V>
  static HWY_INLINE V left(D d, V x) {
    const V e = expm1_nonpositive(d, hn::Min(x, hn::Zero(d)));
    return hn::Or(e, hn::And(x, hn::SignBit(d)));
  }
  template <class D, class V, class P>
  static HWY_INLINE V forward(D d, V x, const P& p) {
    return hn::IfThenElse(hn::Le(x, hn::Zero(d)), hn::Mul(p[0], left(d, x)), x);
  }
  template <class D, class V, class P>
  static HWY_INLINE V grad(D d, V x, const P& p) {
    V n;
    const V m = exp_parts_nonpositive(d, hn::Min(x, hn::Zero(d)), n);
    const V below = scale_down(d, hn::Mul(p[0], m), n);  // scaled last, so that it is rounded to a subnormal once
    return keep_nan(x, hn::IfThenElse(hn::Gt(x, hn::Zero(d)), hn::Set(d, 1.0f), below));
  }
  template <int j, class D, class V, class P>
  static HWY_INLINE V grad_parameter(D d, V x, const P&) {
    return keep_nan(x, hn::IfThenZeroElse(hn::Gt(x, hn::Zero(d)), left(d, x)));
  }
};

using Lecture = FamilyOf<Linear, Sigmoid, Tanh, Relu, LeakyRelu, Prelu, Elu>;
std::span<const Kernels> lecture_kernels() { return Lecture::kKernels; }

}  // namespace rectify::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rectify {

HWY_EXPORT(lecture_kernels);

Family lecture_family() {
  return {HWY_STATIC_DISPATCH(Lecture)::kEntries, [] { return RECTIFY_DISPATCH(lecture_kernels)(); }};
}

}  // namespace rectify
#endif
