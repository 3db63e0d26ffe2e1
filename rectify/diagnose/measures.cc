#include "rectify/diagnose/measures.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "rectify/activation/gated.h"

namespace rectify {
namespace {

/// A unit is saturated if it is flat on more than this share of the samples (design: "Per unit: flat on > 90 % of samples").
constexpr double kSaturatedShare = 0.9;

std::optional<double> ratio(double part, double whole) {
  if (!(whole > 0) || !std::isfinite(part / whole)) return std::nullopt;
  return part / whole;
}

template <class T, class Predicate>
std::optional<double> share_of(const std::vector<T>& values, const Predicate& holds) {
  return ratio(static_cast<double>(std::count_if(values.begin(), values.end(), holds)), static_cast<double>(values.size()));
}

std::optional<double> off_centre(const UnitSums& sums) {
  const double n = static_cast<double>(sums.samples);
  double of_mean = 0, mean_of = 0;
  for (std::size_t u = 0; u < sums.y.size(); ++u) {
    of_mean += std::pow(sums.y[u] / n, 2);
    mean_of += sums.yy[u] / n;
  }
  return ratio(of_mean, mean_of);
}

/// 1 - R^2 of each unit's best straight line, weighted by the variance of its output.
std::optional<double> nonlinear_use(const UnitSums& sums) {
  const double n = static_cast<double>(sums.samples);
  double total = 0, explained = 0;
  for (std::size_t u = 0; u < sums.y.size(); ++u) {
    const double x = sums.x[u] / n, y = sums.y[u] / n;
    const double variance_x = sums.xx[u] / n - x * x, variance_y = sums.yy[u] / n - y * y, covariance = sums.xy[u] / n - x * y;
    if (!(variance_y > 0)) continue;
    total += variance_y;
    if (variance_x > 0) explained += std::min(variance_y, covariance * covariance / variance_x);
  }
  const auto share = ratio(explained, total);
  if (!share) return std::nullopt;
  // The sums of a straight line itself leave rounding of single precision behind.
  const double use = 1 - *share;
  return use < 1e-6 ? 0 : use;
}

void measure_slopes(const UnitSums& sums, const Facts& facts, LayerMeasures& measures) {
  const double n = static_cast<double>(sums.samples);
  if (facts.saturates == Saturates::kBoth) {
    measures.saturated = share_of(sums.flat, [n](std::int64_t flat) { return static_cast<double>(flat) > kSaturatedShare * n; });
  } else if (facts.saturates != Saturates::kNone) {
    const double flat = std::accumulate(sums.flat.begin(), sums.flat.end(), 0.0);
    measures.inactive = ratio(flat, n * static_cast<double>(sums.flat.size()));
  }
}

using Measure = std::optional<double> LayerMeasures::*;

void take_worse(std::optional<double>& worst, const std::optional<double>& value, bool smaller_is_worse) {
  if (value && (!worst || (smaller_is_worse ? *value < *worst : *value > *worst))) worst = value;
}

}  // namespace

std::vector<bool> dead_units(const UnitSums& sums) {
  std::vector<bool> dead;
  for (const std::int64_t zeros : sums.zero) dead.push_back(sums.samples > 0 && zeros == sums.samples);
  return dead;
}

std::optional<Activation> layer_activation(std::string_view spec) {
  if (spec == "maxout" || spec.starts_with("maxout(")) return std::nullopt;
  if (is_gated_name(spec) || spec.starts_with("gated(")) return std::nullopt;
  return Activation(spec);
}

LayerMeasures measure(const LayerStats& start, const LayerStats& end, const std::optional<Activation>& activation) {
  LayerMeasures measures;
  measures.name = end.name;
  const std::vector<bool> dead_before = dead_units(start.sums), dead_after = dead_units(end.sums);
  const auto is_true = [](bool b) { return b; };
  measures.dead_start = share_of(dead_before, is_true);
  measures.dead = share_of(dead_after, is_true);
  double revived = 0;
  for (std::size_t u = 0; u < std::min(dead_before.size(), dead_after.size()); ++u) revived += dead_before[u] && !dead_after[u];
  measures.revived = ratio(revived, static_cast<double>(dead_after.size()));
  measures.off_centre = off_centre(end.sums);
  measures.one_signed = ratio(static_cast<double>(end.one_signed_samples), static_cast<double>(end.input_samples));
  measures.one_signed_batch = ratio(static_cast<double>(end.one_signed_units), static_cast<double>(end.gradient_units));
  if (const auto square = ratio(end.gradient_square, static_cast<double>(end.gradient_count))) measures.grad_rms = std::sqrt(*square);
  if (activation) {
    measures.nonlinear_use = nonlinear_use(end.sums);
    measure_slopes(end.sums, activation->facts(), measures);
  }
  return measures;
}

LayerMeasures worst_of(const std::vector<LayerMeasures>& layers) {
  LayerMeasures worst;
  for (const LayerMeasures& layer : layers) {
    for (const Measure m : {&LayerMeasures::saturated, &LayerMeasures::inactive, &LayerMeasures::off_centre, &LayerMeasures::one_signed,
                            &LayerMeasures::one_signed_batch, &LayerMeasures::dead, &LayerMeasures::dead_start, &LayerMeasures::revived}) {
      take_worse(worst.*m, layer.*m, false);
    }
    take_worse(worst.nonlinear_use, layer.nonlinear_use, true);
    take_worse(worst.grad_rms, layer.grad_rms, true);
  }
  return worst;
}

std::optional<double> gradient_span(const NetworkStats& stats) {
  if (stats.layers.empty()) return std::nullopt;
  const auto mean_square = [](const LayerStats& layer) { return ratio(layer.gradient_square, static_cast<double>(layer.gradient_count)); };
  const auto first = mean_square(stats.layers.front()), last = mean_square(stats.layers.back());
  if (!first || !last || !(*last > 0)) return std::nullopt;
  return 0.5 * std::log10(*first / *last);
}

std::optional<double> rms_slope(const LayerStats& layer) {
  const double sum = std::accumulate(layer.sums.dd.begin(), layer.sums.dd.end(), 0.0);
  const auto square = ratio(sum, static_cast<double>(layer.sums.samples) * static_cast<double>(layer.sums.dd.size()));
  if (!square) return std::nullopt;
  return std::sqrt(*square);
}

}  // namespace rectify
