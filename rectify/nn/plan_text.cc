#include "rectify/nn/plan_text.h"

#include <fmt/format.h>

namespace rectify {
namespace {

std::string kind_text(const Node& node) {
  std::string text = layer_type(node.kind).name;
  if (node.kernel > 0) text += fmt::format(" {0}x{0}", node.kernel);
  if (node.stride > 1) text += fmt::format(" /{}", node.stride);
  if (node.groups > 1) text += fmt::format(" in {} groups", node.groups);
  if (node.kind == NodeKind::kMaxout) text += fmt::format(" of {}", node.pieces);
  if (node.rate > 0) text += fmt::format(" {}", node.rate);
  return node.activation.empty() ? text : fmt::format("{} {}", text, node.activation);
}

std::string saved_text(const Node& node, Saved saved) {
  switch (node.kind) {
    case NodeKind::kMaxPool: return "place of each maximum";
    case NodeKind::kMaxout: return "input, piece";
    case NodeKind::kGated: return "input, both maps";
    case NodeKind::kBatchNorm:
    case NodeKind::kLayerNorm: return "input, moments";
    default: break;
  }
  switch (saved) {
    case Saved::kInput: return "input";
    case Saved::kOutput: return "output";
    case Saved::kMask: return "mask";
    case Saved::kNothing: break;
  }
  return "";
}

}  // namespace

PlanStep describe_step(const Node& node, Saved saved, LeftTo left_to, const ActivationChoice* takes) {
  PlanStep step;
  step.name = node.name;
  step.kind = kind_text(node);
  step.saved = saved_text(node, saved);
  if (node.kind == NodeKind::kMaxPool && takes != nullptr && !takes->is_relu) step.saved = "place of each maximum, input there";
  if (left_to == LeftTo::kNobody) return step;
  if (!step.saved.empty()) step.saved += ", ";
  step.saved += left_to == LeftTo::kReader ? "left to the pool" : "left to its input";
  return step;
}

}  // namespace rectify
