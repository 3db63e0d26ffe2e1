#include "rectify/theory/propagation.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "rectify/base/error.h"
#include "rectify/theory/moments.h"

namespace rectify {
namespace {

constexpr double kSmallest = 1e-12, kLargest = 1e12;  // beyond these a variance has vanished or exploded
constexpr double kRounding = 1e-9;                    // of the moments
constexpr double kEdge = 1e-5;                        // of a slope beside 1
constexpr int kMostSteps = 500;                       // of a variance, each a quadrature
constexpr int kMostCorrelationSteps = 5000;           // each a sum

enum class Fate { kStays, kVanishes, kGrows };

/// What becomes of a variance layer after layer, and where it was at the end.
struct Rest {
  Fate fate;
  double variance;
};

Rest rest_of(const Activation& f, const InitialVariance& init, double q) {
  for (int step = 0; step < kMostSteps; ++step) {
    const double next = next_variance(f, init, q);
    if (!(next < kLargest)) return {Fate::kGrows, q};
    if (next <= kSmallest) return {Fate::kVanishes, q};
    if (std::abs(next - q) <= kRounding * q) return {Fate::kStays, next};
    q = next;
  }
  // What has not come to rest by now goes on slower than any power: to 0, as with tanh and weights of variance 1, or up.
  return {next_variance(f, init, q) < q ? Fate::kVanishes : Fate::kGrows, q};
}

}  // namespace

double next_variance(const Activation& f, const InitialVariance& init, double q) {
  return init.weight * gaussian_moments(f, q).second + init.bias;
}

double gradient_factor(const Activation& f, const InitialVariance& init, double q) {
  return init.weight * gaussian_moments(f, q).slope_second;
}

double variance_slope(const Activation& f, const InitialVariance& init, double q) {
  // E f^2 is smooth in q even where f is not, so a central difference has no kink to fear.
  const double step = 1e-4 * q;
  return (next_variance(f, init, q + step) - next_variance(f, init, q - step)) / (2 * step);
}

std::vector<LayerPrediction> predict_layers(const Activation& f, const InitialVariance& init, double q, int depth) {
  std::vector<LayerPrediction> layers;
  for (int layer = 0; layer < depth && std::isfinite(q) && q > 0; ++layer) {
    const GaussianMoments moments = gaussian_moments(f, q);
    layers.push_back({q, init.weight * moments.slope_second});
    q = init.weight * moments.second + init.bias;
  }
  return layers;
}

std::optional<double> fixed_variance(const Activation& f, const InitialVariance& init, double q) {
  const Rest rest = rest_of(f, init, q);
  if (rest.fate != Fate::kStays) return std::nullopt;
  return rest.variance;
}

RestingCorrelation resting_correlation(const Activation& f, const InitialVariance& init, double q) {
  const PairOf pair(f, q);
  const double variance = init.weight * pair.at(1).values + init.bias;
  double c = 0;
  for (int step = 0; step < kMostCorrelationSteps; ++step) {
    const double next = (init.weight * pair.at(c).values + init.bias) / variance;
    if (std::abs(next - c) <= kRounding) break;
    c = next;
  }
  return {c, init.weight * pair.at(c).slopes * q / variance};
}

std::optional<double> correlation_depth(const Activation& f, const InitialVariance& init) {
  const Rest rest = rest_of(f, init, 1);
  if (rest.fate == Fate::kGrows) return std::nullopt;
  double slope = gradient_factor(f, init, rest.fate == Fate::kVanishes ? kSmallest : rest.variance);
  if (slope > 1 + kEdge) slope = resting_correlation(f, init, rest.variance).slope;
  if (slope > 1 - kEdge) return std::numeric_limits<double>::infinity();
  return -1 / std::log(slope);
}

std::optional<double> trainable_depth(const Activation& f, const InitialVariance& init) {
  const std::optional<double> depth = correlation_depth(f, init);
  if (!depth) return std::nullopt;
  return 6 * *depth;
}

std::optional<InitialVariance> edge_of_chaos(const Activation& f, double q) {
  const GaussianMoments moments = gaussian_moments(f, q);
  if (!(moments.slope_second > 0) || !std::isfinite(moments.slope_second) || !std::isfinite(moments.second)) return std::nullopt;
  const double bias = q - moments.second / moments.slope_second;
  if (bias < -kRounding * q) return std::nullopt;
  return InitialVariance{1 / moments.slope_second, bias < kRounding * q ? 0 : bias};
}

CriticalPoint critical_point(const Activation& f) {
  std::optional<CriticalPoint> first;
  for (const double q : {1.0, 2.0, 4.0, 8.0}) {
    const std::optional<InitialVariance> edge = edge_of_chaos(f, q);
    if (!edge) continue;
    if (variance_slope(f, *edge, q) <= 1 + 1e-6) return {*edge, q};
    if (!first) first = CriticalPoint{*edge, q};
  }
  if (first) return *first;
  fail("init", fmt::format("{} has no edge of chaos at variances from 1 to 8, so critical weights do not exist: centre it, as in \"{}(x) - "
                           "{:.2g}\", or write --init auto",
                           f.spec(), f.spec(), gaussian_moments(f).mean));
}

}  // namespace rectify
