// Hand-written kernels: what a family of activations gives the catalogue.
#pragma once

#include <span>

#include "rectify/activation/activation.h"

namespace rectify {

/// The kernels of one activation on one SIMD target; all null where it has none and its formula runs as tiles. Shapes, aliasing and meaning
/// are those of Activation's functions of the same name. Nothing is checked.
struct Kernels {
  void (*forward)(const float* x, float* y, Extent extent, ParameterView p) = nullptr;
  void (*grad_from_input)(const float* x, const float* dy, float* dx, Extent extent, ParameterView p) = nullptr;
  void (*grad_parameters)(const float* x, const float* dy, float* dp, Extent extent,
                          ParameterView p) = nullptr;  ///< null without parameters
  void (*forward_recording)(const float* x, float* y, Extent extent, ParameterView p, const ColumnSums& sums) = nullptr;
};

/// Activations that share a file: kernels()[i], for the current target, belongs to entries[i]. `kernels` is null where all are formulas
/// alone.
struct Family {
  std::span<const CatalogueEntry> entries;
  std::span<const Kernels> (*kernels)();
};

/// The lecture's activations: linear, sigmoid, tanh, relu, leaky_relu, prelu, elu.
Family lecture_family();
/// Without exponentials: rrelu, hard_tanh, relu6, hard_sigmoid, hard_swish, soft_shrink, hard_shrink, threshold, relu_squared, softsign.
Family piecewise_family();
/// selu, celu, softplus, log_sigmoid, tanh_shrink.
Family exponential_family();
/// x times what rises from 0 to 1: gelu, gelu_tanh, quick_gelu, silu, swish, mish.
Family gated_family();
/// Formulas alone.
Family formula_family();

}  // namespace rectify
