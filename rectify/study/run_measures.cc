#include "rectify/study/run_measures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rectify/diagnose/diagnosis.h"
#include "rectify/diagnose/measures.h"
#include "rectify/diagnose/verdict.h"

namespace rectify {
namespace {

void put(Measures& out, const std::string& name, const std::optional<double>& value) {
  if (value && !std::isnan(*value)) out[name] = *value;
}

/// The mean over layers of those value(layer) that are defined.
template <class Value>
std::optional<double> mean_over(const std::vector<LayerStats>& layers, const Value& value) {
  double sum = 0;
  int count = 0;
  for (const LayerStats& layer : layers) {
    if (const std::optional<double> one = value(layer)) sum += *one, ++count;
  }
  if (count == 0) return std::nullopt;
  return sum / count;
}

std::optional<double> flat_share(const LayerStats& layer) {
  const double pairs = static_cast<double>(layer.sums.samples) * static_cast<double>(layer.sums.flat.size());
  if (!(pairs > 0)) return std::nullopt;
  return std::accumulate(layer.sums.flat.begin(), layer.sums.flat.end(), 0.0) / pairs;
}

/// log10 of the layer's rms slope over the largest that its activation has.
std::optional<double> slope_loss(const LayerStats& layer) {
  const auto f = layer_activation(layer.activation);
  const auto rms = rms_slope(layer);
  if (!f || !rms || !(f->facts().sup_slope > 0) || std::isinf(f->facts().sup_slope)) return std::nullopt;
  return std::log10(*rms / f->facts().sup_slope);
}

/// log10 of the rms gradient at a layer's pre-activations.
std::optional<double> gradient_at(const LayerStats& layer) {
  if (layer.gradient_count == 0) return std::nullopt;
  return 0.5 * std::log10(layer.gradient_square / static_cast<double>(layer.gradient_count));
}

void put_layers(Measures& out, const RunRecord& run) {
  put(out, "span_start", gradient_span(run.start));
  put(out, "span_end", gradient_span(run.end));
  if (!run.start.layers.empty()) {
    put(out, "gradient_first", gradient_at(run.start.layers.front()));
    put(out, "gradient_last", gradient_at(run.start.layers.back()));
  }
  put(out, "slope_start", mean_over(run.start.layers, slope_loss));
  put(out, "slope_end", mean_over(run.end.layers, slope_loss));
  put(out, "flat_start", mean_over(run.start.layers, flat_share));
  put(out, "flat_end", mean_over(run.end.layers, flat_share));
}

using Member = std::optional<double> LayerMeasures::*;

/// The mean of a measure over the layers that have it, where any has.
void put_mean(Measures& out, const char* name, std::span<const LayerMeasures> layers, Member member) {
  double sum = 0;
  int count = 0;
  for (const LayerMeasures& layer : layers) {
    if (layer.*member) sum += *(layer.*member), ++count;
  }
  if (count > 0) out[name] = sum / count;
}

void put_diagnosis(Measures& out, std::span<const LayerMeasures> layers) {
  const std::pair<const char*, Member> kMembers[] = {{"dead_start", &LayerMeasures::dead_start},
                                                     {"dead_end", &LayerMeasures::dead},
                                                     {"revived", &LayerMeasures::revived},
                                                     {"nonlinear_use", &LayerMeasures::nonlinear_use},
                                                     {"off_centre", &LayerMeasures::off_centre}};
  for (const auto& [name, member] : kMembers) put_mean(out, name, layers, member);
  if (out.contains("dead_end") && out.contains("revived")) out["killed"] = out["dead_end"] - out["dead_start"] + out["revived"];
  if (layers.size() < 2) return;
  const auto fed = layers.subspan(1);  // the first reads the data, whose signs are no activation's doing
  put_mean(out, "one_signed", fed, &LayerMeasures::one_signed);
  put_mean(out, "one_signed_batch", fed, &LayerMeasures::one_signed_batch);
}

}  // namespace

Measures measures_of(const RunRecord& run) {
  Measures out;
  const double chance = 1.0 / std::max(1, run.classes);
  const bool diverged = run.state == RunState::kNonFinite;
  out["diverged"] = diverged ? 1 : 0;
  out["accuracy"] = run.test_accuracy.value_or(chance);
  out["learned"] = !diverged && learning(run) == Learning::kWell ? 1 : 0;
  if (!diverged && !run.train_loss.empty()) out["train_loss"] = run.train_loss.back();
  put_layers(out, run);
  put_diagnosis(out, diagnose(run).layers);
  for (std::size_t i = 0; i < run.learnt.size(); ++i) {
    if (!run.learnt[i].empty()) out[fmt::format("learnt_{}", i + 1)] = run.learnt[i].front();
  }
  return out;
}

}  // namespace rectify
