// Bias, activation and dropout in one pass over memory.
#pragma once

#include "rectify/activation/activation.h"
#include "rectify/activation/dropout.h"

namespace rectify {

/// y[r, c] = x[r, c] + bias[c]. y may be x.
void add_bias(const float* x, const float* bias, float* y, Extent extent);

/// Adds the sum of each column of `values` to sums[c], 64 rows at a time.
void add_column_sums(const float* values, float* sums, Extent extent);

/// An activation between a bias and a dropout.
struct FusedPass {
  Activation activation;
  const float* bias = nullptr;  ///< one number a column; null for none
  Dropout dropout = {};
};

/// y = dropout(f(x + bias)), bit for bit as add_bias(), Activation::forward() and apply_dropout() one after the other. y may be x.
/// Errors: [dropout] as apply_dropout().
void forward(const FusedPass& pass, const float* x, float* y, Extent extent, ParameterView p);

/// dx = dropout(dy) * f'(x + bias), and adds its column sums to dbias where that is not null: bit for bit as apply_dropout(),
/// Activation::grad_from_input() and add_column_sums() one after the other. dx may be dy or x.
/// Errors: [dropout] as apply_dropout().
void grad_from_input(const FusedPass& pass, const float* x, const float* dy, float* dx, float* dbias, Extent extent, ParameterView p);

}  // namespace rectify
