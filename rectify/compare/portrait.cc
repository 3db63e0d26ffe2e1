#include "rectify/compare/portrait.h"

#include <algorithm>
#include <cmath>
#include <functional>

#include "rectify/activation/from_output.h"
#include "rectify/base/error.h"
#include "rectify/theory/moments.h"

namespace rectify {
namespace {

std::optional<double> if_finite(double value) { return std::isfinite(value) ? std::optional(value) : std::nullopt; }

/// A gain, or nothing where the theory knows of none.
std::optional<double> gain(double (*compute)(const Activation&), const Activation& activation) {
  try {
    return compute(activation);
  } catch (const Error&) {
    return std::nullopt;
  }
}

const char* side_name(Saturates side) {
  switch (side) {
    case Saturates::kNone: return "neither side";
    case Saturates::kLeft: return "left";
    case Saturates::kRight: return "right";
    case Saturates::kBoth: break;
  }
  return "both sides";
}

/// `value`, or 0 where that is what the rounding of a sum whose terms have this size leaves of 0.
double without_rounding(double value, double size) {
  constexpr double kLeft = 1e-14;
  return std::isfinite(size) && std::abs(value) <= kLeft * size ? 0 : value;
}

void add_moments(const Activation& activation, Portrait& portrait) {
  const GaussianMoments moments = gaussian_moments(activation);
  portrait.mean = if_finite(without_rounding(moments.mean, std::sqrt(moments.second)));
  portrait.second = if_finite(moments.second);
  portrait.slope_second = if_finite(moments.slope_second);
  portrait.linear_share = if_finite(without_rounding(std::sqrt(moments.linear_share), 1) == 0 ? 0 : moments.linear_share);
  portrait.forward_gain = gain(forward_gain, activation);
  portrait.backward_gain = gain(backward_gain, activation);
}

/// How far apart the values of a and b at x are; 0 where rounding may have made the difference, infinity where only one is a number.
double apart(const Activation& a, const Activation& b, double x) {
  const Bounded u = a.value_bounded(x), v = b.value_bounded(x);
  if (std::isnan(u.value) || std::isnan(v.value)) return std::isnan(u.value) == std::isnan(v.value) ? 0 : INFINITY;
  if (u.value == v.value) return 0;
  const double difference = std::abs(u.value - v.value);
  return difference > u.error + v.error ? difference : 0;  // also where an error bound is not finite
}

/// Ascending places on [low, high], ends and kinks among them. Even steps would miss all that happens near 0 on a wide interval, so there
/// the steps are even in asinh(x).
std::vector<double> places(const Activation& a, const Activation& b, double low, double high) {
  constexpr int kSteps = 40000;
  const bool wide = std::max(std::abs(low), std::abs(high)) > 100;
  const double from = wide ? std::asinh(low) : low, to = wide ? std::asinh(high) : high;
  std::vector<double> xs{low, high};
  for (int i = 1; i < kSteps; ++i) {
    const double t = from + (to - from) * i / kSteps;
    xs.push_back(std::clamp(wide ? std::sinh(t) : t, low, high));
  }
  for (const Activation* f : {&a, &b}) {
    for (const double kink : f->facts().kinks) {
      if (kink > low && kink < high) xs.push_back(kink);
    }
  }
  std::sort(xs.begin(), xs.end());
  return xs;
}

/// The place of a maximum of f between low and high, by golden section (Kiefer 1953).
double maximum_between(const std::function<double(double)>& f, double low, double high) {
  constexpr double kGolden = 0.6180339887498949;
  double left = high - kGolden * (high - low), right = low + kGolden * (high - low);
  double at_left = f(left), at_right = f(right);
  for (int i = 0; i < 80; ++i) {
    if (at_left >= at_right) {
      high = right, right = left, at_right = at_left;
      left = high - kGolden * (high - low), at_left = f(left);
    } else {
      low = left, left = right, at_left = at_right;
      right = low + kGolden * (high - low), at_right = f(right);
    }
  }
  return at_left >= at_right ? left : right;
}

}  // namespace

Portrait portray(const Activation& activation, int points, double range) {
  Portrait portrait;
  portrait.name = activation.name();
  portrait.spec = activation.spec();
  portrait.formula = to_text(activation.formula().body, activation.parameters());
  portrait.derivative = to_text(activation.derivative(), activation.parameters());
  portrait.derivative_from_output = derivative_from_output_text(activation);
  portrait.latex = to_latex(activation.formula().body, activation.parameters());
  for (const FormulaParameter& p : activation.parameters()) {
    portrait.parameters.emplace_back(p.name, p.value);
    if (p.learn == Learn::kYes) portrait.learnt.push_back(p.name);
  }
  portrait.known_as = known_as(activation);
  const Facts& facts = activation.facts();
  portrait.lower = facts.lower;
  portrait.upper = facts.upper;
  portrait.monotone = facts.monotone;
  portrait.kinks = facts.kinks;
  portrait.saturates = side_name(facts.saturates);
  portrait.sup_slope = facts.sup_slope;
  portrait.has_kernel = activation.implementation() == Implementation::kKernel;
  add_moments(activation, portrait);
  for (int i = 0; i < points; ++i) {
    const double x = range * (2.0 * i - (points - 1)) / std::max(1, points - 1);
    portrait.curve.push_back({x, activation.value(x), activation.slope(x)});
  }
  return portrait;
}

Difference largest_difference(const Activation& a, const Activation& b, double low, double high) {
  const auto distance = [&](double x) { return apart(a, b, x); };
  const std::vector<double> xs = places(a, b, low, high);
  std::size_t best = 0;
  double largest = -1;
  for (std::size_t i = 0; i < xs.size(); ++i) {
    if (const double d = distance(xs[i]); d > largest) largest = d, best = i;
  }
  Difference difference{low, high, largest, xs[best]};
  if (largest > 0 && std::isfinite(largest)) {
    const double x = maximum_between(distance, xs[best > 0 ? best - 1 : 0], xs[std::min(best + 1, xs.size() - 1)]);
    if (const double refined = distance(x); refined > largest) difference.largest = refined, difference.at = x;
  }
  difference.a = a.value(difference.at);
  difference.b = b.value(difference.at);
  return difference;
}

}  // namespace rectify
