#include "rectify/nn/lsuv.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "rectify/nn/plan.h"

namespace rectify {
namespace {

/// The nodes that node `last` depends on, and itself.
Model up_to(const Model& model, std::size_t last) {
  const auto reads = input_indices(model);
  std::vector<bool> needed(last + 1);
  needed[last] = true;
  for (std::size_t i = last; i > 0; --i) {
    for (const std::size_t input : reads[i]) needed[input] = needed[input] || needed[i];
  }
  Model part;
  for (std::size_t i = 0; i <= last; ++i) {
    if (needed[i]) part.nodes.push_back(model.nodes[i]);
  }
  return part;
}

double deviation_of(std::span<const float> values) {
  double mean = 0, square = 0;
  for (const float value : values) mean += value / static_cast<double>(values.size());
  for (const float value : values) square += (value - mean) * (value - mean) / static_cast<double>(values.size());
  return std::sqrt(square);
}

/// Scales the weights of the last node of `part`.
void scale_last(const Model& part, double deviation, std::span<const float> x, std::int64_t batch, Backend& backend,
                ParameterStore& store) {
  constexpr int kMostRounds = 10;
  constexpr double kNear = 0.01, kLeastPower = 0.25, kMostPower = 4;
  ParameterStore own(part);
  for (const ParameterSlot& slot : own.slots()) {
    const auto from = store.values(store.slot(slot.node, slot.kind));
    std::copy(from.begin(), from.end(), own.values(slot).begin());
  }
  Plan plan(part, own, backend, batch, Mode::kInference);
  std::copy(x.begin(), x.end(), plan.input().begin());
  const std::span<float> weights = own.values(own.slot(part.nodes.back().name, ParameterKind::kWeight));
  double power = 1, last_factor = 1, last = 0;  // the deviation goes with this power of the weights, about: 2 for a gated layer
  for (int round = 0; round < kMostRounds; ++round) {
    plan.parameters_changed();
    plan.forward();
    const double got = deviation_of(plan.logits());
    if (round > 0) power = std::clamp(std::log(got / last) / std::log(last_factor), kLeastPower, kMostPower);
    const double factor = std::pow(deviation / got, 1 / power);
    if (!std::isfinite(factor) || std::abs(deviation / got - 1) < kNear) break;
    for (float& weight : weights) weight = static_cast<float>(weight * factor);
    last = got;
    last_factor = factor;
  }
  std::copy(weights.begin(), weights.end(), store.values(store.slot(part.nodes.back().name, ParameterKind::kWeight)).begin());
}

}  // namespace

void scale_to_deviation(const Model& model, double deviation, std::span<const float> x, std::int64_t batch, Backend& backend,
                        ParameterStore& store) {
  for (std::size_t i = 1; i < model.nodes.size(); ++i) {
    const auto has_weights = [&](const ParameterSlot& slot) {
      return slot.node == model.nodes[i].name && slot.kind == ParameterKind::kWeight;
    };
    if (std::ranges::any_of(store.slots(), has_weights)) scale_last(up_to(model, i), deviation, x, batch, backend, store);
  }
}

}  // namespace rectify
