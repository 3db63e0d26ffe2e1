#include "binade_polynomial.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>
#include <span>
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
  constexpr std::size_t kBlock = 16;  // so many that they stay in registers
  double least[kBlock];
  for (double& size : least) size = std::numeric_limits<double>::infinity();
  for (std::size_t begin = 0; begin < kBatch; begin += kBlock) {
    double u[kBlock], sum[kBlock];
    for (std::size_t i = 0; i < kBlock; ++i) {
      u[i] = (x[begin + i] - p.middle) * p.per_half;
      sum[i] = p.coefficients.back();
    }
    for (std::size_t k = p.coefficients.size() - 1; k > 0; --k) {
      for (std::size_t i = 0; i < kBlock; ++i) sum[i] = sum[i] * u[i] + p.coefficients[k - 1];
    }
    for (std::size_t i = 0; i < kBlock; ++i) {
      values[begin + i] = sum[i];
      const double size = std::abs(sum[i]);
      least[i] = size < least[i] ? size : least[i];
    }
  }
  return *std::min_element(std::begin(least), std::end(least));
}

BinadeLoop loop() { return evaluate_binade; }

}  // namespace rectify::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rectify {

HWY_EXPORT(loop);

BinadeLoop binade_loop() { return RECTIFY_DISPATCH(loop)(); }

namespace {

/// The coefficients of 1, u, u^2, ... of a sum of Chebyshev's polynomials. They lose no digits where those of the sum fall by more than two
/// bits from one to the next.
std::vector<double> powers(std::span<const double> chebyshev) {
  std::vector<double> sum(chebyshev.size()), before(chebyshev.size()), last(chebyshev.size());
  last[0] = 1;
  for (std::size_t j = 0; j < chebyshev.size(); ++j) {
    for (std::size_t k = 0; k <= j; ++k) sum[k] += chebyshev[j] * last[k];
    std::vector<double> next(chebyshev.size());  // 2 u T_j - T_(j-1), but u after 1
    for (std::size_t k = 0; k < next.size(); ++k) next[k] = (k == 0 ? 0 : (j == 0 ? 1 : 2) * last[k - 1]) - before[k];
    before = std::exchange(last, std::move(next));
  }
  return sum;
}

}  // namespace

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
  std::array<double, kDegree + 1> c;  // in Chebyshev's basis
  double from_u = 0;                  // what rounding (x - middle) / half does: the derivative of the j-th polynomial is at most j^2
  for (int j = 0; j <= kDegree; ++j) {
    double sum = 0;
    for (int k = 0; k <= kDegree; ++k) {
      const double weight = k == 0 || k == kDegree ? 0.5 : 1;
      sum += weight * values[k] * std::cos(std::numbers::pi * (j * k % (2 * kDegree)) / kDegree);
    }
    c[j] = sum * (j == 0 || j == kDegree ? 1 : 2) / kDegree;
    from_u += 0x1p-51 * j * j * std::abs(c[j]);
  }
  double dropped = 8 * (std::abs(c[kDegree]) + std::abs(c[kDegree - 1]) + std::abs(c[kDegree - 2]));
  int degree = kDegree;
  for (; degree > 0 && dropped + std::abs(c[degree]) <= 0x1p-44 * largest; --degree) dropped += std::abs(c[degree]);

  BinadePolynomial p{middle, 1 / half, powers(std::span(c).first(degree + 1)), 0};
  double sizes = 0;
  for (const double a : p.coefficients) sizes += std::abs(a);
  p.error = dropped + from_u + 0x1p-46 * largest + 0x1p-48 * sizes;
  if (!(p.error < kInfinity)) p.error = kInfinity;
  return p;
}

double BinadePolynomial::at(double x) const {
  const double u = (x - middle) * per_half;
  double sum = 0;
  for (std::size_t k = coefficients.size(); k > 0; --k) sum = sum * u + coefficients[k - 1];
  return sum;
}

}  // namespace rectify
#endif
