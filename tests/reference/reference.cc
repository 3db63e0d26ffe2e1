#include "reference.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

namespace rectify {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kSmallestNormal = std::numeric_limits<float>::min();

double allowed(double value) { return Reference::kRelative * std::max(std::abs(value), kSmallestNormal); }

/// The floats that share sign and exponent with `binade`'s.
struct Ends {
  double first, last;
};
Ends ends(std::uint32_t binade) { return {std::bit_cast<float>(binade << 23), std::bit_cast<float>(binade << 23 | 0x7fffffu)}; }

BinadePolynomial interpolate(HighPrecision& f, Ends range) {
  // A pole as near as a binade's own width from its end costs 2.5 bits a coefficient.
  constexpr int kDegree = 26;
  const double middle = (range.first + range.last) / 2, half = (range.last - range.first) / 2;
  std::array<double, kDegree + 1> values;
  double largest = 0;
  for (int k = 0; k <= kDegree; ++k) {
    const double x = k == 0 ? range.last : k == kDegree ? range.first : middle + half * std::cos(std::numbers::pi * k / kDegree);
    values[k] = f.at(x);
    largest = std::max(largest, std::abs(values[k]));
  }
  BinadePolynomial p{middle, half, {}, 0};
  for (int j = 0; j <= kDegree; ++j) {
    double sum = 0;
    for (int k = 0; k <= kDegree; ++k) {
      const double weight = k == 0 || k == kDegree ? 0.5 : 1;
      sum += weight * values[k] * std::cos(std::numbers::pi * (j * k % (2 * kDegree)) / kDegree);
    }
    p.coefficients.push_back(sum * (j == 0 || j == kDegree ? 1 : 2) / kDegree);
  }
  const auto tail = [&](int j) { return std::abs(p.coefficients[kDegree - j]); };
  p.error = 8 * (tail(0) + tail(1) + tail(2)) + 0x1p-46 * largest;
  if (!(p.error < kInfinity)) p.error = kInfinity;
  while (p.coefficients.size() > 1 && std::abs(p.coefficients.back()) < 0x1p-56 * largest) p.coefficients.pop_back();
  return p;
}

}  // namespace

double BinadePolynomial::at(double x) const {
  const double u = (x - middle) / half;
  double before = 0, last = 0;  // Clenshaw 1955
  for (std::size_t k = coefficients.size() - 1; k > 0; --k) before = std::exchange(last, coefficients[k] + 2 * u * last - before);
  return coefficients[0] + u * last - before;
}

Reference::Reference(const Program& program, std::span<const double> parameters, std::span<const int> outputs)
    : batch_(program, parameters, outputs) {
  for (const int output : outputs) {
    outputs_.push_back({HighPrecision(program, parameters, output),
                        {evaluate(program, -kInfinity, parameters, output), evaluate(program, kInfinity, parameters, output)},
                        {}});
  }
}

void Reference::run(std::span<const float> x, std::span<double* const> values) {
  alignas(kAlignment) float finite[kBatch];
  for (std::size_t begin = 0; begin < x.size(); begin += kBatch) {
    const std::size_t n = std::min(kBatch, x.size() - begin);
    for (std::size_t i = 0; i < n; ++i) finite[i] = std::isfinite(x[begin + i]) ? x[begin + i] : 0;
    std::fill(finite + n, finite + kBatch, 0.0f);
    batch_.run(finite);
    for (std::size_t k = 0; k < outputs_.size(); ++k) {
      double* const to = values[k] + begin;
      improve(outputs_[k], finite, batch_.output(k), n, to);
      for (std::size_t i = 0; i < n; ++i) {
        const float at = x[begin + i];
        if (!std::isfinite(at)) to[i] = std::isnan(at) ? at : outputs_[k].at_infinity[at > 0];
      }
    }
  }
}

/// Writes the lanes' values, better ones where their bounds are too wide.
void Reference::improve(Output& output, const float* x, const BoundedLanes& lanes, std::size_t n, double* values) {
  constexpr std::size_t kMany = 16;
  constexpr double kUnderflow = 0x1p-300;  // a rounding error of any float is larger, one of an underflow smaller
  std::array<std::uint16_t, kBatch> wide;
  std::size_t count = 0;
  std::copy_n(lanes.value.begin(), n, values);
  const auto is_wide = [&](std::size_t i) {
    // A sum that cancelled to 0 says nothing of the sign of what is below all floats; a product that underflowed does.
    const bool cancelled = (lanes.value[i] == 0) & (lanes.error[i] > kUnderflow);
    return cancelled | !(lanes.error[i] <= allowed(lanes.value[i]));
  };
  std::size_t wide_lanes = 0;
  for (std::size_t i = 0; i < kBatch; ++i) wide_lanes += is_wide(i);
  if (wide_lanes == 0) return;
  for (std::size_t i = 0; i < n; ++i) {
    wide[count] = static_cast<std::uint16_t>(i);
    count += is_wide(i);
  }
  for (const std::uint16_t i : std::span(wide.data(), count)) {
    if (const BinadePolynomial* p = polynomial(output, x[i], count >= kMany)) {
      values[i] = p->at(x[i]);
      ++from_polynomials_;
      if (p->error <= allowed(values[i]) && p->error < std::abs(values[i])) continue;
      --from_polynomials_;
    }
    values[i] = output.precise.at(x[i]);
    ++from_mpfr_;
  }
}

/// The polynomial for x's binade, made where there is none yet and `build` says so; null where there is none.
const BinadePolynomial* Reference::polynomial(Output& output, float x, bool build) {
  const std::uint32_t binade = std::bit_cast<std::uint32_t>(x) >> 23;
  auto found = output.polynomials.find(binade);
  if (found == output.polynomials.end()) {
    if (!build) return nullptr;
    BinadePolynomial p = interpolate(output.precise, ends(binade));
    const double good = Reference::kRelative * std::max(kSmallestNormal, std::abs(p.coefficients[0]));
    found = output.polynomials.emplace(binade, p.error <= good ? std::optional(std::move(p)) : std::nullopt).first;
  }
  return found->second ? &*found->second : nullptr;
}

}  // namespace rectify
