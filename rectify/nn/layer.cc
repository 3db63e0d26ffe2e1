#include "rectify/nn/layer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "rectify/base/error.h"
#include "rectify/simd/layers.h"

namespace rectify {
namespace {

constexpr std::int64_t kMostUnits = 1'000'000;
constexpr std::int64_t kMostExtent = 65'536;

void check_input(const Node& node) {
  check_units(node.name, node.units);
  if (node.height < 1 || node.width < 1 || node.height > kMostExtent || node.width > kMostExtent) {
    fail("net", fmt::format("\"{}\" is an image of {} x {}, wanted 1 x 1 to {} x {}", node.name, node.height, node.width, kMostExtent,
                            kMostExtent));
  }
}

const LayerType kInputLayer{.kind = NodeKind::kInput,
                            .name = "input",
                            .least_inputs = 0,
                            .most_inputs = 0,
                            .check = check_input,
                            .shape =
                                [](const Node& node, std::span<const Shape>) {
                                  return Shape{node.units, node.height, node.width};
                                },
                            .make = nullptr};

const LayerType* const kLayerTypes[] = {&kInputLayer,      &kDenseLayer,        &kConv2dLayer,    &kMaxoutLayer,
                                        &kGatedLayer,      &kActivationLayer,   &kMaxPoolLayer,   &kAveragePoolLayer,
                                        &kGlobalPoolLayer, &kFlattenLayer,      &kBatchNormLayer, &kLayerNormLayer,
                                        &kDropoutLayer,    &kAlphaDropoutLayer, &kAddLayer,       &kConcatLayer};

}  // namespace

std::span<const LayerType* const> layer_types() { return kLayerTypes; }

const LayerType& layer_type(NodeKind kind) {
  const auto found = std::find_if(std::begin(kLayerTypes), std::end(kLayerTypes), [kind](const LayerType* t) { return t->kind == kind; });
  assert(found != std::end(kLayerTypes));
  return **found;
}

std::vector<ParameterShape> no_parameters(const Node&, const Shape&) { return {}; }
Saved saves_nothing(const ActivationChoice*, bool) { return Saved::kNothing; }
bool takes_nothing(const ActivationChoice&, LeftTo) { return false; }
bool takes_relu_behind(const ActivationChoice& activation, LeftTo side) { return activation.is_relu && side == LeftTo::kInput; }
Saved saves_input(const ActivationChoice*, bool) { return Saved::kInput; }
Shape same_shape(const Node&, std::span<const Shape> inputs) { return inputs[0]; }

void add_gradient_squares(std::span<const float> gradient, std::int64_t batch, LayerStats& stats) {
  const auto count = static_cast<std::int64_t>(gradient.size());
  stats.gradient_square += static_cast<double>(batch * batch) * layer_kernels().sum_of_squares(gradient.data(), count);
  stats.gradient_count += count;
}

void check_units(const std::string& name, std::int64_t units) {
  if (units < 1 || units > kMostUnits) fail("net", fmt::format("\"{}\" has {} units, wanted 1 to {}", name, units, kMostUnits));
}

}  // namespace rectify
