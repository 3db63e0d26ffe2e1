#include "rectify/nn/network_builder.h"

#include <fmt/format.h>

#include "rectify/activation/gated.h"
#include "rectify/nn/layer.h"

namespace rectify {

NetworkBuilder::NetworkBuilder(const Shape& input, std::string_view activation)
    : activation_(activation), is_gated_(is_gated_name(activation)) {
  if (!is_maxout(activation, &pieces_)) pieces_ = 0;
  model_.nodes.push_back(
      {.name = "input", .kind = NodeKind::kInput, .units = input.channels, .height = input.height, .width = input.width});
}

std::string NetworkBuilder::add(Node node) {
  if (node.inputs.empty()) node.inputs = {last()};
  const std::string name = node.name;
  for (int copy = 2; !names_.insert(node.name).second; ++copy) node.name = fmt::format("{}.{}", name, copy);
  layer_type(node.kind).check(node);  // shapes are inferred before the model is whole
  model_.nodes.push_back(std::move(node));
  return last();
}

std::string NetworkBuilder::hidden(Node map, NormKind norm) {
  ++count_;
  const std::string hidden_name = fmt::format("hidden {}", count_);
  const bool joined = pieces_ > 0 || is_gated_;
  if (joined) {
    map.name = hidden_name;
    map.kind = pieces_ > 0 ? NodeKind::kMaxout : NodeKind::kGated;
    map.pieces = pieces_;
    if (is_gated_) map.activation = activation_;
  } else {
    map.name = fmt::format("{} {}", map.kernel > 0 ? "conv" : "dense", count_);
    map.kind = map.kernel > 0 ? NodeKind::kConv2d : NodeKind::kDense;
    if (norm == NormKind::kBatch) map.bias = Bias::kWithout;
  }
  add(std::move(map));
  if (norm != NormKind::kNone) {
    add({.name = fmt::format("norm {}", count_), .kind = norm == NormKind::kBatch ? NodeKind::kBatchNorm : NodeKind::kLayerNorm});
  }
  return joined ? last() : activate(hidden_name);
}

std::string NetworkBuilder::activate(const std::string& name) {
  if (pieces_ > 0 || is_gated_) return last();
  return add({.name = name, .kind = NodeKind::kActivation, .activation = activation_});
}

void NetworkBuilder::flatten() {
  if (!shapes(model_).back().is_vector()) add({.name = "flatten", .kind = NodeKind::kFlatten});
}

void NetworkBuilder::output(std::int64_t units) {
  flatten();
  add({.name = "output", .kind = NodeKind::kDense, .units = units});
}

Model NetworkBuilder::finish() && {
  validate(model_);
  return std::move(model_);
}

}  // namespace rectify
