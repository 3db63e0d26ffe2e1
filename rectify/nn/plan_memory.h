// Which values and gradients of a plan lie in the same memory, and for how long.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "rectify/nn/layer.h"
#include "rectify/tensor/arena.h"

namespace rectify {

/// Whether a plan can go backward.
enum class Mode { kInference, kTraining };

/// Memory that nodes share one after the other, or that one overwrites in place.
struct MemoryBlock {
  std::int64_t size;  ///< values a sample
  Lifetime lifetime;
};

/// Where the gradient goes that a node's backward pass gives to one of its inputs.
struct GradientEdge {
  std::optional<std::size_t> block;  ///< none where the input wants no gradient
  bool is_added = false;             ///< to what another reader of the same input wrote; else it is the input's gradient itself
};

/// The memory of all nodes of a model, in their order.
struct PlanMemory {
  std::vector<MemoryBlock> blocks;
  std::vector<std::size_t> values;                    ///< the block of each node's values
  std::vector<std::optional<std::size_t>> gradients;  ///< that of its gradient, where it wants one
  std::vector<std::vector<GradientEdge>> edges;       ///< of each node's inputs
  std::vector<Saved> saved;                           ///< what each node needs again backward
  std::vector<LeftTo> left_to;                        ///< which activations leave their work to a node next to them
  std::vector<const ActivationChoice*> takes;         ///< the activation that a node computes for another, null for none
};

/// When node `i` of `count` runs. The loss is computed at moment `count`.
inline LayerTimes times_of(std::size_t i, std::size_t count) {
  return {static_cast<std::int64_t>(i), static_cast<std::int64_t>(2 * count - i)};
}

/// The activation of each node that has one, else null.
std::vector<const ActivationChoice*> choose_activations(const Model& model);

/// Finds the memory of a valid model: values in place where nobody needs what they overwrite, gradients in place, each block alive from the
/// first that writes it to the last that reads it. The input's values stay, and so do the last node's. `choices` holds an entry for each
/// node, null where it has no activation.
PlanMemory find_memory(const Model& model, std::span<const ActivationChoice* const> choices, Mode mode);

/// The bytes of values and gradients that a plan for `batch` samples needs; what its layers keep for themselves comes on top.
std::size_t least_plan_bytes(const Model& model, std::int64_t batch, Mode mode);

}  // namespace rectify
