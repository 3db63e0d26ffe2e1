#include "bounded_batch.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "high_precision.h"
#include "rectify/formula/operation.h"
#include "rectify/simd/target.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/reference/bounded_batch.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

// The loops below are plain C++: the compiler makes vectors of them, and of calls of these functions calls of glibc's vector library.
#ifndef RECTIFY_VECTOR_FUNCTIONS
#define RECTIFY_VECTOR_FUNCTIONS
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
#if __GLIBC_PREREQ(2, 35)
extern "C" {
[[gnu::simd("notinbranch")]] double exp(double) noexcept;
[[gnu::simd("notinbranch")]] double expm1(double) noexcept;
[[gnu::simd("notinbranch")]] double log(double) noexcept;
[[gnu::simd("notinbranch")]] double log1p(double) noexcept;
[[gnu::simd("notinbranch")]] double sin(double) noexcept;
[[gnu::simd("notinbranch")]] double cos(double) noexcept;
[[gnu::simd("notinbranch")]] double tan(double) noexcept;
[[gnu::simd("notinbranch")]] double atan(double) noexcept;
[[gnu::simd("notinbranch")]] double sinh(double) noexcept;
[[gnu::simd("notinbranch")]] double cosh(double) noexcept;
[[gnu::simd("notinbranch")]] double tanh(double) noexcept;
[[gnu::simd("notinbranch")]] double erf(double) noexcept;
[[gnu::simd("notinbranch")]] double erfc(double) noexcept;
}
#endif
#endif
#endif

HWY_BEFORE_NAMESPACE();
namespace rectify::HWY_NAMESPACE {

// A value, and how far it may be off.
struct Bound {
  double v, e;
};

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr double kTiny = 0x1p-1074;
constexpr double kNearlySubnormal = 0x1p-960;  // products below may be off by kTiny beside what an fma tells
constexpr double kFar = 0x1p-1000;             // a reciprocal of what an infinite value stands for is smaller
// glibc promises 4 units in the last place of its vector functions (libmvec), fewer of the scalar ones: 2^-50. This has room for the few
// roundings in the functions below.
constexpr double kFunction = 0x1p-48;
// Beyond these arguments exp is taken for 0, which it is to 2^-1009, or infinite. The functions are never called outside, where they are
// slow.
constexpr double kExpLow = -700, kExpHigh = 709, kExpLost = 0x1p-1009;
// Below this, functions are taken for their series' first terms.
constexpr double kSmall = 0x1p-28;

HWY_INLINE double size(double v) { return std::abs(v); }
HWY_INLINE double least(double a, double b) { return b < a ? b : a; }
HWY_INLINE double most(double a, double b) { return b > a ? b : a; }
HWY_INLINE double within(double v, double low, double high) { return v < low ? low : v > high ? high : v; }
HWY_INLINE bool is_infinite(double v) { return size(v) == kInfinite; }

// Not known where the value is NaN or infinite or the error is NaN.
HWY_INLINE Bound finite_only(double v, double e) { return {v, size(v) < kInfinite && e == e ? e : kInfinite}; }

// Whether `a` cannot bring a sum of infinite value s back to what is finite.
HWY_INLINE bool leaves_infinite(Bound a, double s) { return a.e <= 0x1p900 && (s > 0 ? a.v >= -0x1p900 : a.v <= 0x1p900); }

HWY_INLINE Bound add(Bound a, Bound b) {
  const double s = a.v + b.v, from_b = s - a.v;
  const double lost = (a.v - (s - from_b)) + (b.v - from_b);  // the rounding error itself (Knuth 1969, volume 2, section 4.2.2, theorem B)
  const double e = a.e + b.e + size(lost);
  if (is_infinite(s)) return {s, leaves_infinite(a, s) && leaves_infinite(b, s) ? 0 : kInfinite};
  return {s, e == e ? e : kInfinite};
}

HWY_INLINE Bound negative(Bound a) { return {-a.v, a.e}; }
HWY_INLINE Bound subtract(Bound a, Bound b) { return add(a, negative(b)); }
HWY_INLINE Bound magnitude(Bound a) { return {size(a.v), a.e}; }

// Whether the value is known to a factor of 2 and at least 1.
HWY_INLINE bool at_least_one(Bound a) { return size(a.v) >= 1 && a.e <= size(a.v) * 0.5; }

HWY_INLINE Bound multiply(Bound a, Bound b) {
  const double p = a.v * b.v;
  const double underflow = size(p) < kNearlySubnormal && a.v != 0 && b.v != 0 ? kTiny : 0;
  const double e = size(a.v) * b.e + size(b.v) * a.e + a.e * b.e + size(__builtin_fma(a.v, b.v, -p)) + underflow;
  if (is_infinite(p)) return {p, at_least_one(a) && at_least_one(b) ? 0 : kInfinite};
  return {p, e == e ? e : kInfinite};
}

HWY_INLINE Bound divide(Bound a, Bound b) {
  const double q = a.v / b.v, lower = size(b.v) - b.e;
  const double underflow = (size(a.v) < kNearlySubnormal || size(q) < kNearlySubnormal) && a.v != 0 ? kTiny : 0;
  const double e = (size(__builtin_fma(-q, b.v, a.v)) + a.e + size(q) * b.e + underflow) / lower + underflow;
  if (is_infinite(b.v)) return {q, q == q && b.e == 0 ? (size(a.v) + a.e) * kFar : kInfinite};
  const bool truly = b.v == 0 ? b.e == 0 && a.e == 0 : size(b.v) <= 1 && lower > 0 && a.e <= size(a.v) * 0.5;
  if (is_infinite(q)) return {q, truly ? 0 : kInfinite};
  return {q, lower > 0 && e == e ? e : kInfinite};
}

// By how much at most two values are nearer each other than they seem.
HWY_INLINE double doubt_of(Bound a, Bound b) { return (a.e + b.e) * (1 + 0x1p-40); }

template <bool kGreater>
HWY_INLINE Bound choose(Bound a, Bound b) {
  const bool second = kGreater ? b.v > a.v : b.v < a.v;
  const Bound winner{second ? b.v : a.v, second ? b.e : a.e};
  const bool clear = size(a.v - b.v) > doubt_of(a, b);
  const double nan = a.v + b.v;
  if (nan != nan && !(is_infinite(a.v) && is_infinite(b.v))) return {nan, kInfinite};
  return {winner.v, clear ? winner.e : most(a.e, b.e)};
}

template <class Compare>
HWY_INLINE Bound compare(Bound a, Bound b, Compare holds) {
  const double doubt = doubt_of(a, b), difference = size(a.v - b.v);
  const bool open = (doubt > 0 || difference != difference) && !(difference > doubt);
  return {holds(a.v, b.v) ? 1.0 : 0.0, open ? 1.0 : 0.0};
}

HWY_INLINE Bound select(Bound condition, Bound a, Bound b) {
  const double v = condition.v != 0 ? a.v : b.v;
  const double chosen = condition.v != 0 ? a.e : b.e, both = most(a.e, b.e) + size(a.v - b.v);
  return {v, condition.e == 0 ? chosen : both == both ? both : kInfinite};
}

// expm1(e) at most, for e that mean something.
HWY_INLINE double grown(double e) { return e <= 1 ? e * (1 + e) : kInfinite; }

// How far a's true value may lie from t, which a was moved to.
HWY_INLINE double off(Bound a, double t) { return a.e + size(a.v - t); }

HWY_INLINE Bound exponential(Bound a) {
  const double t = within(a.v, kExpLow, kExpHigh), v = ::exp(t);
  if (a.v + a.e < kExpLow) return {0, kExpLost};
  if (a.v - a.e > kExpHigh) return {kInfinite, 0};
  return finite_only(v, v * (grown(off(a, t)) + kFunction));
}

HWY_INLINE Bound exponential_minus_one(Bound a) {
  const double t = within(a.v, -40, kExpHigh), exact = ::expm1(size(t) < kSmall ? kSmall : t);
  const double v = size(t) < kSmall ? t * (1 + 0.5 * t) : exact;
  if (a.v + a.e < -40) return {-1, 0x1p-57};
  if (a.v - a.e > kExpHigh) return {kInfinite, 0};
  return finite_only(v, (size(v) + 1) * grown(off(a, t)) + size(v) * kFunction);
}

HWY_INLINE Bound logarithm(Bound a) {
  const double v = ::log(a.v), relative = a.e / a.v;
  if (a.v == 0 && a.e == 0) return {v, 0};
  return finite_only(v, relative < 0.5 && a.v > 0 ? relative * (1 + 2 * relative) + size(v) * kFunction : kInfinite);
}

HWY_INLINE Bound logarithm_of_one_plus(Bound a) {
  const double exact = ::log1p(size(a.v) < kSmall ? kSmall : a.v), relative = a.e / (a.v + 1);
  const double v = size(a.v) < kSmall ? a.v * (1 - 0.5 * a.v) : exact;
  if (a.v == -1 && a.e == 0) return {v, 0};
  return finite_only(v, relative < 0.5 && a.v > -1 ? relative * (1 + 2 * relative) + size(v) * kFunction : kInfinite);
}

HWY_INLINE Bound square_root(Bound a) {
  const double v = std::sqrt(a.v);
  return finite_only(v, least(v > 0 ? a.e / v : kInfinite, std::sqrt(a.e)) + v * 0x1p-53);
}

// The point of a's interval nearest 0, where a bell-shaped slope is largest.
HWY_INLINE double nearest_zero(Bound a) { return most(0, size(a.v) - a.e); }

HWY_INLINE Bound sine(Bound a) {
  const double v = ::sin(a.v);
  return finite_only(v, least(a.e, 2) + size(v) * kFunction);
}

HWY_INLINE Bound cosine(Bound a) {
  const double v = ::cos(a.v);
  return finite_only(v, least(a.e, 2) + size(v) * kFunction);
}

HWY_INLINE Bound tangent(Bound a) {
  const double v = ::tan(a.v), room = 1 - 2 * a.e * size(v);
  return finite_only(v, (a.e > 0.1 || room <= 0 ? kInfinite : 2 * a.e * (1 + v * v) / room) + size(v) * kFunction);
}

HWY_INLINE Bound arc_tangent(Bound a) {
  const double exact = ::atan(size(a.v) < kSmall ? kSmall : a.v);
  const double v = size(a.v) < kSmall ? a.v : exact, n = nearest_zero(a);
  return {v, v == v ? a.e / (1 + n * n) + size(v) * kFunction : kInfinite};
}

HWY_INLINE Bound hyperbolic_sine(Bound a) {
  const double t = within(a.v, -kExpHigh, kExpHigh), exact = ::sinh(size(t) < kSmall ? kSmall : t);
  const double v = size(t) < kSmall ? t : exact;
  if (size(a.v) - a.e > kExpHigh) return {a.v > 0 ? kInfinite : -kInfinite, 0};
  return finite_only(v, (size(v) + 1) * 2 * grown(off(a, t)) + size(v) * kFunction);
}

HWY_INLINE Bound hyperbolic_cosine(Bound a) {
  const double t = least(size(a.v), kExpHigh), v = ::cosh(most(t, kSmall));
  if (size(a.v) - a.e > kExpHigh) return {kInfinite, 0};
  return finite_only(v, v * (2 * grown(off(magnitude(a), t)) + kFunction));
}

// 1 / cosh(n)^2 and exp(-n^2) at most, for n >= 0.
HWY_INLINE double bell(double n) { return 1 / (1 + n * n * (1 + n * n * (1.0 / 3))); }

HWY_INLINE Bound hyperbolic_tangent(Bound a) {
  const double exact = ::tanh(within(size(a.v) < kSmall ? kSmall : a.v, -20, 20));
  const double v = size(a.v) < kSmall ? a.v : exact;
  return {v, v == v ? a.e * bell(nearest_zero(a)) + size(v) * kFunction : kInfinite};
}

HWY_INLINE Bound error_function(Bound a) {
  const double exact = ::erf(within(size(a.v) < kSmall ? kSmall : a.v, -6, 6));
  const double v = size(a.v) < kSmall ? 2 * std::numbers::inv_sqrtpi * a.v : exact;
  return {v, v == v ? a.e * 1.13 * bell(nearest_zero(a)) + size(v) * kFunction : kInfinite};
}

// On the right erfc falls by at most x + sqrt(x^2 + 2) <= 2 x + 2 of itself (Abramowitz and Stegun 1964, 7.1.13).
HWY_INLINE Bound complementary_error_function(Bound a) {
  constexpr double kLast = 26, kLost = 0x1p-970;
  const double t = within(a.v, -6, kLast), v = ::erfc(t);
  const double right = off(a, t) * (2 * size(a.v) + 2);
  if (a.v - a.e > kLast) return {0, kLost};
  const double passed = a.v > 0 ? (right < 0.0625 ? v * right * 1.07 : kInfinite) : a.e * 1.13 * bell(nearest_zero(a));
  return finite_only(v, passed + v * kFunction);
}

HWY_INLINE Bound sigmoid(Bound a) {
  const double t = most(-size(a.v), kExpLow), e = ::exp(t), n = most(0, a.v - a.e);
  const double v = (a.v < 0 ? e : 1) / (1 + e);
  if (a.v + a.e < kExpLow) return {0, kExpLost};
  const double passed = a.v > 0 ? a.e / (1 + n + 0.5 * n * n) : least(v * grown(off(a, t)), 1);
  return {v, a.v == a.v ? passed + v * kFunction : kInfinite};
}

HWY_INLINE Bound softplus(Bound a) {
  const double t = most(-size(a.v), kExpLow), e = ::exp(t);
  const double tail = e < kSmall ? e - 0.5 * e * e : ::log1p(most(e, kSmall));
  const double v = most(a.v, 0) + tail;
  if (a.v + a.e < kExpLow) return {0, kExpLost};
  if (a.v == kInfinite) return {a.v, a.e};
  return finite_only(v, (a.v > 0 ? a.e : least(v * grown(off(a, t)), off(a, t))) + v * kFunction);
}

HWY_INLINE Bound power(Bound a, Bound b) {
  const double v = operate(Op::kPower, a.v, b.v, 0);
  if (a.e == 0 && b.e == 0) return finite_only(v, size(v) * kFunction + kTiny);
  if (!(size(a.v) > a.e)) return {v, kInfinite};
  const double off = (size(b.v) + b.e) * -std::log1p(-a.e / size(a.v)) + size(std::log(size(a.v))) * b.e;
  return finite_only(v, size(v) * (std::expm1(off) + kFunction) + kTiny);
}

template <auto kFunctionOfOne>
void unary(const BoundedLanes& a, const BoundedLanes&, const BoundedLanes&, BoundedLanes& out) {
#pragma GCC ivdep
  for (std::size_t i = 0; i < kBatch; ++i) {
    const Bound r = kFunctionOfOne({a.value[i], a.error[i]});
    out.value[i] = r.v;
    out.error[i] = r.e;
  }
}

template <auto kFunctionOfTwo>
void binary(const BoundedLanes& a, const BoundedLanes& b, const BoundedLanes&, BoundedLanes& out) {
#pragma GCC ivdep
  for (std::size_t i = 0; i < kBatch; ++i) {
    const Bound r = kFunctionOfTwo({a.value[i], a.error[i]}, {b.value[i], b.error[i]});
    out.value[i] = r.v;
    out.error[i] = r.e;
  }
}

void ternary_select(const BoundedLanes& a, const BoundedLanes& b, const BoundedLanes& c, BoundedLanes& out) {
#pragma GCC ivdep
  for (std::size_t i = 0; i < kBatch; ++i) {
    const Bound r = select({a.value[i], a.error[i]}, {b.value[i], b.error[i]}, {c.value[i], c.error[i]});
    out.value[i] = r.v;
    out.error[i] = r.e;
  }
}

HWY_INLINE Bound sign(Bound a) { return {a.v > 0 ? 1 : a.v < 0 ? -1 : a.v, a.e > 0 && !(size(a.v) > a.e) ? 2.0 : 0.0}; }
HWY_INLINE Bound round_down(Bound a) {
  const double reach = a.e > 0 ? a.e + size(a.v) * 0x1p-51 : 0;  // more than what the sums below are rounded by
  return finite_only(std::floor(a.v), std::floor(a.v - reach) == std::floor(a.v + reach) ? 0 : 1 + a.e);
}
HWY_INLINE Bound less(Bound a, Bound b) {
  return compare(a, b, [](double x, double y) HWY_ATTR { return x < y; });
}
HWY_INLINE Bound less_equal(Bound a, Bound b) {
  return compare(a, b, [](double x, double y) HWY_ATTR { return x <= y; });
}
HWY_INLINE Bound equal(Bound a, Bound b) {
  return compare(a, b, [](double x, double y) HWY_ATTR { return x == y; });
}
HWY_INLINE Bound greater(Bound a, Bound b) { return less(b, a); }
HWY_INLINE Bound greater_equal(Bound a, Bound b) { return less_equal(b, a); }
HWY_INLINE Bound not_equal(Bound a, Bound b) {
  return compare(a, b, [](double x, double y) HWY_ATTR { return x != y; });
}

const BatchOps& batch_ops() {
  static const BatchOps kOps = [] {
    BatchOps ops{};
    const auto at = [&](Op op) -> BatchOp& { return ops[static_cast<std::size_t>(op)]; };
    at(Op::kNegate) = unary<negative>;
    at(Op::kExp) = unary<exponential>;
    at(Op::kExpm1) = unary<exponential_minus_one>;
    at(Op::kLog) = unary<logarithm>;
    at(Op::kLog1p) = unary<logarithm_of_one_plus>;
    at(Op::kSqrt) = unary<square_root>;
    at(Op::kAbs) = unary<magnitude>;
    at(Op::kSign) = unary<sign>;
    at(Op::kSin) = unary<sine>;
    at(Op::kCos) = unary<cosine>;
    at(Op::kTan) = unary<tangent>;
    at(Op::kAtan) = unary<arc_tangent>;
    at(Op::kSinh) = unary<hyperbolic_sine>;
    at(Op::kCosh) = unary<hyperbolic_cosine>;
    at(Op::kTanh) = unary<hyperbolic_tangent>;
    at(Op::kErf) = unary<error_function>;
    at(Op::kErfc) = unary<complementary_error_function>;
    at(Op::kSigmoid) = unary<sigmoid>;
    at(Op::kSoftplus) = unary<softplus>;
    at(Op::kFloor) = unary<round_down>;
    at(Op::kAdd) = binary<add>;
    at(Op::kSubtract) = binary<subtract>;
    at(Op::kMultiply) = binary<multiply>;
    at(Op::kDivide) = binary<divide>;
    at(Op::kPower) = binary<power>;
    at(Op::kMin) = binary<choose<false>>;
    at(Op::kMax) = binary<choose<true>>;
    at(Op::kLess) = binary<less>;
    at(Op::kLessEqual) = binary<less_equal>;
    at(Op::kGreater) = binary<greater>;
    at(Op::kGreaterEqual) = binary<greater_equal>;
    at(Op::kEqual) = binary<equal>;
    at(Op::kNotEqual) = binary<not_equal>;
    at(Op::kSelect) = ternary_select;
    return ops;
  }();
  return kOps;
}

}  // namespace rectify::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rectify {

HWY_EXPORT(batch_ops);

namespace {

/// The small whole number that result `i` is, or 0.
int small_power(const Program& program, std::size_t i) {
  const Instruction& s = program.code[i];
  constexpr int kMost = 16;
  return s.op == Op::kConstant && s.value >= 2 && s.value <= kMost && s.value == std::floor(s.value) ? static_cast<int>(s.value) : 0;
}

}  // namespace

BoundedBatch::BoundedBatch(const Program& program, std::span<const double> parameters, std::span<const int> outputs)
    : program_(only(program, outputs)), ops_(RECTIFY_DISPATCH(batch_ops)()), lanes_(program_.code.size()) {
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    const Instruction& s = program_.code[i];
    lanes_[i].error.fill(0);
    if (s.op == Op::kConstant) lanes_[i].value.fill(s.value);
    if (s.op == Op::kParameter) lanes_[i].value.fill(parameters[s.a]);
  }
}

void BoundedBatch::run(const float* x) {
  for (std::size_t i = 0; i < lanes_.size(); ++i) {
    const Instruction& s = program_.code[i];
    if (s.op == Op::kX) std::copy_n(x, kBatch, lanes_[i].value.begin());
    if (arity(s.op) == 0) continue;
    if (const int n = s.op == Op::kPower ? small_power(program_, s.b) : 0; n != 0) {
      const BatchOp multiply = ops_[static_cast<std::size_t>(Op::kMultiply)];
      const BoundedLanes& a = lanes_[s.a];
      multiply(a, a, a, lanes_[i]);
      for (int k = 2; k < n; ++k) {
        power_ = lanes_[i];
        multiply(power_, a, a, lanes_[i]);
      }
      continue;
    }
    ops_[static_cast<std::size_t>(s.op)](lanes_[s.a], lanes_[s.b], lanes_[s.c], lanes_[i]);
  }
}

}  // namespace rectify
#endif
