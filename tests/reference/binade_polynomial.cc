#include "binade_polynomial.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "rectify/simd/target.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "tests/reference/binade_polynomial.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

// The loops below are plain C++: the compiler makes vectors of them.
HWY_BEFORE_NAMESPACE();
namespace rectify::HWY_NAMESPACE {

double evaluate_binade(const BinadePolynomial& p, const float* x, double* values) {
  alignas(kAlignment) double u[kBatch], before[kBatch] = {}, last[kBatch] = {};
  for (std::size_t i = 0; i < kBatch; ++i) u[i] = (x[i] - p.middle) / p.half;
  for (std::size_t k = p.coefficients.size() - 1; k > 0; --k) {  // Clenshaw 1955
    const double c = p.coefficients[k];
    for (std::size_t i = 0; i < kBatch; ++i) {
      const double next = c + 2 * u[i] * last[i] - before[i];
      before[i] = last[i];
      last[i] = next;
    }
  }
  double least = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < kBatch; ++i) {
    values[i] = p.coefficients[0] + u[i] * last[i] - before[i];
    const double size = std::abs(values[i]);
    least = size < least ? size : least;
  }
  return least;
}

BinadeLoop loop() { return evaluate_binade; }

}  // namespace rectify::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rectify {

HWY_EXPORT(loop);

BinadeLoop binade_loop() { return RECTIFY_DISPATCH(loop)(); }

BinadePolynomial interpolate(HighPrecision& f, std::uint32_t binade) {
  // A pole as near as a binade's own width from its end costs 2.5 bits a coefficient.
  constexpr int kDegree = 26;
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const double first = std::bit_cast<float>(binade << 23), last = std::bit_cast<float>(binade << 23 | 0x7fffffu);
  const double middle = (first + last) / 2, half = (last - first) / 2;
  std::array<double, kDegree + 1> values;
  double largest = 0;
  for (int k = 0; k <= kDegree; ++k) {
    const double x = k == 0 ? last : k == kDegree ? first : middle + half * std::cos(std::numbers::pi * k / kDegree);
    values[k] = f.at(x);
    largest = std::max(largest, std::abs(values[k]));
  }
  BinadePolynomial p{middle, half, {}, 0};
  double from_u = 0;  // what rounding (x - middle) / half does: the derivative of the k-th polynomial is at most k^2
  for (int j = 0; j <= kDegree; ++j) {
    double sum = 0;
    for (int k = 0; k <= kDegree; ++k) {
      const double weight = k == 0 || k == kDegree ? 0.5 : 1;
      sum += weight * values[k] * std::cos(std::numbers::pi * (j * k % (2 * kDegree)) / kDegree);
    }
    p.coefficients.push_back(sum * (j == 0 || j == kDegree ? 1 : 2) / kDegree);
    from_u += 0x1p-52 * j * j * std::abs(p.coefficients.back());
  }
  const auto tail = [&](int j) { return std::abs(p.coefficients[kDegree - j]); };
  p.error = 8 * (tail(0) + tail(1) + tail(2)) + from_u + 0x1p-46 * largest;
  if (!(p.error < kInfinity)) p.error = kInfinity;
  for (double dropped = 0; p.coefficients.size() > 1; p.coefficients.pop_back()) {
    dropped += std::abs(p.coefficients.back());
    if (!(dropped <= 0x1p-44 * largest)) break;
    p.error += std::abs(p.coefficients.back());
  }
  return p;
}

double BinadePolynomial::at(double x) const {
  const double u = (x - middle) / half;
  double before = 0, last = 0;
  for (std::size_t k = coefficients.size() - 1; k > 0; --k) before = std::exchange(last, coefficients[k] + 2 * u * last - before);
  return coefficients[0] + u * last - before;
}

}  // namespace rectify
#endif
