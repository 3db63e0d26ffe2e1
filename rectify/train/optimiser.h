// Optimisers: one vectorised pass over a ParameterStore.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "rectify/base/aligned.h"
#include "rectify/nn/parameter_store.h"

namespace rectify {

enum class OptimiserKind { kSgd, kAdam };

/// An optimiser's settings.
struct OptimiserOptions {
  OptimiserKind kind = OptimiserKind::kSgd;
  double momentum = 0.9;                              ///< of SGD: v = momentum v + g, w -= rate v
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;  ///< of Adam (Kingma and Ba 2015, algorithm 1)
  double weight_decay = 0;                            ///< added to a weight's gradient; biases and activation parameters are exempt

  /// "sgd" or "adam", with settings: "sgd,momentum=0.5,decay=1e-4", "adam,beta1=0.8".
  /// Errors: [optimizer] unknown name or key with the nearest ones, a key given twice, value out of range.
  static OptimiserOptions parse(std::string_view text);
};

/// An optimiser's state over one store. A step gives the same bits on every SIMD target and in every process; padding stays zero.
class Optimiser {
 public:
  Optimiser(const OptimiserOptions& options, ParameterStore& store);
  /// One update of all parameters from the store's gradients. Returns whether every parameter is finite afterwards.
  bool step(double rate);

 private:
  /// Values that follow each other and have the same weight decay.
  struct Range {
    std::size_t begin, end;
    float decay;
  };

  OptimiserOptions options_;
  ParameterStore& store_;
  std::vector<Range> ranges_;
  AlignedVector<float> first_, second_;  // momentum; Adam's moments
  std::int64_t steps_ = 0;
};

}  // namespace rectify
