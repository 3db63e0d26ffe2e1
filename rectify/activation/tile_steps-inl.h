// The steps of tile programs as threaded code, compiled once per SIMD target.
//
// A step is a function that gets a strip in kStripVectors vectors, which the calling convention keeps in registers, and ends by calling the
// next step with the new strip: a jump, so that between two steps no value goes through memory that need not.
#if defined(RECTIFY_ACTIVATION_TILE_STEPS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RECTIFY_ACTIVATION_TILE_STEPS_INL_H_
#undef RECTIFY_ACTIVATION_TILE_STEPS_INL_H_
#else
#define RECTIFY_ACTIVATION_TILE_STEPS_INL_H_
#endif

#include <utility>

#include "rectify/activation/tile_ops.h"
#include "rectify/simd/core-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rectify::HWY_NAMESPACE {

using TileD = hn::ScalableTag<float>;
using TileV = hn::Vec<TileD>;

/// Where an argument comes from.
enum class From { kAccumulator, kMemory, kUniform };

/// One argument of an operation.
template <From kFrom>
class TileArgument;
template <>
class TileArgument<From::kAccumulator> {
 public:
  explicit TileArgument(const float*) {}
  HWY_INLINE TileV get(size_t, TileV accumulator) const { return accumulator; }
};
template <>
class TileArgument<From::kMemory> {
 public:
  explicit TileArgument(const float* at) : at_(at) {}
  HWY_INLINE TileV get(size_t i, TileV) const { return hn::LoadU(TileD(), at_ + i * hn::Lanes(TileD())); }

 private:
  const float* const at_;
};
template <>
class TileArgument<From::kUniform> {
 public:
  HWY_INLINE explicit TileArgument(const float* at) : value_(hn::LoadU(TileD(), at)) {}
  HWY_INLINE TileV get(size_t, TileV) const { return value_; }

 private:
  const TileV value_;
};

/// Argument number k of an operation, as its code says.
template <size_t k, size_t kAccumulator, unsigned kUniform>
using TileArgumentOf = TileArgument<k == kAccumulator || kAccumulator == kBothArguments ? From::kAccumulator
                                    : (kUniform >> k & 1) != 0                          ? From::kUniform
                                                                                        : From::kMemory>;

/// comparison(a, b) ? c : d.
template <Op kComparison>
HWY_INLINE TileV choose(TileV a, TileV b, TileV c, TileV d) {
  if constexpr (kComparison == Op::kLess) return hn::IfThenElse(hn::Lt(a, b), c, d);
  if constexpr (kComparison == Op::kLessEqual) return hn::IfThenElse(hn::Le(a, b), c, d);
  return hn::IfThenElse(hn::Eq(a, b), c, d);
}

/// The step functions; `i` are the numbers of a strip's vectors, v these vectors.
template <class Indices>
struct TileSteps;
template <size_t... i>
struct TileSteps<std::index_sequence<i...>> {
  template <size_t>
  using Each = TileV;
  struct Function {
    void (*call)(const TileStep* step, float* const* places, const Function* functions, Each<i>... v) = nullptr;
  };

  static HWY_INLINE void start(const TileStep* steps, float* const* places, const Function* functions) {
    const TileV nothing = hn::Zero(TileD());
    functions[steps->code].call(steps, places, functions, (static_cast<void>(i), nothing)...);
  }

  static void end(const TileStep*, float* const*, const Function*, Each<i>...) {}

  template <From kFrom>
  static void load(const TileStep* step, float* const* places, const Function* functions, Each<i>... v) {
    const TileArgument<kFrom> from(places[step->arguments[0]]);
    go_on(step, places, functions, from.get(i, v)...);
  }

  template <Then kThen>
  static void store(const TileStep* step, float* const* places, const Function* functions, Each<i>... v) {
    float* const to = places[step->output];
    (hn::StoreU(v, TileD(), to + i * hn::Lanes(TileD())), ...);
    if constexpr (kThen == Then::kGoOn) go_on(step, places, functions, v...);
  }

  /// O(accumulator), which takes few instructions.
  template <class O>
  static void unary(const TileStep* step, float* const* places, const Function* functions, Each<i>... v) {
    go_on(step, places, functions, O::apply(TileD(), v)...);
  }

  /// O(accumulator), which needs all registers.
  template <class O>
  static void costly_unary(const TileStep* step, float* const* places, const Function* functions, Each<i>... v) {
    TileV all[] = {v...};
    for (TileV& one : all) one = O::apply(TileD(), one);
    go_on(step, places, functions, all[i]...);
  }

  template <class O, size_t kAccumulator, unsigned kUniform, Then kThen>
  static void binary(const TileStep* step, float* const* places, const Function* functions, Each<i>... v) {
    const TileArgumentOf<0, kAccumulator, kUniform> a(places[step->arguments[0]]);
    const TileArgumentOf<1, kAccumulator, kUniform> b(places[step->arguments[1]]);
    then<kThen>(step, places, functions, O::template apply<kUniform>(TileD(), a.get(i, v), b.get(i, v))...);
  }

  template <Op kComparison, size_t kAccumulator, unsigned kUniform, Then kThen>
  static void choice(const TileStep* step, float* const* places, const Function* functions, Each<i>... v) {
    const TileArgumentOf<0, kAccumulator, kUniform> a(places[step->arguments[0]]);
    const TileArgumentOf<1, kAccumulator, kUniform> b(places[step->arguments[1]]);
    const TileArgumentOf<2, kAccumulator, kUniform> c(places[step->arguments[2]]);
    const TileArgumentOf<3, kAccumulator, kUniform> d(places[step->arguments[3]]);
    then<kThen>(step, places, functions, choose<kComparison>(a.get(i, v), b.get(i, v), c.get(i, v), d.get(i, v))...);
  }

 private:
  static HWY_INLINE void go_on(const TileStep* step, float* const* places, const Function* functions, Each<i>... v) {
    functions[step[1].code].call(step + 1, places, functions, v...);
  }

  template <Then kThen>
  static HWY_INLINE void then(const TileStep* step, float* const* places, const Function* functions, Each<i>... v) {
    if constexpr (kThen == Then::kGoOn)
      go_on(step, places, functions, v...);
    else
      store<kThen>(step, places, functions, v...);
  }
};

using Steps = TileSteps<std::make_index_sequence<kStripVectors>>;

}  // namespace rectify::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
