#include <algorithm>

#include "rectify/nn/layer.h"

namespace rectify {
namespace {

bool is_learnt(const FormulaParameter& p) { return p.learn == Learn::kYes; }

/// y = f(x) for each value. Where f learns, each unit has parameters of its own.
class ActivationLayer : public Layer {
 public:
  explicit ActivationLayer(const LayerSetup& setup)
      : name_(setup.node.name),
        activation_(*setup.activation),
        extent_{static_cast<std::size_t>(setup.batch), static_cast<std::size_t>(setup.output.width)},
        input_(setup.input),
        output_(setup.output) {
    for (const FormulaParameter& p : activation_.parameters()) constants_.push_back(static_cast<float>(p.value));
    if (!activation_.learns()) return;
    const ParameterSlot& slot = setup.store.slot(name_, ParameterKind::kActivation);
    learnt_ = setup.store.values(slot).data();
    learnt_gradients_ = setup.store.gradients(slot).data();
    setup.arena.place(per_unit_, static_cast<std::int64_t>(constants_.size() * extent_.cols));
    setup.arena.place(per_unit_gradients_, static_cast<std::int64_t>(constants_.size() * extent_.cols));
  }

  void parameters_changed() override {
    if (learnt_ == nullptr) return;
    const float* learnt = learnt_;
    for (std::size_t j = 0; j < constants_.size(); ++j) {
      float* const row = per_unit_.data() + j * extent_.cols;
      if (is_learnt(activation_.parameters()[j])) {
        std::copy_n(learnt, extent_.cols, row);
        learnt += extent_.cols;
      } else {
        std::fill_n(row, extent_.cols, constants_[j]);
      }
    }
  }

  void forward(LayerStats* stats) override {
    const float* const x = input_.values.data();
    float* const y = output_.values.data();
    if (stats == nullptr) return activation_.forward(x, y, extent_, parameters());
    activation_.forward_recording(x, y, extent_, parameters(), column_sums(stats->sums));
    stats->sums.samples += static_cast<std::int64_t>(extent_.rows);
  }

  void backward(LayerStats* stats) override {
    const float* const x = input_.values.data();
    float* const gradient = output_.gradient.data();
    if (learnt_ != nullptr) parameter_gradients(x, gradient);
    activation_.grad_from_input(x, gradient, gradient, extent_, parameters());
    if (stats != nullptr) add_gradient_squares(output_.gradient, static_cast<std::int64_t>(extent_.rows), *stats);
  }

  std::optional<LayerStats> make_stats() const override {
    LayerStats stats;
    stats.name = name_;
    stats.activation = activation_.spec();
    stats.sums = UnitSums::zeros(static_cast<std::int64_t>(extent_.cols));
    return stats;
  }

 private:
  ParameterView parameters() const {
    if (learnt_ == nullptr) return {constants_.data(), Sharing::kShared};
    return {per_unit_.data(), Sharing::kPerColumn};
  }

  void parameter_gradients(const float* x, const float* dy) {
    std::fill(per_unit_gradients_.begin(), per_unit_gradients_.end(), 0.0f);
    activation_.grad_parameters(x, dy, per_unit_gradients_.data(), extent_, parameters());
    float* learnt = learnt_gradients_;
    for (std::size_t j = 0; j < constants_.size(); ++j) {
      if (is_learnt(activation_.parameters()[j])) {
        learnt = std::copy_n(per_unit_gradients_.data() + j * extent_.cols, extent_.cols, learnt);
      }
    }
  }

  ColumnSums column_sums(UnitSums& sums) const {
    return {
        sums.x.data(),  sums.xx.data(),   sums.y.data(),    sums.yy.data(),        sums.xy.data(),
        sums.dd.data(), sums.zero.data(), sums.flat.data(), sums.histogram.data(), static_cast<float>(activation_.facts().flat_threshold)};
  }

  std::string name_;
  Activation activation_;
  Extent extent_;
  const Signal& input_;
  const Signal& output_;
  std::vector<float> constants_;       // the parameters of the SPEC
  float* learnt_ = nullptr;            // [learnt parameters, units] in the store; null where nothing learns
  float* learnt_gradients_ = nullptr;  // the same
  std::span<float> per_unit_;          // [parameters, units]
  std::span<float> per_unit_gradients_;
};

std::vector<ParameterShape> parameters(const Node& node, std::int64_t units) {
  const Activation activation(node.activation);
  const auto all = activation.parameters();
  const std::int64_t learnt = std::count_if(all.begin(), all.end(), is_learnt);
  if (learnt == 0) return {};
  return {{ParameterKind::kActivation, {learnt, units}}};
}

}  // namespace

const LayerType kActivationLayer{
    NodeKind::kActivation,
    [](const Node& node) { Activation{node.activation}; },
    [](const Node&, std::int64_t input_width) { return input_width; },
    parameters,
    Gradients::kInPlace,
    [](const LayerSetup& setup) -> std::unique_ptr<Layer> { return std::make_unique<ActivationLayer>(setup); }};

}  // namespace rectify
