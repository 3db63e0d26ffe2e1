// The floor of a training step: the matrix products and convolutions that it cannot do without, as oneDNN likes them best and with nothing
// around them.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "rectify/nn/model.h"

namespace rectify::bench {

/// The products of one training step of a model's dense, convolutional and maxout layers on one batch: forward, weight gradients, and data
/// gradients of all layers but those that read the input. Memory is in the formats that each primitive prefers, conversions between them
/// are left out, and so are pools, norms and activations. Uses the calling thread's team.
class BareProducts {
 public:
  BareProducts(std::int64_t batch, const Model& model);
  ~BareProducts();
  BareProducts(BareProducts&&) noexcept;
  void run();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rectify::bench
