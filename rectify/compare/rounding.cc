#include "rectify/compare/rounding.h"

#include <algorithm>
#include <bit>
#include <cfloat>
#include <cmath>
#include <vector>

#include "rectify/base/random.h"
#include "rectify/base/ulp.h"
#include "rectify/simd/target.h"

namespace rectify {
namespace {

/// One float of every 65,536 consecutive ones that are numbers.
std::vector<float> sample() {
  constexpr std::uint32_t kStep = 1u << 16;
  Random random(1, 0);
  std::vector<float> xs;
  for (std::uint32_t block = 0; block < kStep; ++block) {
    const auto x = std::bit_cast<float>(block * kStep + static_cast<std::uint32_t>(random.below(kStep)));
    if (std::isfinite(x)) xs.push_back(x);
  }
  return xs;
}

ArrayError error_of(const std::vector<float>& xs, const std::vector<float>& got, const Program& program,
                    const std::vector<double>& parameters, int output) {
  constexpr double kShare = 1.0 / 16;  // of a unit in the last place, that the true value may be off by
  ArrayError error;
  std::vector<double> seen;
  for (std::size_t i = 0; i < xs.size(); ++i) {
    const Bounded want = evaluate_bounded(program, xs[i], parameters, output);
    const double unit = std::max(std::abs(want.value), double{FLT_MIN}) * FLT_EPSILON / 2;
    error.no_number += std::isnan(got[i]) ? 1 / static_cast<double>(xs.size()) : 0;
    if (!std::isfinite(want.value) || !(want.error <= kShare * unit)) continue;
    seen.push_back(ulp_error(got[i], want.value));
    error.mean += seen.back();
    if (seen.back() > error.most) error.most = seen.back(), error.at = xs[i];
  }
  constexpr double kBeside = 1.0 / 16;
  const auto near = [&](double side) { return evaluate(program, error.at * (1 + side), parameters, output); };
  const double below = near(-kBeside), above = near(kBeside);
  error.at_root = below * above < 0 && std::abs(near(0)) <= std::max(std::abs(below), std::abs(above));
  error.told = static_cast<double>(seen.size()) / static_cast<double>(xs.size());
  if (seen.empty()) return error;
  error.mean /= static_cast<double>(seen.size());
  const auto usual = seen.begin() + static_cast<std::ptrdiff_t>(seen.size() * 999 / 1000);
  std::nth_element(seen.begin(), usual, seen.end());
  error.usual = *usual;
  return error;
}

}  // namespace

Rounding measure_rounding(const Activation& activation) {
  const std::vector<float> xs = sample(), ones(xs.size(), 1);
  std::vector<float> y(xs.size()), slope(xs.size());
  activation.forward(xs.data(), y.data(), xs.size());
  activation.grad_from_input(xs.data(), ones.data(), slope.data(), xs.size());
  std::vector<double> parameters;
  for (const FormulaParameter& p : activation.parameters()) parameters.push_back(static_cast<float>(p.value));
  return {current_target(), error_of(xs, y, activation.program(), parameters, 0), error_of(xs, slope, activation.program(), parameters, 1)};
}

}  // namespace rectify
