// The optimisers' inner loops on raw arrays, one table per SIMD target.
#pragma once

#include <cstddef>

namespace rectify {

/// The numbers of one step of SGD with momentum: v = momentum v + (g + decay w), w -= rate v.
struct SgdStep {
  float rate, momentum, decay;
};

/// The numbers of one step of Adam: g += decay w, m = beta1 m + (1 - beta1) g, v = beta2 v + (1 - beta2) g^2, w -= rate m / (sqrt(v) +
/// epsilon). rate and epsilon carry the correction of the bias (Kingma and Ba 2015, end of section 2).
struct AdamStep {
  float rate, beta1, beta2, epsilon, decay;
};

/// The loops of one target. Every operation is rounded on its own, so all targets give the same bits as a plain loop over floats. Zeros in
/// all arrays stay zero. They return whether every new w is finite.
struct OptimiserKernels {
  bool (*sgd)(float* w, const float* g, float* v, std::size_t n, const SgdStep& step);
  bool (*adam)(float* w, const float* g, float* m, float* v, std::size_t n, const AdamStep& step);
};

/// The table of the current target.
const OptimiserKernels& optimiser_kernels();

}  // namespace rectify
