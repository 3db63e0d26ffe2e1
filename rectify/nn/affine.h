// The affine map W x + b with its gradients, dense or convolutional: what dense, conv2d, maxout and gated layers have in common.
#pragma once

#include "rectify/nn/layer.h"

namespace rectify {

/// y = W x + b with `units` outputs from the input signal of a layer, with the parameters "weight" and, unless its node says otherwise,
/// "bias" of its node. Convolutional where the node has a kernel.
class Affine {
 public:
  Affine(const LayerSetup& setup, std::int64_t units);

  /// Errors: [net] the node's kernel, stride, padding, groups or `units` make no sense.
  static void check(const Node& node, std::int64_t units);
  /// The shape of y. Errors: [net] the input does not fit.
  static Shape shape(const Node& node, const Shape& input, std::int64_t units);
  /// The parameters that a node with such a map has: weights [units, inputs] or [units, channels / groups, kernel, kernel].
  static std::vector<ParameterShape> parameters(const Node& node, const Shape& input, std::int64_t units);

  void weights_changed() { products_->weights_changed(); }
  /// With `stats` also counts samples whose input has one sign.
  void forward(float* y, LayerStats* stats);
  /// Writes the parameters' gradients and the input's, if it has one. With `stats` also counts units whose weight gradients have one sign.
  void backward(const float* dy, LayerStats* stats);

 private:
  std::int64_t batch_, units_, rows_;
  const Signal& input_;
  std::unique_ptr<Products> products_;
  std::span<const float> w_, b_;  // b_ and db_ are empty where there is no bias
  std::span<float> dw_, db_;
};

}  // namespace rectify
