#include "rectify/compare/statistics.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>
#include <vector>

#include "rectify/base/error.h"

namespace rectify {
namespace {

/// The share of Student's distribution within -t .. t.
double share_within(double t, int freedom) {
  const double angle = std::atan(t / std::sqrt(static_cast<double>(freedom))), sine = std::sin(angle), cosine = std::cos(angle);
  const bool odd = freedom % 2 == 1;
  double sum = 0, term = odd ? cosine : 1;
  for (int k = odd ? 3 : 2; k <= freedom; k += 2) {
    sum += term;
    term *= (k - 1) / static_cast<double>(k) * cosine * cosine;
  }
  return odd ? 2 / std::numbers::pi * (angle + sine * sum) : sine * sum;
}

/// How often chance alone gives a mean as far from 0.
double chance_of(const Estimate& e) {
  if (!(e.count > 1) || std::isnan(e.margin)) return 1;
  if (e.margin == 0) return e.mean == 0 ? 1 : 0;
  return 1 - share_within(std::abs(e.mean) / e.margin * student_t95(e.count - 1), e.count - 1);
}

}  // namespace

double student_t95(int freedom) {
  double low = 1, high = 20;  // 12.7 with one degree of freedom
  while (high - low > 1e-10) {
    const double middle = (low + high) / 2;
    (share_within(middle, freedom) < 0.95 ? low : high) = middle;
  }
  return (low + high) / 2;
}

Estimate estimate(std::span<const double> values) {
  Estimate e;
  double sum = 0, squares = 0;
  for (const double value : values) {
    if (std::isnan(value)) continue;
    sum += value, ++e.count;
    e.lowest = std::fmin(e.lowest, value), e.highest = std::fmax(e.highest, value);
  }
  if (e.count == 0) return e;
  e.mean = sum / e.count;
  if (e.count == 1 || !std::isfinite(e.mean)) return e;
  if (e.lowest == e.highest) return {e.lowest, 0, e.count, e.lowest, e.highest};  // without the rounding of a sum
  for (const double value : values) {
    if (!std::isnan(value)) squares += (value - e.mean) * (value - e.mean);
  }
  e.margin = student_t95(e.count - 1) * std::sqrt(squares / (e.count - 1) / e.count);
  return e;
}

Estimate paired_difference(std::span<const double> a, std::span<const double> b) {
  if (a.size() != b.size()) fail("statistics", fmt::format("{} values beside {}, wanted pairs", a.size(), b.size()));
  std::vector<double> differences;
  for (std::size_t i = 0; i < a.size(); ++i) differences.push_back(a[i] - b[i]);
  return estimate(differences);
}

bool surely_above(const Estimate& e, double limit) { return e.mean - e.margin > limit; }
bool surely_below(const Estimate& e, double limit) { return e.mean + e.margin < limit; }

std::vector<bool> surely_not_zero(std::span<const Estimate> family) {
  std::vector<std::pair<double, std::size_t>> chances;
  for (std::size_t i = 0; i < family.size(); ++i) chances.emplace_back(chance_of(family[i]), i);
  std::sort(chances.begin(), chances.end());
  std::vector<bool> sure(family.size(), false);
  for (std::size_t rank = 0; rank < chances.size(); ++rank) {
    if (!(chances[rank].first <= 0.05 / static_cast<double>(family.size() - rank))) break;
    sure[chances[rank].second] = true;
  }
  return sure;
}

Outcome outcome(const Estimate& difference, double limit) {
  if (surely_above(difference, limit)) return Outcome::kMore;
  if (surely_below(difference, -limit)) return Outcome::kLess;
  return std::abs(difference.mean) + difference.margin <= limit ? Outcome::kWithin : Outcome::kOpen;
}

}  // namespace rectify
