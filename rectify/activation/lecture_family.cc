#include "rectify/activation/kernels.h"
#include "rectify/simd/target.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rectify/activation/lecture_family.cc"
#include <hwy/foreach_target.h>
//
#include "rectify/activation/family-inl.h"
#include "rectify/activation/rectifiers-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rectify::HWY_NAMESPACE {

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
  template <class D, class V, class P>
  static HWY_INLINE V grad(D d, V x, const P&) {
    return sigmoid_slope(d, x);
  }
  // Where f' is no smaller than e^-24 it follows from what f has computed.
  template <class D, class V, class P>
  static HWY_INLINE V both(D d, V x, const P& p, V& slope) {
    const V most = hn::Set(d, 24.0f), one = hn::Set(d, kRaised);
    if (HWY_UNLIKELY(!hn::AllTrue(d, hn::Le(hn::Abs(x), most)))) {
      slope = grad(d, x, p);
      return forward(d, x, p);
    }
    const auto e = exp_quotient<kRaise>(d, x);
    const V inverse = hn::Div(hn::Set(d, 1.0f), below_sigmoid(d, e));
    const V y = hn::Mul(e.power, inverse);  // as rounded as a quotient, for the factor is a power of two
    slope = hn::Mul(y, hn::Mul(hn::MulAdd(e.p, one, one), inverse));
    return y;
  }
};

struct Tanh {
  static constexpr CatalogueEntry kEntry{"tanh", "", "tanh(x)", "lecture", "LeCun 1989"};
  static constexpr int kParameters = 0;

  template <class D, class V, class P>
  static HWY_INLINE V forward(D d, V x, const P&) {
    return vec_tanh(d, x);
  }
  // 4 w / (1 + w)^2 with w = e^(-2 |x|).
  template <class D, class V, class P>
  static HWY_INLINE V grad(D d, V x, const P&) {
    const V raised = exp_of_minus_twice_abs(d, x).value(), w = hn::Mul(raised, hn::Set(d, kLowering));
    const V quarter = hn::MulAdd(w, hn::Set(d, 0.25f), hn::Set(d, 0.5f));
    return hn::Div(raised, hn::MulAdd(raised, quarter, hn::Set(d, 0.25f * kRaised)));
  }
};

// relu(-0) is -0, which is what max(x, 0) gives in formula/ too.
struct Relu {
  static constexpr CatalogueEntry kEntry{"relu", "rectifier", "max(x, 0)", "lecture", "Fukushima 1969; Nair, Hinton 2010"};
  static constexpr int kParameters = 0;

  template <class D, class V, class P>
  static HWY_INLINE V forward(D d, V x, const P&) {
    return at_least(x, hn::Zero(d));
  }
  template <class D, class V, class P>
  static HWY_INLINE V grad(D d, V x, const P&) {
    return keep_nan(x, hn::IfThenElseZero(hn::Gt(x, hn::Zero(d)), hn::Set(d, 1.0f)));
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

  template <class D, class V, class P>
  static HWY_INLINE V forward(D d, V x, const P& p) {
    return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), exponential_left(d, x).value(d, p[0]), x);
  }
  template <class D, class V, class P>
  static HWY_INLINE V grad(D d, V x, const P& p) {
    return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), hn::Set(d, 1.0f), exponential_left(d, left_only(d, x)).slope(d, p[0]));
  }
  template <int j, class D, class V, class P>
  static HWY_INLINE V grad_parameter(D d, V x, const P&) {
    return hn::IfThenZeroElse(hn::Gt(x, hn::Zero(d)), exponential_left(d, x).value(d, hn::Set(d, 1.0f)));
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
