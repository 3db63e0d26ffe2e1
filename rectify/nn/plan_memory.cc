#include "rectify/nn/plan_memory.h"

#include <algorithm>

namespace rectify {
namespace {

class Finder {
 public:
  Finder(const Model& model, std::span<const ActivationChoice* const> choices, Mode mode)
      : model_(model),
        choices_(choices),
        mode_(mode),
        count_(model.nodes.size()),
        shapes_(shapes(model)),
        reads_(input_indices(model)),
        last_read_(count_, 0),
        kept_until_(count_, 0) {
    for (std::size_t i = 0; i < count_; ++i) {
      for (const std::size_t input : reads_[i]) last_read_[input] = i;
    }
  }

  PlanMemory find() {
    memory_.saved.assign(count_, Saved::kNothing);
    memory_.left_to.assign(count_, LeftTo::kNobody);
    memory_.takes.assign(count_, nullptr);
    memory_.gradients.resize(count_);
    memory_.edges.resize(count_);
    for (std::size_t i = 0; i < count_; ++i) memory_.edges[i].resize(reads_[i].size());
    for (std::size_t i = 1; i < count_; ++i) {
      if (can_leave(i, last_read_[i], LeftTo::kReader)) leave(i, last_read_[i], LeftTo::kReader);
    }
    if (mode_ == Mode::kTraining) choose_saved();
    place_values();
    leave_relus_to_inputs();
    if (mode_ == Mode::kTraining) place_gradients();
    return std::move(memory_);
  }

 private:
  const LayerType& type(std::size_t i) const { return layer_type(model_.nodes[i].kind); }

  /// From the last node to the first, so that what the readers keep is known.
  void choose_saved() {
    for (std::size_t i = count_ - 1; i > 0; --i) {
      const bool saves = memory_.left_to[i] != LeftTo::kReader;
      const Saved saved = memory_.saved[i] = saves ? type(i).saved(choices_[i], kept_until_[i] > 0) : Saved::kNothing;
      const std::int64_t until = times_of(i, count_).backward;
      if (saved == Saved::kOutput) kept_until_[i] = std::max(kept_until_[i], until);
      if (saved == Saved::kInput) kept_until_[reads_[i][0]] = std::max(kept_until_[reads_[i][0]], until);
      // A view's values are those of its input.
      if (type(i).values == Place::kView) kept_until_[reads_[i][0]] = std::max(kept_until_[reads_[i][0]], kept_until_[i]);
    }
  }

  /// Whether node `i` may write over its first input: nobody needs any of what lies there any more.
  bool may_overwrite(std::size_t i) const {
    const std::size_t block = memory_.values[reads_[i][0]];
    if (block == memory_.values[0]) return false;
    for (std::size_t j = 1; j < i; ++j) {
      if (memory_.values[j] == block && (last_read_[j] > i || kept_until_[j] > 0)) return false;
    }
    return std::count_if(reads_[i].begin(), reads_[i].end(), [&](std::size_t input) { return memory_.values[input] == block; }) == 1;
  }

  void place_values() {
    constexpr std::int64_t kForever = Lifetime().last;
    for (std::size_t i = 0; i < count_; ++i) {
      const Place place = memory_.left_to[i] == LeftTo::kReader ? Place::kView : type(i).values;
      const bool shares = place == Place::kView || (place == Place::kInPlace && may_overwrite(i));
      if (!shares) memory_.blocks.push_back({shapes_[i].size(), {static_cast<std::int64_t>(i), static_cast<std::int64_t>(i)}});
      memory_.values.push_back(shares ? memory_.values[reads_[i][0]] : memory_.blocks.size() - 1);
      MemoryBlock& block = memory_.blocks[memory_.values[i]];
      const bool stays = i == 0 || i + 1 == count_;
      block.lifetime.last = std::max({block.lifetime.last, static_cast<std::int64_t>(last_read_[i]), kept_until_[i], stays ? kForever : 0});
    }
    memory_.blocks[0].lifetime.first = 0;
  }

  std::size_t readers(std::size_t i) const {
    std::size_t count = 0;
    for (const auto& inputs : reads_) count += static_cast<std::size_t>(std::ranges::count(inputs, i));
    return count;
  }

  /// Whether node `i` is an activation that node `other`, its only reader or of which it is the only one, can compute. Values are the same
  /// to the bit, and so are gradients but for the sign of a zero, as long as dy is finite, and for the order of sums where windows overlap:
  /// where a max pool chose nothing or ReLU is shut they are 0, not 0 * dy.
  bool can_leave(std::size_t i, std::size_t other, LeftTo side) const {
    return model_.nodes[i].kind == NodeKind::kActivation && !choices_[i]->activation.learns() && type(other).takes(*choices_[i], side) &&
           readers(side == LeftTo::kReader ? i : other) == 1;
  }

  void leave(std::size_t i, std::size_t other, LeftTo side) {
    memory_.left_to[i] = side;
    memory_.takes[other] = choices_[i];
  }

  /// A ReLU that overwrites what it reads is computed by the batch norm or sum that it alone reads, where its output is kept anyway: until
  /// that node goes back.
  void leave_relus_to_inputs() {
    for (std::size_t i = 1; i < count_; ++i) {
      const std::size_t input = reads_[i][0];
      const bool is_kept = mode_ == Mode::kInference || memory_.saved[i] == Saved::kOutput;
      if (!is_kept || memory_.left_to[i] != LeftTo::kNobody || memory_.values[i] != memory_.values[input]) continue;
      if (!can_leave(i, input, LeftTo::kInput)) continue;
      leave(i, input, LeftTo::kInput);
      std::int64_t& last = memory_.blocks[memory_.values[i]].lifetime.last;
      if (mode_ == Mode::kTraining) last = std::max(last, times_of(input, count_).backward);
    }
  }

  /// Which nodes want a gradient: those with parameters in them or before them.
  std::vector<bool> wanting() const {
    std::vector<bool> wants(count_, false);
    for (std::size_t i = 1; i < count_; ++i) {
      wants[i] = !type(i).parameters(model_.nodes[i], shapes_[reads_[i][0]]).empty() ||
                 std::any_of(reads_[i].begin(), reads_[i].end(), [&](std::size_t input) { return wants[input]; });
    }
    return wants;
  }

  std::size_t new_block(std::size_t node, std::int64_t moment) {
    memory_.blocks.push_back({shapes_[node].size(), {moment, moment}});
    return memory_.blocks.size() - 1;
  }

  void place_gradients() {
    const std::vector<bool> wants = wanting();
    if (wants.back()) memory_.gradients.back() = new_block(count_ - 1, static_cast<std::int64_t>(count_));
    for (std::size_t i = count_ - 1; i > 0; --i) {
      if (!wants[i]) continue;
      const std::int64_t moment = times_of(i, count_).backward;
      const std::size_t mine = *memory_.gradients[i];
      memory_.blocks[mine].lifetime.last = std::max(memory_.blocks[mine].lifetime.last, moment);
      for (std::size_t k = 0; k < reads_[i].size(); ++k) {
        const std::size_t input = reads_[i][k];
        if (!wants[input]) continue;
        const bool in_place = k == 0 && type(i).gradient == Place::kInPlace;
        GradientEdge& edge = memory_.edges[i][k];
        edge.block = in_place ? mine : new_block(input, moment);
        edge.is_added = memory_.gradients[input].has_value();
        if (!edge.is_added) memory_.gradients[input] = edge.block;
      }
    }
  }

  const Model& model_;
  std::span<const ActivationChoice* const> choices_;
  Mode mode_;
  std::size_t count_;
  std::vector<Shape> shapes_;
  std::vector<std::vector<std::size_t>> reads_;
  std::vector<std::size_t> last_read_;    // by whom last in the forward pass
  std::vector<std::int64_t> kept_until_;  // until when in the backward pass; 0: not beyond the forward pass
  PlanMemory memory_;
};

}  // namespace

PlanMemory find_memory(const Model& model, std::span<const ActivationChoice* const> choices, Mode mode) {
  return Finder(model, choices, mode).find();
}

std::vector<const ActivationChoice*> choose_activations(const Model& model) {
  std::vector<const ActivationChoice*> all;
  for (const Node& node : model.nodes) {
    const bool has_one = node.kind == NodeKind::kActivation || node.kind == NodeKind::kGated;
    all.push_back(has_one ? &activation_choice(node.activation) : nullptr);
  }
  return all;
}

std::size_t least_plan_bytes(const Model& model, std::int64_t batch, Mode mode) {
  const PlanMemory memory = find_memory(model, choose_activations(model), mode);
  Arena arena;
  std::span<float> unused;
  for (const MemoryBlock& block : memory.blocks) arena.place(unused, batch * block.size, block.lifetime);
  arena.lay_out();
  return arena.bytes();
}

}  // namespace rectify
