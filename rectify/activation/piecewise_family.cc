#include "rectify/activation/kernels.h"
#include "rectify/simd/target.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rectify/activation/piecewise_family.cc"
#include <hwy/foreach_target.h>
//
#include "rectify/activation/family-inl.h"
#include "rectify/activation/rectifiers-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rectify::HWY_NAMESPACE {

// 1 where `mask` holds, else 0, NaN where x is.
template <class D, class V, class M>
HWY_INLINE V one_where(D d, V x, M mask) {
  return keep_nan(x, hn::IfThenElseZero(mask, hn::Set(d, 1.0f)));
}

struct Rrelu : TwoSlopes {
  static constexpr CatalogueEntry kEntry{"rrelu", "", "x > 0 ? x : slope * x; slope = 11 / 48", "standard",
                                         "Xu et al. 2015 (evaluation: the mean slope)"};
};

struct HardTanh {
  static constexpr CatalogueEntry kEntry{"hard_tanh", "hardtanh", "clip(x, min, max); min = -1; max = 1", "standard", "Collobert 2004"};
  static constexpr int kParameters = 2;

  template <class D, class V, class P>
  static HWY_INLINE V forward(D, V x, const P& p) {
    return at_most(at_least(x, p[0]), p[1]);
  }
  template <class D, class V, class P>
  static HWY_INLINE V grad(D d, V x, const P& p) {
    return one_where(d, x, hn::And(hn::Gt(x, p[0]), hn::Lt(x, p[1])));
  }
  template <int j, class D, class V, class P>
  static HWY_INLINE V grad_parameter(D d, V x, const P& p) {
    if constexpr (j == 0) return one_where(d, x, hn::And(hn::Lt(x, p[0]), hn::Lt(p[0], p[1])));
    return one_where(d, x, hn::Gt(at_least(x, p[0]), p[1]));
  }
};

struct Relu6 {
  static constexpr CatalogueEntry kEntry{"relu6", "", "clip(x, 0, 6)", "standard", "Krizhevsky 2010"};
  static constexpr int kParameters = 0;

  template <class D, class V, class P>
  static HWY_INLINE V forward(D d, V x, const P&) {
    return at_most(at_least(x, hn::Zero(d)), hn::Set(d, 6.0f));
  }
  template <class D, class V, class P>
  static HWY_INLINE V grad(D d, V x, const P&) {
    return one_where(d, x, hn::And(hn::Gt(x, hn::Zero(d)), hn::Lt(x, hn::Set(d, 6.0f))));
  }
};

struct HardSigmoid {
  static constexpr CatalogueEntry kEntry{"hard_sigmoid", "hardsigmoid", "clip((x + 3) / 6, 0, 1)", "standard", "Howard et al. 2019"};
  static constexpr int kParameters = 0;

  // Rounded once: a first quotient of 20 bits, whose product with 6 is exact, and what it leaves of the sum.
  template <class D, class V, class P>
  static HWY_INLINE V forward(D d, V x, const P&) {
    const V three = hn::Set(d, 3.0f), sixth = hn::Set(d, 1.0f / 6);
    const V clipped = at_most(at_least(x, hn::Neg(three)), three);
    const V sum = hn::Add(clipped, three), lost = hn::Sub(clipped, hn::Sub(sum, three));
    const hn::RebindToUnsigned<D> du;
    const V head = hn::BitCast(d, hn::And(hn::BitCast(du, hn::Mul(sum, sixth)), hn::Set(du, 0xfffffff0u)));
    return hn::MulAdd(hn::Add(hn::NegMulAdd(head, hn::Set(d, 6.0f), sum), lost), sixth, head);
  }
  template <class D, class V, class P>
  static HWY_INLINE V grad(D d, V x, const P&) {
    return keep_nan(x, hn::IfThenElseZero(hn::Lt(hn::Abs(x), hn::Set(d, 3.0f)), hn::Set(d, 1.0f / 6)));
  }
};

struct HardSwish {
  static constexpr CatalogueEntry kEntry{"hard_swish", "hardswish hard_silu", "x * clip((x + 3) / 6, 0, 1)", "standard",
                                         "Howard et al. 2019"};
  static constexpr int kParameters = 0;

  template <class D, class V, class P>
  static HWY_INLINE V forward(D d, V x, const P&) {
    const V three = hn::Set(d, 3.0f), from = at_least(x, hn::Neg(three));
    return hn::Mul(from, hn::Mul(at_most(hn::Add(from, three), hn::Set(d, 6.0f)), hn::Set(d, 1.0f / 6)));
  }
  template <class D, class V, class P>
  static HWY_INLINE V grad(D d, V x, const P&) {
    const V three = hn::Set(d, 3.0f), inside = hn::MulAdd(x, hn::Set(d, 1.0f / 3), hn::Set(d, 0.5f));
    const V above = hn::IfThenElse(hn::Ge(x, three), hn::Set(d, 1.0f), inside);
    return hn::IfThenZeroElse(hn::Le(x, hn::Neg(three)), above);
  }
};

struct SoftShrink {
  static constexpr CatalogueEntry kEntry{"soft_shrink", "softshrink",
                                         "x > lambda ? x - lambda : x < -lambda ? x + lambda : 0; lambda = 0.5", "standard", "Donoho 1995"};
  static constexpr int kParameters = 1;

  template <class D, class V, class P>
  static HWY_INLINE V forward(D d, V x, const P& p) {
    const V zero = keep_nan(x, hn::Zero(d));
    const V below = hn::IfThenElse(hn::Lt(x, hn::Neg(p[0])), hn::Add(x, p[0]), zero);
    return hn::IfThenElse(hn::Gt(x, p[0]), hn::Sub(x, p[0]), below);
  }
  template <class D, class V, class P>
  static HWY_INLINE V grad(D d, V x, const P& p) {
    return one_where(d, x, hn::Or(hn::Gt(x, p[0]), hn::Lt(x, hn::Neg(p[0]))));
  }
  template <int j, class D, class V, class P>
  static HWY_INLINE V grad_parameter(D d, V x, const P& p) {
    const V one = hn::Set(d, 1.0f), below = hn::IfThenElseZero(hn::Lt(x, hn::Neg(p[0])), one);
    return keep_nan(x, hn::IfThenElse(hn::Gt(x, p[0]), hn::Neg(one), below));
  }
};

struct HardShrink {
  static constexpr CatalogueEntry kEntry{"hard_shrink", "hardshrink", "abs(x) > lambda ? x : 0; lambda = 0.5", "standard",
                                         "Donoho and Johnstone 1994"};
  static constexpr int kParameters = 1;

  template <class D, class V, class P>
  static HWY_INLINE V forward(D d, V x, const P& p) {
    return hn::IfThenElse(hn::Le(hn::Abs(x), p[0]), hn::Zero(d), x);
  }
  template <class D, class V, class P>
  static HWY_INLINE V grad(D d, V x, const P& p) {
    return one_where(d, x, hn::Gt(hn::Abs(x), p[0]));
  }
  template <int j, class D, class V, class P>
  static HWY_INLINE V grad_parameter(D d, V x, const P&) {
    return keep_nan(x, hn::Zero(d));
  }
};

struct Threshold {
  static constexpr CatalogueEntry kEntry{"threshold", "thresholded_relu", "x > theta ? x : value; theta = 1; value = 0", "standard",
                                         "Konda et al. 2014"};
  static constexpr int kParameters = 2;

  template <class D, class V, class P>
  static HWY_INLINE V forward(D, V x, const P& p) {
    return hn::IfThenElse(hn::Le(x, p[0]), p[1], x);
  }
  template <class D, class V, class P>
  static HWY_INLINE V grad(D d, V x, const P& p) {
    return one_where(d, x, hn::Gt(x, p[0]));
  }
  template <int j, class D, class V, class P>
  static HWY_INLINE V grad_parameter(D d, V x, const P& p) {
    if constexpr (j == 0) return keep_nan(x, hn::Zero(d));
    return one_where(d, x, hn::Le(x, p[0]));
  }
};

struct ReluSquared {
  static constexpr CatalogueEntry kEntry{"relu_squared", "relu2 squared_relu", "max(x, 0)^2", "standard", "So et al. 2021 (Primer)"};
  static constexpr int kParameters = 0;

  template <class D, class V, class P>
  static HWY_INLINE V forward(D d, V x, const P&) {
    const V y = at_least(x, hn::Zero(d));
    return hn::Mul(y, y);
  }
  template <class D, class V, class P>
  static HWY_INLINE V grad(D d, V x, const P&) {
    const V y = at_least(x, hn::Zero(d));
    return hn::Add(y, y);
  }
};

struct Softsign {
  static constexpr CatalogueEntry kEntry{"softsign", "", "x / (1 + abs(x))", "standard", "Bergstra et al. 2009"};
  static constexpr int kParameters = 0;

  template <class D, class V, class P>
  static HWY_INLINE V forward(D d, V x, const P&) {
    const V most = hn::Set(d, 0x1p30f), clipped = at_most(at_least(x, hn::Neg(most)), most);
    return hn::Div(clipped, hn::Add(hn::Abs(clipped), hn::Set(d, 1.0f)));
  }
  // 1 / (1 + |x|)^2, scaled so that the square is a float for all |x| < 2^80, and beyond them the quotient none.
  template <class D, class V, class P>
  static HWY_INLINE V grad(D d, V x, const P&) {
    const V unit = hn::Set(d, 0x1p-40f), root = hn::MulAdd(at_most(hn::Abs(x), hn::Set(d, 0x1p80f)), unit, unit);
    return hn::Div(hn::Set(d, 0x1p-80f), hn::Mul(root, root));
  }
};

using Piecewise = FamilyOf<Rrelu, HardTanh, Relu6, HardSigmoid, HardSwish, SoftShrink, HardShrink, Threshold, ReluSquared, Softsign>;
std::span<const Kernels> piecewise_kernels() { return Piecewise::kKernels; }

}  // namespace rectify::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rectify {

HWY_EXPORT(piecewise_kernels);

Family piecewise_family() {
  return {HWY_STATIC_DISPATCH(Piecewise)::kEntries, [] { return RECTIFY_DISPATCH(piecewise_kernels)(); }};
}

}  // namespace rectify
#endif
