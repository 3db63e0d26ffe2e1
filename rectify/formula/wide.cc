#include "rectify/formula/wide.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "rectify/formula/operation.h"

namespace rectify {
namespace {

constexpr double kLongExponent = 2200;  // longer than that of any double, subnormal ones and quotients of two among them
constexpr double kOverflows = 700;      // e^x does, soon after
constexpr double kFar = 0x1p50;
constexpr double kTiny = 0x1p-1000;

bool is_ordinary(const Wide& a) { return a.mantissa != 0 && std::isfinite(a.mantissa); }

/// e^x for any double x.
Wide exponential(double x) {
  if (std::abs(x) < kOverflows || !std::isfinite(x)) return Wide(std::exp(x));
  if (std::abs(x) >= kFar) return {1, 0, x};
  constexpr double kHigh = 0x1.62E42FEFA39EFp-1, kLow = 0x1.ABC9E3B39803Fp-56;  // ln 2 to 106 bits
  const double exponent = std::round(x / std::numbers::ln2);
  return {std::exp(std::fma(-exponent, kLow, std::fma(-exponent, kHigh, x))), exponent};
}

double logarithm(const Wide& a) {
  return is_ordinary(a) ? a.far + (std::log(a.mantissa) + a.exponent * std::numbers::ln2) : std::log(a.mantissa);
}

Wide negated(const Wide& a) { return {-a.mantissa, a.exponent, a.far}; }

Wide sum(const Wide& a, const Wide& b) {
  if (!is_ordinary(a) || !is_ordinary(b)) {
    return a.mantissa == 0 && b.mantissa != 0 ? b : b.mantissa == 0 && a.mantissa != 0 ? a : Wide(a.mantissa + b.mantissa);
  }
  const bool a_is_larger = a.far != b.far ? a.far > b.far : a.exponent >= b.exponent;
  const Wide &large = a_is_larger ? a : b, &small = a_is_larger ? b : a;
  if (large.far != small.far) return large.far - small.far > 0x1p-40 * std::abs(large.far) ? large : Wide(NAN);
  const double shift = std::max(small.exponent - large.exponent, -kLongExponent);
  return {large.mantissa + std::ldexp(small.mantissa, static_cast<int>(shift)), large.exponent, large.far};
}

Wide operator+(const Wide& a, const Wide& b) { return sum(a, b); }
Wide operator-(const Wide& a, const Wide& b) { return sum(a, negated(b)); }

/// A product or quotient. NaN where its exponents are known no better than to 1: beyond 2^52, or what is left of exponents that long.
Wide with_exponents(double mantissa, double exponent, double far) {
  const bool is_known = std::abs(exponent) < 0x1p52 && (far == 0 || std::abs(far) >= kFar);
  return {is_known || mantissa == 0 || !std::isfinite(mantissa) ? mantissa : NAN, exponent, far};
}
Wide operator*(const Wide& a, const Wide& b) { return with_exponents(a.mantissa * b.mantissa, a.exponent + b.exponent, a.far + b.far); }
Wide operator/(const Wide& a, const Wide& b) { return with_exponents(a.mantissa / b.mantissa, a.exponent - b.exponent, a.far - b.far); }

Wide square_root(const Wide& a) {
  const double half = std::floor(a.exponent / 2);
  return {std::sqrt(std::ldexp(a.mantissa, static_cast<int>(a.exponent - 2 * half))), half, a.far / 2};
}

Wide power(const Wide& a, const Wide& b) {
  const double exponent = b.value(), plain = operate(Op::kPower, a.value(), exponent, 0);
  const bool is_enough = std::isfinite(plain) && plain != 0;
  if (is_enough || !is_ordinary(a) || !std::isfinite(exponent)) return Wide(plain);
  if (a.mantissa < 0 && exponent != std::floor(exponent)) return Wide(plain);
  const Wide size = exponential(exponent * logarithm({std::abs(a.mantissa), a.exponent, a.far}));
  return a.mantissa < 0 && std::fmod(exponent, 2) != 0 ? negated(size) : size;
}

/// erfc(x) where it is too small for a double: e^(-x^2) / (x sqrt(pi)) times its asymptotic series, good to 2^-52 beyond x = 25.
/// Source: Abramowitz and Stegun 7.1.23.
Wide small_erfc(double x) {
  const double square = x * x, lost = std::fma(x, x, -square), step = 0.5 / square;
  double series = 1;
  for (int k = 15; k > 0; k -= 2) series = 1 - k * step * series;
  const Wide size = exponential(-square), mended = exponential(-lost);
  return {size.mantissa * mended.mantissa * series / (x * std::sqrt(std::numbers::pi)), size.exponent + mended.exponent,
          size.far + mended.far};
}

/// The slope at 0 of a function that is 0 there, else 0.
double slope_at_zero(Op op) {
  switch (op) {
    case Op::kExpm1:
    case Op::kLog1p:
    case Op::kSin:
    case Op::kTan:
    case Op::kAtan:
    case Op::kSinh:
    case Op::kTanh: return 1;
    case Op::kErf: return 2 * std::numbers::inv_sqrtpi;
    default: return 0;
  }
}

/// Of one argument: what becomes an exponential, a logarithm or the argument itself far out or near 0.
Wide function(Op op, const Wide& a) {
  const double x = a.value();
  if (const double slope = slope_at_zero(op); slope != 0 && a.mantissa != 0 && std::abs(x) < kTiny) return Wide(slope) * a;
  const bool far_left = x<-kOverflows, far_right = x> kOverflows;
  switch (op) {
    case Op::kExp: return exponential(x);
    case Op::kExpm1: return far_right ? exponential(x) : Wide(std::expm1(x));
    case Op::kSinh:
    case Op::kCosh: {
      if (!far_left && !far_right) break;
      Wide size = exponential(std::abs(x));
      size.exponent -= 1;
      return op == Op::kSinh && far_left ? negated(size) : size;
    }
    case Op::kSigmoid: return far_left ? exponential(x) : Wide(operate(op, x, 0, 0));
    case Op::kSoftplus: return far_left ? exponential(x) : far_right ? a : Wide(operate(op, x, 0, 0));
    case Op::kFloor:
      if (a.mantissa != 0 && std::abs(x) < 1) return Wide(a.mantissa < 0 ? -1 : 0);
      return std::abs(x) < 0x1p53 ? Wide(std::floor(x)) : a;  // whole numbers, from there on
    case Op::kErfc: return x > 25 && std::isfinite(x) ? small_erfc(x) : Wide(std::erfc(x));
    case Op::kLog: return Wide(logarithm(a));
    case Op::kLog1p: return Wide(far_right ? logarithm(a) : std::log1p(x));
    default: break;
  }
  return Wide(operate(op, x, 0, 0));
}

/// -1, 0 or 1 as a is below, equal to or above b; neither is NaN.
double compared(const Wide& a, const Wide& b) {
  if (a.mantissa == b.mantissa && a.exponent == b.exponent && a.far == b.far) return 0;  // two infinities too
  return sum(a, negated(b)).mantissa > 0 ? 1 : -1;
}

bool operator<(const Wide& a, const Wide& b) { return compared(a, b) < 0; }
Wide size_of(const Wide& a) { return {std::abs(a.mantissa), a.exponent, a.far}; }

bool is_exact(Op op) {
  return op == Op::kNegate || op == Op::kAbs || op == Op::kSign || op == Op::kFloor || op == Op::kMin || op == Op::kMax ||
         op == Op::kSelect || is_comparison(op);
}

/// Whether the value of op(a, b) is exact.
bool is_not_rounded(Op op, const Wide& a, const Wide& b) {
  const double p = a.mantissa, q = b.mantissa;
  switch (op) {
    case Op::kMultiply: return std::fma(p, q, -(p * q)) == 0;
    case Op::kDivide: return std::fma(p / q, q, -p) == 0;
    case Op::kAdd:
    case Op::kSubtract: {
      if (a.far != 0 || b.far != 0 || std::abs(a.exponent - b.exponent) > 60) return p == 0 || q == 0;
      const double second = std::ldexp(op == Op::kAdd ? q : -q, static_cast<int>(b.exponent - a.exponent)), sum = p + second;
      const double of_second = sum - p;
      return (p - (sum - of_second)) + (second - of_second) == 0;
    }
    default: return false;
  }
}

}  // namespace

Wide::Wide(double m, double e, double f) : mantissa(m), exponent(e), far(f) {
  if (!is_ordinary(*this)) {
    exponent = far = 0;
    return;
  }
  int own = 0;
  mantissa = 2 * std::frexp(m, &own);
  exponent = e + own - 1;
}

double Wide::value() const {
  const double all = far != 0 ? std::copysign(kLongExponent, far) : std::clamp(exponent, -kLongExponent, kLongExponent);
  return std::ldexp(mantissa, static_cast<int>(all));
}

Wide operate(Op op, const Wide& a, const Wide& b, const Wide& c) {
  const bool no_number = std::isnan(a.mantissa) || (arity(op) > 1 && std::isnan(b.mantissa));
  switch (op) {
    case Op::kNegate: return negated(a);
    case Op::kAbs: return size_of(a);
    case Op::kSign: return Wide(operate(op, a.mantissa, 0, 0));
    case Op::kSqrt: return square_root(a);
    case Op::kAdd: return a + b;
    case Op::kSubtract: return a - b;
    case Op::kMultiply: return a * b;
    case Op::kDivide: return a / b;
    case Op::kPower: return power(a, b);
    case Op::kMin:
    case Op::kMax:
      if (no_number) return Wide(a.mantissa + b.mantissa);
      return (op == Op::kMin ? b < a : a < b) ? b : a;
    case Op::kSelect: return a.mantissa != 0 ? b : c;
    default: break;
  }
  if (!is_comparison(op)) return function(op, a);
  return Wide(no_number ? operate(op, a.mantissa, b.mantissa, 0) : operate(op, compared(a, b), 0, 0));
}

Wide nudged(Op op, const Wide& a, const Wide& b, const Wide& value, double by) {
  if (is_exact(op) || is_not_rounded(op, a, b) || !is_ordinary(value)) return value;
  // The rounding of a power is that of its exponent, |b log(a)|, which the exponential magnifies.
  const double factor = op == Op::kPower ? 1 + std::abs(b.value() * logarithm(size_of(a))) : 1;
  return {value.mantissa * (1 + std::clamp(by * factor, -0.5, 0.5)), value.exponent, value.far};
}

}  // namespace rectify
