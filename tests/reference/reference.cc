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

std::uint32_t binade_of(float x) { return std::bit_cast<std::uint32_t>(x) >> 23; }

double allowed(double value) { return Reference::kRelative * std::max(std::abs(value), kSmallestNormal); }

/// Whether values that may be off by `error` contradict none of the lanes' bounds.
bool agree(const BoundedLanes& lanes, const double* values, double error) {
  bool all = true;
  for (std::size_t i = 0; i < kBatch; ++i) all &= !(std::abs(lanes.value[i] - values[i]) > lanes.error[i] + error);
  return all;
}

}  // namespace

Reference::Reference(const Program& program, std::span<const double> parameters, std::span<const int> outputs)
    : batch_(program, parameters, outputs), binade_loop_(binade_loop()) {
  for (const int output : outputs) {
    outputs_.push_back({HighPrecision(program, parameters, output),
                        {evaluate(program, -kInfinity, parameters, output), evaluate(program, kInfinity, parameters, output)},
                        {}});
  }
}

void Reference::run(std::span<const float> x, std::span<double* const> values, Spacing spacing) {
  alignas(kAlignment) float finite[kBatch];
  for (std::size_t begin = 0; begin < x.size(); begin += kBatch) {
    const std::size_t n = std::min(kBatch, x.size() - begin);
    if (spacing == Spacing::kEveryFloat && n == kBatch && run_in_binade(x.data() + begin, begin, values)) continue;
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

/// Does what run() does for a batch from x on by polynomials alone, if that is possible; values' pointers are moved by `begin`.
bool Reference::run_in_binade(const float* x, std::size_t begin, std::span<double* const> values) {
  constexpr std::int64_t kChecked = 64;  // one batch of so many is computed the other way, too
  const std::uint32_t binade = binade_of(x[0]);
  std::uint32_t other = 0;
  for (std::size_t i = 0; i < kBatch; ++i) other |= binade_of(x[i]) ^ binade;
  if (other != 0 || !std::isfinite(x[0])) return false;
  for (std::size_t k = 0; k < outputs_.size(); ++k) {
    const BinadePolynomial* p = polynomial(outputs_[k], x[0], true);
    if (p == nullptr) return false;
    const double least = binade_loop_(*p, x, values[k] + begin);
    if (!(p->error <= allowed(least) && p->error < least)) return false;
  }
  if (batches_++ % kChecked == 0) {
    batch_.run(x);
    for (std::size_t k = 0; k < outputs_.size(); ++k) {
      std::optional<BinadePolynomial>& p = outputs_[k].polynomials.at(binade);
      if (!agree(batch_.output(k), values[k] + begin, p->error)) {
        p.reset();
        return false;
      }
    }
  }
  from_polynomials_ += static_cast<std::int64_t>(kBatch * outputs_.size());
  return true;
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
  const std::uint32_t binade = binade_of(x);
  auto found = output.polynomials.find(binade);
  if (found == output.polynomials.end()) {
    if (!build) return nullptr;
    BinadePolynomial p = interpolate(output.precise, binade);
    const double good = Reference::kRelative * std::max(kSmallestNormal, std::abs(p.coefficients[0]));
    found = output.polynomials.emplace(binade, p.error <= good ? std::optional(std::move(p)) : std::nullopt).first;
  }
  return found->second ? &*found->second : nullptr;
}

}  // namespace rectify
