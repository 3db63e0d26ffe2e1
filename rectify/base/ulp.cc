#include "rectify/base/ulp.h"

#include <bit>
#include <cfloat>
#include <cmath>
#include <limits>

namespace rectify {

std::int64_t float_order(float x) {
  const auto bits = std::bit_cast<std::int32_t>(x);
  return bits >= 0 ? bits : -static_cast<std::int64_t>(bits & 0x7fffffff);
}

double ulp_error(float got, double want) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  constexpr double kOverflow = 0x1.ffffffp127;  // halfway between the largest float and 2^128: rounds to infinity
  if (std::isnan(got) || std::isnan(want)) return std::isnan(got) && std::isnan(want) ? 0 : kInfinity;
  if (std::abs(want) >= kOverflow) return got == std::copysign(kInfinity, want) ? 0 : kInfinity;
  if (std::isinf(got)) return kInfinity;
  int exponent;
  std::frexp(want, &exponent);
  if (want == 0 || exponent < FLT_MIN_EXP) exponent = FLT_MIN_EXP;
  return std::abs(got - want) / std::ldexp(1.0, exponent - FLT_MANT_DIG);
}

}  // namespace rectify
