#include "rectify/nn/affine.h"

namespace rectify {
namespace {

class Dense : public Layer {
 public:
  explicit Dense(const LayerSetup& setup) : output_(setup.output), affine_(setup, setup.output.width) {}

  void parameters_changed() override { affine_.weights_changed(); }
  void forward(LayerStats* stats) override { affine_.forward(output_.values.data(), stats); }
  void backward(LayerStats* stats) override { affine_.backward(output_.gradient.data(), stats); }

 private:
  const Signal& output_;
  Affine affine_;
};

}  // namespace

const LayerType kDenseLayer{NodeKind::kDense,
                            [](const Node& node) { check_units(node.name, node.units); },
                            [](const Node& node, std::int64_t) { return node.units; },
                            [](const Node& node, std::int64_t inputs) { return Affine::parameters(inputs, node.units); },
                            Gradients::kApart,
                            [](const LayerSetup& setup) -> std::unique_ptr<Layer> { return std::make_unique<Dense>(setup); }};

}  // namespace rectify
