#include "rectify/nn/activation_parameters.h"

#include <algorithm>

namespace rectify {

std::int64_t columns_of(ParameterSharing sharing, const Shape& shape) {
  switch (sharing) {
    case ParameterSharing::kPerUnit: return shape.size();
    case ParameterSharing::kPerChannel: return shape.channels;
    case ParameterSharing::kShared: break;
  }
  return 1;
}

std::vector<ParameterShape> learnt_shape(const Activation& activation, ParameterSharing sharing, const Shape& shape) {
  const auto all = activation.parameters();
  const std::int64_t learnt = std::count_if(all.begin(), all.end(), [](const FormulaParameter& p) { return p.learn == Learn::kYes; });
  if (learnt == 0) return {};
  return {{ParameterKind::kActivation, {learnt, columns_of(sharing, shape)}}};
}

ActivationParameters::ActivationParameters(const LayerSetup& setup, const Activation& activation) : sharing_(setup.node.sharing) {
  for (const FormulaParameter& p : activation.parameters()) {
    constants_.push_back(static_cast<float>(p.value));
    is_learnt_.push_back(p.learn == Learn::kYes);
  }
  if (!activation.learns()) return;
  learnt_ = setup.values(ParameterKind::kActivation);
  learnt_gradients_ = setup.gradients(ParameterKind::kActivation);
  columns_ = static_cast<std::size_t>(columns_of(sharing_, setup.output.shape));
  const auto size = static_cast<std::int64_t>(constants_.size() * columns_);
  setup.arena.place(all_, size);
  setup.for_backward(sums_, size);
}

void ActivationParameters::changed() {
  if (!learns()) return;
  auto learnt = learnt_.begin();
  for (std::size_t j = 0; j < constants_.size(); ++j) {
    const auto row = all_.subspan(j * columns_, columns_);
    if (is_learnt_[j]) {
      std::copy_n(learnt, columns_, row.begin());
      learnt += static_cast<std::ptrdiff_t>(columns_);
    } else {
      std::ranges::fill(row, constants_[j]);
    }
  }
}

ParameterView ActivationParameters::view() const {
  if (!learns()) return {constants_.data(), Sharing::kShared};
  return {all_.data(), are_shared() ? Sharing::kShared : Sharing::kPerColumn};
}

void ActivationParameters::clear() { std::ranges::fill(sums_, 0.0f); }

void ActivationParameters::write() {
  auto learnt = learnt_gradients_.begin();
  for (std::size_t j = 0; j < constants_.size(); ++j) {
    if (is_learnt_[j]) learnt = std::copy_n(sums_.begin() + static_cast<std::ptrdiff_t>(j * columns_), columns_, learnt);
  }
}

}  // namespace rectify
