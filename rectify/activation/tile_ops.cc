#include "rectify/activation/tile_ops.h"
#include "rectify/simd/target.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rectify/activation/tile_ops.cc"
#include "hwy/foreach_target.h"
// foreach_target.h comes first.
#include "hwy/highway.h"
#include "rectify/simd/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rectify {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<float>;
using V = hn::Vec<D>;

// One operation: apply(d, a...) on vectors.
#define RECTIFY_UNARY(Name, expression)   \
  struct Name {                           \
    HWY_INLINE static V apply(D d, V a) { \
      (void)d;                            \
      return expression;                  \
    }                                     \
  };
#define RECTIFY_BINARY(Name, expression)       \
  struct Name {                                \
    HWY_INLINE static V apply(D d, V a, V b) { \
      (void)d;                                 \
      return expression;                       \
    }                                          \
  };

/// 1 where the mask holds, else 0.
template <class M>
HWY_INLINE V truth(D d, M mask) {
  return hn::IfThenElseZero(mask, hn::Set(d, 1.0f));
}

/// `y` where a and b are numbers, else NaN.
HWY_INLINE V nan_if_either(V a, V b, V y) { return hn::IfThenElse(hn::Or(hn::IsNaN(a), hn::IsNaN(b)), hn::Add(a, b), y); }

RECTIFY_UNARY(Negate, hn::Neg(a))
RECTIFY_UNARY(Exp, vec_exp(d, a))
RECTIFY_UNARY(Expm1, vec_expm1(d, a))
RECTIFY_UNARY(Log, vec_log(d, a))
RECTIFY_UNARY(Log1p, vec_log1p(d, a))
RECTIFY_UNARY(Sqrt, hn::Sqrt(a))
RECTIFY_UNARY(Abs, hn::Abs(a))
RECTIFY_UNARY(Sign, hn::IfThenElse(hn::Ne(a, hn::Zero(d)), hn::CopySign(hn::Set(d, 1.0f), a), a))
RECTIFY_UNARY(Sin, vec_sin(d, a))
RECTIFY_UNARY(Cos, vec_cos(d, a))
RECTIFY_UNARY(Tan, vec_tan(d, a))
RECTIFY_UNARY(Atan, vec_atan(d, a))
RECTIFY_UNARY(Sinh, vec_sinh(d, a))
RECTIFY_UNARY(Cosh, vec_cosh(d, a))
RECTIFY_UNARY(Tanh, vec_tanh(d, a))
RECTIFY_UNARY(Erf, vec_erf(d, a))
RECTIFY_UNARY(Erfc, vec_erfc(d, a))
RECTIFY_UNARY(Sigmoid, vec_sigmoid(d, a))
RECTIFY_UNARY(Softplus, vec_softplus(d, a))
RECTIFY_UNARY(Floor, hn::Floor(a))
RECTIFY_BINARY(Add, hn::Add(a, b))
RECTIFY_BINARY(Subtract, hn::Sub(a, b))
RECTIFY_BINARY(Multiply, hn::Mul(a, b))
RECTIFY_BINARY(Divide, hn::Div(a, b))
RECTIFY_BINARY(Power, vec_pow(d, a, b))
RECTIFY_BINARY(Min, nan_if_either(a, b, hn::IfThenElse(hn::Lt(b, a), b, a)))
RECTIFY_BINARY(Max, nan_if_either(a, b, hn::IfThenElse(hn::Gt(b, a), b, a)))
RECTIFY_BINARY(Less, truth(d, hn::Lt(a, b)))
RECTIFY_BINARY(LessEqual, truth(d, hn::Le(a, b)))
RECTIFY_BINARY(Greater, truth(d, hn::Gt(a, b)))
RECTIFY_BINARY(GreaterEqual, truth(d, hn::Ge(a, b)))
RECTIFY_BINARY(Equal, truth(d, hn::Eq(a, b)))
RECTIFY_BINARY(NotEqual, truth(d, hn::Ne(a, b)))

// With one operand uniform no NaN can come from it, and the other one's is kept by the order of the comparison.
RECTIFY_BINARY(MinOfUniformA, hn::IfThenElse(hn::Lt(a, b), a, b))
RECTIFY_BINARY(MaxOfUniformA, hn::IfThenElse(hn::Gt(a, b), a, b))
RECTIFY_BINARY(MinOfUniformB, hn::IfThenElse(hn::Lt(b, a), b, a))
RECTIFY_BINARY(MaxOfUniformB, hn::IfThenElse(hn::Gt(b, a), b, a))

#undef RECTIFY_UNARY
#undef RECTIFY_BINARY

/// Vector i of an operand: loaded, or the one value it has.
template <bool kUniform>
HWY_INLINE V operand(D d, const float* p, V value, std::size_t i) {
  if constexpr (kUniform) return value;
  return hn::LoadU(d, p + i);
}

template <bool kUniform>
HWY_INLINE V uniform_value(D d, const float* p) {
  return kUniform ? hn::Set(d, *p) : hn::Zero(d);
}

template <class O>
void unary(const float* const* in, float* out, std::size_t n) {
  const D d;
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) hn::StoreU(O::apply(d, hn::LoadU(d, in[0] + i)), d, out + i);
}

template <class O, bool kUniformA, bool kUniformB>
void binary(const float* const* in, float* out, std::size_t n) {
  const D d;
  const float *const a = in[0], *const b = in[1];
  const V ua = uniform_value<kUniformA>(d, a), ub = uniform_value<kUniformB>(d, b);
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    hn::StoreU(O::apply(d, operand<kUniformA>(d, a, ua, i), operand<kUniformB>(d, b, ub, i)), d, out + i);
  }
}

template <bool kUniformB, bool kUniformC>
void select_tile(const float* const* in, float* out, std::size_t n) {
  const D d;
  const float *const a = in[0], *const b = in[1], *const c = in[2];
  const V ub = uniform_value<kUniformB>(d, b), uc = uniform_value<kUniformC>(d, c);
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    const auto holds = hn::Ne(hn::LoadU(d, a + i), hn::Zero(d));
    hn::StoreU(hn::IfThenElse(holds, operand<kUniformB>(d, b, ub, i), operand<kUniformC>(d, c, uc, i)), d, out + i);
  }
}

template <Op kOp>
HWY_INLINE auto compare(V a, V b) {
  if constexpr (kOp == Op::kLess)
    return hn::Lt(a, b);
  else if constexpr (kOp == Op::kLessEqual)
    return hn::Le(a, b);
  else if constexpr (kOp == Op::kGreater)
    return hn::Gt(a, b);
  else if constexpr (kOp == Op::kGreaterEqual)
    return hn::Ge(a, b);
  else if constexpr (kOp == Op::kEqual)
    return hn::Eq(a, b);
  else
    return hn::Ne(a, b);
}

template <Op kOp, int kVariant>
void compare_select(const float* const* in, float* out, std::size_t n) {
  constexpr bool kUniformB = (kVariant & 1) != 0, kUniformC = (kVariant & 2) != 0, kUniformD = (kVariant & 4) != 0;
  const D d;
  const float *const a = in[0], *const b = in[1], *const yes = in[2], *const no = in[3];
  const V ub = uniform_value<kUniformB>(d, b), uyes = uniform_value<kUniformC>(d, yes), uno = uniform_value<kUniformD>(d, no);
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    const auto holds = compare<kOp>(hn::LoadU(d, a + i), operand<kUniformB>(d, b, ub, i));
    hn::StoreU(hn::IfThenElse(holds, operand<kUniformC>(d, yes, uyes, i), operand<kUniformD>(d, no, uno, i)), d, out + i);
  }
}

/// (1 / cosh a)^2 = 4 w / (1 + w)^2, w = exp(-2 |a|): one exponential and one division.
struct SechSquared {
  HWY_INLINE static V apply(D d, V a) {
    V n;
    const V m = exp_parts_nonpositive(d, hn::Mul(hn::Abs(a), hn::Set(d, -2.0f)), n);
    const V w4 = scale_down(d, m, hn::Add(n, hn::Set(d, 2.0f)));  // the 4 goes into the exponent: a subnormal w would have lost digits
    const V sum = hn::MulAdd(w4, hn::Set(d, 0.25f), hn::Set(d, 1.0f));
    return keep_nan(a, hn::Div(w4, hn::Mul(sum, sum)));
  }
};

void fill_tile(const float* const* in, float* out, std::size_t n) {
  const D d;
  const V value = hn::Set(d, *in[0]);
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) hn::StoreU(value, d, out + i);
}

bool all_within(const float* x, float low, float high, std::size_t n) {
  const D d;
  const V lowest = hn::Set(d, low), highest = hn::Set(d, high);
  auto within = hn::Eq(lowest, lowest);
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    const V size = hn::Abs(hn::LoadU(d, x + i));
    within = hn::And(within, hn::And(hn::Ge(size, lowest), hn::Le(size, highest)));
  }
  return hn::AllTrue(d, within);
}

void accumulate(const float* x, const float* y, const float* slope, float threshold, float* sums, std::size_t n) {
  const D d;
  const V one = hn::Set(d, 1.0f), limit = hn::Set(d, threshold);
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    const V vx = hn::LoadU(d, x + i), vy = hn::LoadU(d, y + i), vs = hn::LoadU(d, slope + i);
    const V terms[kTileSums] = {vx,
                                hn::Mul(vx, vx),
                                vy,
                                hn::Mul(vy, vy),
                                hn::Mul(vx, vy),
                                hn::Mul(vs, vs),
                                hn::IfThenElseZero(hn::Eq(vs, hn::Zero(d)), one),
                                hn::IfThenElseZero(hn::Lt(hn::Abs(vs), limit), one)};
    for (std::size_t k = 0; k < kTileSums; ++k) {
      float* const sum = sums + k * kTile + i;
      hn::StoreU(hn::Add(hn::LoadU(d, sum), terms[k]), d, sum);
    }
  }
}

template <class O>
constexpr std::array<TileOp, kTileVariants> kUnary{unary<O>, nullptr, nullptr, nullptr};
template <class O>
constexpr std::array<TileOp, kTileVariants> kBinary{binary<O, false, false>, binary<O, true, false>, binary<O, false, true>, nullptr};
template <class O, class OfUniformA, class OfUniformB>
constexpr std::array<TileOp, kTileVariants> kChoice{binary<O, false, false>, binary<OfUniformA, true, false>,
                                                    binary<OfUniformB, false, true>, nullptr};
constexpr std::array<TileOp, kTileVariants> kLeaf{};
constexpr std::array<TileOp, kTileVariants> kSelectTile{select_tile<false, false>, select_tile<true, false>, select_tile<false, true>,
                                                        select_tile<true, true>};

template <Op kOp>
constexpr std::array<TileOp, kCompareSelectVariants> kCompareSelect{compare_select<kOp, 0>, compare_select<kOp, 1>, compare_select<kOp, 2>,
                                                                    compare_select<kOp, 3>, compare_select<kOp, 4>, compare_select<kOp, 5>,
                                                                    compare_select<kOp, 6>, compare_select<kOp, 7>};

// In the order of enum Op.
constexpr TileOps kTileOps{{kLeaf,
                            kLeaf,
                            kLeaf,
                            kUnary<Negate>,
                            kUnary<Exp>,
                            kUnary<Expm1>,
                            kUnary<Log>,
                            kUnary<Log1p>,
                            kUnary<Sqrt>,
                            kUnary<Abs>,
                            kUnary<Sign>,
                            kUnary<Sin>,
                            kUnary<Cos>,
                            kUnary<Tan>,
                            kUnary<Atan>,
                            kUnary<Sinh>,
                            kUnary<Cosh>,
                            kUnary<Tanh>,
                            kUnary<Erf>,
                            kUnary<Erfc>,
                            kUnary<Sigmoid>,
                            kUnary<Softplus>,
                            kUnary<Floor>,
                            kBinary<Add>,
                            kBinary<Subtract>,
                            kBinary<Multiply>,
                            kBinary<Divide>,
                            kBinary<Power>,
                            kChoice<Min, MinOfUniformA, MinOfUniformB>,
                            kChoice<Max, MaxOfUniformA, MaxOfUniformB>,
                            kBinary<Less>,
                            kBinary<LessEqual>,
                            kBinary<Greater>,
                            kBinary<GreaterEqual>,
                            kBinary<Equal>,
                            kBinary<NotEqual>,
                            kSelectTile},
                           {kCompareSelect<Op::kLess>, kCompareSelect<Op::kLessEqual>, kCompareSelect<Op::kGreater>,
                            kCompareSelect<Op::kGreaterEqual>, kCompareSelect<Op::kEqual>, kCompareSelect<Op::kNotEqual>},
                           unary<SechSquared>,
                           fill_tile,
                           all_within,
                           accumulate};

}  // namespace

const TileOps* tile_ops_of_target() { return &kTileOps; }

}  // namespace HWY_NAMESPACE
}  // namespace rectify
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rectify {

HWY_EXPORT(tile_ops_of_target);

const TileOps& tile_ops() { return *RECTIFY_DISPATCH(tile_ops_of_target)(); }

}  // namespace rectify
#endif
