#include "rectify/activation/tile_ops.h"

#include <algorithm>
#include <array>

#include "rectify/simd/target.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rectify/activation/tile_ops.cc"
#include "hwy/foreach_target.h"
// foreach_target.h comes first.
#include "hwy/highway.h"
#include "rectify/activation/column_sums-inl.h"
#include "rectify/activation/tile_steps-inl.h"
#include "rectify/simd/math-inl.h"
#include "rectify/simd/parts-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rectify::HWY_NAMESPACE {
namespace {

using D = TileD;
using V = TileV;

// One operation: apply(d, a...) on vectors.
#define RECTIFY_UNARY(Name, expression)   \
  struct Name {                           \
    HWY_INLINE static V apply(D d, V a) { \
      (void)d;                            \
      return expression;                  \
    }                                     \
  };
#define RECTIFY_BINARY(Name, expression)     \
  struct Name {                              \
    template <unsigned kUniform>             \
    HWY_INLINE static V apply(D, V a, V b) { \
      return expression;                     \
    }                                        \
  };

/// vec_pow(), which is slow anyway and should not be copied into each of its steps.
HWY_NOINLINE V power(V a, V b) { return vec_pow(D(), a, b); }

RECTIFY_UNARY(Negate, hn::Neg(a))
RECTIFY_UNARY(Exp, vec_exp(d, a))
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
RECTIFY_BINARY(Power, power(a, b))
#undef RECTIFY_UNARY
#undef RECTIFY_BINARY

/// e^a - 1, in fewer instructions than vec_expm1(), which does not know of raised exponentials. 1.7 ULP.
struct Expm1 {
  HWY_INLINE static V apply(D d, V a) {
    constexpr int kBy = -2;  // so that the largest powers are floats
    constexpr float kLowered = 0x1p-2f, kBack = 0x1p2f;
    const auto e = exp_parts<kBy>(d, at_most(at_least(a, hn::Set(d, -30.0f)), hn::Set(d, 90.0f)));
    const V y = hn::Mul(hn::MulAdd(e.power, e.p, hn::Sub(e.power, hn::Set(d, kLowered))), hn::Set(d, kBack));
    return hn::IfThenElse(hn::Lt(hn::Abs(a), hn::Set(d, 0x1p-26f)), a, y);  // -0, and what is subnormal when lowered
  }
};

/// (1 / cosh a)^2 = 4 w / (1 + w)^2, w = exp(-2 |a|): one exponential and one division.
struct SechSquared {
  HWY_INLINE static V apply(D d, V a) {
    const V raised = exp_of_minus_twice_abs(d, a).value(), w = hn::Mul(raised, hn::Set(d, kLowering));
    const V below = hn::MulAdd(raised, hn::Add(w, hn::Set(d, 2.0f)), hn::Set(d, kRaised));
    return hn::Div(hn::Mul(raised, hn::Set(d, 4.0f)), below);
  }
};

/// sigmoid(a) sigmoid(-a).
struct SigmoidSlope {
  HWY_INLINE static V apply(D d, V a) { return sigmoid_slope(d, a); }
};

/// exp(-a^2) with what rounding a^2 loses, which the exponential would magnify by up to 100.
struct Gaussian {
  HWY_INLINE static V apply(D d, V a) {
    const V t = at_most(hn::Abs(a), hn::Set(d, 11.506f)), square = hn::Mul(t, t);  // about -kLeastExponent
    const V lost = lost_by_product(d, t, t, square);
    return hn::Mul(exp_parts<kRaise>(d, hn::Neg(square), hn::Neg(lost)).value(), hn::Set(d, kLowering));
  }
};

// Of equal numbers the first, and NaN if either is. A uniform argument is no NaN, and the other one's is kept by the order of the
// comparison.
struct Min {
  template <unsigned kUniform>
  HWY_INLINE static V apply(D, V a, V b) {
    if constexpr ((kUniform & 1) != 0) return at_most(b, a);
    return (kUniform & 2) != 0 ? at_most(a, b) : keep_nan(b, at_most(a, b));
  }
};
struct Max {
  template <unsigned kUniform>
  HWY_INLINE static V apply(D, V a, V b) {
    if constexpr ((kUniform & 1) != 0) return at_least(b, a);
    return (kUniform & 2) != 0 ? at_least(a, b) : keep_nan(b, at_least(a, b));
  }
};

using Functions = std::array<Steps::Function, kCodes>;

/// Whether an argument cannot be both the accumulator and uniform.
constexpr bool possible(std::size_t accumulator, unsigned uniform) {
  return accumulator == kBothArguments ? uniform == 0 : accumulator == kNoArgument || (uniform >> accumulator & 1) == 0;
}

template <class O, std::size_t kAccumulator, unsigned kUniform>
constexpr void add_binary(Functions& f, Op op) {
  if constexpr (possible(kAccumulator, kUniform)) {
    f[binary_code(op, kAccumulator, kUniform, Then::kGoOn)] = {Steps::binary<O, kAccumulator, kUniform, Then::kGoOn>};
    f[binary_code(op, kAccumulator, kUniform, Then::kStoreAndEnd)] = {Steps::binary<O, kAccumulator, kUniform, Then::kStoreAndEnd>};
  }
}

template <class O>
constexpr void add_binary(Functions& f, Op op) {
  [&]<unsigned... kUniform>(std::integer_sequence<unsigned, kUniform...>) {
    (add_binary<O, 0, kUniform>(f, op), ...);
    (add_binary<O, 1, kUniform>(f, op), ...);
    (add_binary<O, kNoArgument, kUniform>(f, op), ...);
    (add_binary<O, kBothArguments, kUniform>(f, op), ...);
  }
  (std::make_integer_sequence<unsigned, 4>());
}

template <Op kComparison, std::size_t kAccumulator, unsigned kUniform>
constexpr void add_choice(Functions& f) {
  if constexpr (possible(kAccumulator, kUniform)) {
    f[choice_code(kComparison, kAccumulator, kUniform, Then::kGoOn)] = {Steps::choice<kComparison, kAccumulator, kUniform, Then::kGoOn>};
    f[choice_code(kComparison, kAccumulator, kUniform, Then::kStoreAndEnd)] = {
        Steps::choice<kComparison, kAccumulator, kUniform, Then::kStoreAndEnd>};
  }
}

template <Op kComparison>
constexpr void add_choice(Functions& f) {
  [&]<unsigned... kUniform>(std::integer_sequence<unsigned, kUniform...>) {
    (add_choice<kComparison, 0, kUniform>(f), ...);
    (add_choice<kComparison, 1, kUniform>(f), ...);
    (add_choice<kComparison, 2, kUniform>(f), ...);
    (add_choice<kComparison, 3, kUniform>(f), ...);
  }
  (std::make_integer_sequence<unsigned, 16>());
}

/// By code.
constexpr Functions all_functions() {
  Functions f{};
  f[kEndCode] = {Steps::end};
  f[kLoadCode] = {Steps::load<From::kMemory>};
  f[kLoadUniformCode] = {Steps::load<From::kUniform>};
  f[kStoreCode] = {Steps::store<Then::kGoOn>};
  f[kStoreAndEndCode] = {Steps::store<Then::kStoreAndEnd>};
  f[kSechSquaredCode] = {Steps::costly_unary<SechSquared>};
  f[kSigmoidSlopeCode] = {Steps::costly_unary<SigmoidSlope>};
  f[kGaussianCode] = {Steps::costly_unary<Gaussian>};
  f[unary_code(Op::kNegate)] = {Steps::unary<Negate>};
  f[unary_code(Op::kExp)] = {Steps::costly_unary<Exp>};
  f[unary_code(Op::kExpm1)] = {Steps::costly_unary<Expm1>};
  f[unary_code(Op::kLog)] = {Steps::costly_unary<Log>};
  f[unary_code(Op::kLog1p)] = {Steps::costly_unary<Log1p>};
  f[unary_code(Op::kSqrt)] = {Steps::unary<Sqrt>};
  f[unary_code(Op::kAbs)] = {Steps::unary<Abs>};
  f[unary_code(Op::kSign)] = {Steps::unary<Sign>};
  f[unary_code(Op::kSin)] = {Steps::costly_unary<Sin>};
  f[unary_code(Op::kCos)] = {Steps::costly_unary<Cos>};
  f[unary_code(Op::kTan)] = {Steps::costly_unary<Tan>};
  f[unary_code(Op::kAtan)] = {Steps::costly_unary<Atan>};
  f[unary_code(Op::kSinh)] = {Steps::costly_unary<Sinh>};
  f[unary_code(Op::kCosh)] = {Steps::costly_unary<Cosh>};
  f[unary_code(Op::kTanh)] = {Steps::costly_unary<Tanh>};
  f[unary_code(Op::kErf)] = {Steps::costly_unary<Erf>};
  f[unary_code(Op::kErfc)] = {Steps::costly_unary<Erfc>};
  f[unary_code(Op::kSigmoid)] = {Steps::costly_unary<Sigmoid>};
  f[unary_code(Op::kSoftplus)] = {Steps::costly_unary<Softplus>};
  f[unary_code(Op::kFloor)] = {Steps::unary<Floor>};
  add_binary<Add>(f, Op::kAdd);
  add_binary<Subtract>(f, Op::kSubtract);
  add_binary<Multiply>(f, Op::kMultiply);
  add_binary<Divide>(f, Op::kDivide);
  add_binary<Power>(f, Op::kPower);
  add_binary<Min>(f, Op::kMin);
  add_binary<Max>(f, Op::kMax);
  add_choice<Op::kLess>(f);
  add_choice<Op::kLessEqual>(f);
  add_choice<Op::kEqual>(f);
  return f;
}

constexpr Functions kFunctions = all_functions();
static_assert(hn::MaxLanes(D()) <= kMostLanes);

/// Whether all values of a strip are within the range.
HWY_INLINE bool within(const TileRange& range, const float* x) {
  const D d;
  const hn::RebindToUnsigned<D> du;
  const auto lowest = hn::Set(du, range.lowest), magnitude = hn::Set(du, 0x7fffffffu), span = hn::Set(du, range.span);
  auto most = hn::Zero(du);
  for (size_t i = 0; i < kStripVectors; ++i) {
    const auto bits = hn::And(hn::BitCast(du, hn::LoadU(d, x + i * hn::Lanes(d))), magnitude);
    most = hn::Max(most, hn::Sub(bits, lowest));
  }
  return hn::AllTrue(du, hn::Eq(hn::Max(most, span), span));
}

std::size_t run(const TileJob& job, std::size_t strips) {
  const std::size_t strip = kStripVectors * hn::Lanes(D());
  const bool far = strips * strip >= kFar;
  float** const places = job.places;
  for (std::size_t s = 0; s < strips; ++s) {
    if (job.range != nullptr && !within(*job.range, places[job.input])) return s;
    for (std::size_t k = 0; far && k < job.inputs; ++k) prefetch(places[job.input + k], strip);
    Steps::start(job.steps, places, kFunctions.data());
    for (std::size_t k = 0; k < job.moving; ++k) places[k] += strip;
  }
  return strips;
}

void accumulate(const RecordedBlock& block, const ColumnSums& sums, std::size_t column) {
  const D d;
  Histogram histogram;
  SumTile tile;
  for (std::size_t row = 0; row < block.rows; row += kSummedRows) {
    const std::size_t rows = std::min(kSummedRows, block.rows - row);
    for (std::size_t r = 0; r < rows; r += kHistogramStride) histogram.add(block.x + (row + r) * block.cols, block.cols);
    each_vector(block.cols, [&](auto part, std::size_t i) HWY_ATTR {
      sum_rows(rows, sums.flat_threshold, tile, i, [&](std::size_t r, V& x, V& y, V& slope) HWY_ATTR {
        x = part.load(d, block.x + (row + r) * block.cols + i);
        y = part.load(d, block.y + (row + r) * block.y_stride + i);
        slope = part.load(d, block.slope + (row + r) * block.cols + i);
      });
    });
    tile.add_to(sums, column, block.cols);
  }
  histogram.add_to(sums.histogram);
}

static_assert(kRecordedColumns <= SumTile::kColumns);
constexpr TileOps kTileOps{kStripVectors * hn::MaxLanes(D()), run, accumulate};

}  // namespace

const TileOps* tile_ops_of_target() { return &kTileOps; }

}  // namespace rectify::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rectify {

HWY_EXPORT(tile_ops_of_target);

const TileOps& tile_ops() { return *RECTIFY_DISPATCH(tile_ops_of_target)(); }

}  // namespace rectify
#endif
