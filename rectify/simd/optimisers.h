// The optimisers' inner loops on raw arrays, one table per SIMD target.
#pragma once

#include <cstddef>

namespace rectify {

/// The numbers of one update. First g' = scale g + decay w and w' = keep w, then a rule changes w' by g'.
struct UpdateStep {
  float rate;            ///< adam: times sqrt(1 - beta2^t) / (1 - beta1^t), the correction of the bias (Kingma and Ba 2015, section 2)
  float scale = 1;       ///< of the gradient: below 1 where it is clipped
  float decay = 0;       ///< added to the gradient as decay w
  float keep = 1;        ///< what decoupled decay leaves of w
  float first = 0;       ///< the momentum; Adam's beta1
  float first_new = 0;   ///< 1 - beta1, which a float near 1 does not tell well
  float second = 0;      ///< Adam's beta2; RMSprop's rho
  float second_new = 0;  ///< 1 - beta2
  float epsilon = 0;     ///< adam: times sqrt(1 - beta2^t)
};

/// One update of n values w with their gradients g and the state m, v: null where a rule keeps none. Returns whether every new w is finite.
using UpdateLoop = bool (*)(float* w, const float* g, float* m, float* v, std::size_t n, const UpdateStep& step);

/// The loops of one target. Every operation is rounded on its own, so all targets give the same bits as a plain loop over floats. Zeros in
/// all arrays stay zero.
struct OptimiserKernels {
  UpdateLoop plain;     ///< w -= rate g
  UpdateLoop momentum;  ///< m = first m + g, w -= rate m
  UpdateLoop nesterov;  ///< m = first m + g, w -= rate (g + first m)
  UpdateLoop adam;      ///< m = first m + first_new g, v = second v + second_new g^2, w -= rate m / (sqrt(v) + epsilon)
  UpdateLoop rmsprop;   ///< v = second v + second_new g^2, w -= rate g / (sqrt(v) + epsilon)
};

/// The table of the current target.
const OptimiserKernels& optimiser_kernels();

}  // namespace rectify
