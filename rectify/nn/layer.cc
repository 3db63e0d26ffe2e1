#include "rectify/nn/layer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "rectify/base/error.h"
#include "rectify/simd/layers.h"

namespace rectify {
namespace {

constexpr std::int64_t kMostUnits = 1'000'000;

std::vector<ParameterShape> no_parameters(const Node&, std::int64_t) { return {}; }

const LayerType kInputLayer{NodeKind::kInput,
                            [](const Node& node) { check_units(node.name, node.units); },
                            [](const Node& node, std::int64_t) { return node.units; },
                            no_parameters,
                            Gradients::kApart,
                            nullptr};

const LayerType* const kLayerTypes[] = {&kInputLayer, &kDenseLayer, &kMaxoutLayer, &kActivationLayer};

}  // namespace

const LayerType& layer_type(NodeKind kind) {
  const auto found = std::find_if(std::begin(kLayerTypes), std::end(kLayerTypes), [kind](const LayerType* t) { return t->kind == kind; });
  assert(found != std::end(kLayerTypes));
  return **found;
}

std::vector<std::int64_t> widths(const Model& model) {
  std::vector<std::int64_t> all;
  for (const Node& node : model.nodes) all.push_back(layer_type(node.kind).width(node, all.empty() ? 0 : all.back()));
  return all;
}

void add_gradient_squares(std::span<const float> gradient, std::int64_t batch, LayerStats& stats) {
  const auto count = static_cast<std::int64_t>(gradient.size());
  stats.gradient_square += static_cast<double>(batch * batch) * layer_kernels().sum_of_squares(gradient.data(), count);
  stats.gradient_count += count;
}

void check_units(const std::string& name, std::int64_t units) {
  if (units < 1 || units > kMostUnits) fail("net", fmt::format("\"{}\" has {} units, wanted 1 to {}", name, units, kMostUnits));
}

}  // namespace rectify
