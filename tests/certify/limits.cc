#include "limits.h"

#include <cmath>
#include <limits>
#include <string_view>

#include "rectify/formula/derivative.h"

namespace rectify::certify {
namespace {

constexpr double kUlp = 3, kPiecewiseLinearUlp = 0.5, kGradientUlp = 4;
constexpr double kGradientSubnormal = 2;
constexpr double kNearRoot = 0x1p-23;  // of largest_slope()

/// Activations that are allowed something of their own.
struct Exception {
  std::string_view name;
  Direction direction;
  double ulp, absolute;
};
constexpr Exception kExceptions[] = {
    {"gelu", Direction::kForward, 5, 0},          {"mish", Direction::kForward, 4, 0},           {"mish", Direction::kGradient, 7, 0},
    {"gelu_tanh", Direction::kForward, 30, 1e-7}, {"quick_gelu", Direction::kForward, 30, 1e-7},
};

/// Where f' changes its sign on [-16, 16] without a jump; none where it does so more often than a few times.
std::vector<double> roots_of_slope(const Activation& activation) {
  constexpr int kSteps = 1024;
  constexpr double kStep = 1.0 / 64;
  constexpr std::size_t kFew = 3;
  std::vector<double> roots;
  for (int i = -kSteps; i < kSteps; ++i) {
    // Half a step aside, which keeps clear of simple kinks and roots.
    double a = (i - 0.5) * kStep, b = (i + 0.5) * kStep;
    if (!(activation.slope(a) * activation.slope(b) < 0)) continue;
    for (int bit = 0; bit < 60; ++bit) {
      const double middle = (a + b) / 2;
      (activation.slope(middle) * activation.slope(a) > 0 ? a : b) = middle;
    }
    if (std::abs(activation.slope(b) - activation.slope(a)) < 1e-6) roots.push_back(b);
  }
  return roots.size() <= kFew ? roots : std::vector<double>();
}

/// The largest |f'|, on [-3, 3] where it has no bound.
double largest_slope(const Facts& facts) {
  constexpr double kFlat = 0.05;  // its share that is the threshold
  return std::isfinite(facts.sup_slope) ? facts.sup_slope : facts.flat_threshold / kFlat;
}

}  // namespace

const char* name_of(Direction direction) { return direction == Direction::kForward ? "forward" : "gradient"; }

Limits limits_of(const Activation& activation, Direction direction) {
  Limits limits;
  if (direction == Direction::kForward) {
    limits.ulp = derivative(activation.derivative()).is_constant(0) ? kPiecewiseLinearUlp : kUlp;
  } else {
    limits.ulp = kGradientUlp;
    limits.subnormal = kGradientSubnormal;
    limits.signed_zeros = false;  // on which side a gradient vanishes is nothing to anyone
    limits.roots = roots_of_slope(activation);
    limits.near_root = kNearRoot * largest_slope(activation.facts());
  }
  for (const Exception& e : kExceptions) {
    if (e.name != activation.name() || e.direction != direction) continue;
    limits.ulp = e.ulp;
    limits.absolute = e.absolute;
  }
  if (activation.implementation() == Implementation::kTiles) limits.ulp = std::numeric_limits<double>::infinity();
  return limits;
}

}  // namespace rectify::certify
