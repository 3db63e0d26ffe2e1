#include "rectify/nn/parameter_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <numeric>

#include "rectify/base/error.h"
#include "rectify/nn/layer.h"

namespace rectify {
namespace {

constexpr std::int64_t kSlotAlignment = kAlignment / sizeof(float);

std::int64_t aligned(std::int64_t offset) { return (offset + kSlotAlignment - 1) / kSlotAlignment * kSlotAlignment; }

const char* kind_name(ParameterKind kind) {
  constexpr std::array kNames{"weight", "bias", "activation parameter", "scale", "shift", "running mean", "running variance"};
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace

std::int64_t ParameterSlot::size() const { return std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>()); }

std::vector<ParameterSlot> ParameterStore::layout(const Model& model) {
  validate(model);
  const std::vector<Shape> shape = shapes(model);
  const auto reads = input_indices(model);
  std::vector<ParameterSlot> slots;
  std::int64_t end = 0;
  for (std::size_t i = 1; i < model.nodes.size(); ++i) {
    const Node& node = model.nodes[i];
    for (auto& [kind, extents] : layer_type(node.kind).parameters(node, shape[reads[i][0]])) {
      slots.push_back({node.name, kind, end, std::move(extents)});
      end = aligned(end + slots.back().size());
    }
  }
  return slots;
}

ParameterStore::ParameterStore(const Model& model) : slots_(layout(model)) {
  const std::int64_t size = slots_.empty() ? 0 : aligned(slots_.back().offset + slots_.back().size());
  values_.resize(size);
  gradients_.resize(size);
  for (const ParameterSlot& slot : slots_) {
    if (slot.kind == ParameterKind::kScale || slot.kind == ParameterKind::kRunningVariance) std::ranges::fill(values(slot), 1.0f);
  }
}

const ParameterSlot& ParameterStore::slot(std::string_view node, ParameterKind kind) const {
  const auto found = std::find_if(slots_.begin(), slots_.end(), [&](const ParameterSlot& s) { return s.node == node && s.kind == kind; });
  if (found == slots_.end()) fail("parameters", fmt::format("node \"{}\" has no {}", node, kind_name(kind)));
  return *found;
}

std::int64_t ParameterStore::count() const {
  return std::accumulate(slots_.begin(), slots_.end(), std::int64_t{0},
                         [](std::int64_t sum, const ParameterSlot& s) { return sum + (s.is_learnt() ? s.size() : 0); });
}

}  // namespace rectify
