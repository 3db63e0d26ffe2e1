// The floor of a training step: the matrix products that it cannot do without, as oneDNN likes them best and with nothing around them.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "rectify/nn/parameter_store.h"

namespace rectify::bench {

/// A dense layer's size.
struct DenseSize {
  std::int64_t inputs, units;
};

/// The dense layers whose weights lie in `store`, first to last, maxout's pieces counted as units.
std::vector<DenseSize> dense_sizes(const ParameterStore& store);

/// The products of one training step of a stack of dense layers on one batch: forward, weight gradients, and data gradients of all layers
/// but the first. Memory is in the formats that each primitive prefers, conversions between them are left out. Uses the calling thread's
/// team.
class BareProducts {
 public:
  BareProducts(std::int64_t batch, const std::vector<DenseSize>& layers);
  ~BareProducts();
  BareProducts(BareProducts&&) noexcept;
  void run();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rectify::bench
