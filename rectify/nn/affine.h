// The affine map x W^T + b with its gradients: the part that dense layers and maxout have in common.
#pragma once

#include "rectify/nn/layer.h"

namespace rectify {

/// y = x W^T + b of `units` units from the input signal of a layer, with the parameters "weight" and "bias" of its node.
class Affine {
 public:
  Affine(const LayerSetup& setup, std::int64_t units);

  /// The parameters that a node with such a map has.
  static std::vector<ParameterShape> parameters(std::int64_t inputs, std::int64_t units);

  void weights_changed() { products_->weights_changed(); }
  /// With `stats` also counts samples whose input has one sign.
  void forward(float* y, LayerStats* stats);
  /// Writes the parameters' gradients and the input's, if it has one. With `stats` also counts units whose weight gradients have one sign.
  void backward(const float* dy, LayerStats* stats);

 private:
  std::int64_t batch_, inputs_, units_;
  const Signal& input_;
  std::unique_ptr<DenseProducts> products_;
  const float* w_;
  const float* b_;
  float* dw_;
  float* db_;
};

}  // namespace rectify
