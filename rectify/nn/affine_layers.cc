#include <fmt/format.h>

#include "rectify/base/error.h"
#include "rectify/nn/affine.h"

namespace rectify {
namespace {

/// y = W x + b, dense or convolutional.
class AffineLayer : public Layer {
 public:
  explicit AffineLayer(const LayerSetup& setup) : output_(setup.output), affine_(setup, setup.node.units) {}

  void parameters_changed() override { affine_.weights_changed(); }
  void forward(LayerStats* stats) override { affine_.forward(output_.values.data(), stats); }
  void backward(LayerStats* stats) override { affine_.backward(output_.gradient.data(), stats); }

 private:
  const Signal& output_;
  Affine affine_;
};

Shape shape(const Node& node, std::span<const Shape> inputs) { return Affine::shape(node, inputs[0], node.units); }

std::vector<ParameterShape> parameters(const Node& node, const Shape& input) { return Affine::parameters(node, input, node.units); }

void check_dense(const Node& node) {
  if (node.kernel != 0) fail("net", fmt::format("\"{}\" is dense and has a kernel of {}: write conv2d", node.name, node.kernel));
  Affine::check(node, node.units);
}

void check_conv2d(const Node& node) {
  if (node.kernel == 0) fail("net", fmt::format("\"{}\" is a conv2d without a kernel: write for example kernel = 3", node.name));
  Affine::check(node, node.units);
}

}  // namespace

const LayerType kDenseLayer{.kind = NodeKind::kDense,
                            .name = "dense",
                            .check = check_dense,
                            .shape = shape,
                            .parameters = parameters,
                            .saved = saves_input,
                            .make = make_layer<AffineLayer>};

const LayerType kConv2dLayer{.kind = NodeKind::kConv2d,
                             .name = "conv2d",
                             .check = check_conv2d,
                             .shape = shape,
                             .parameters = parameters,
                             .saved = saves_input,
                             .make = make_layer<AffineLayer>};

}  // namespace rectify
