// Softmax and its logarithm: functions of whole rows.
//
//   rectify::softmax(x, y, {rows, cols});                            // y = exp(x) / sum of exp(x), row by row
//   rectify::softmax_grad_from_output(y, dy, dx, {rows, cols});
//
// A value counts relative to the largest of its row, so that nothing overflows. At infinities they are the limit: -inf gives 0 (log: -inf),
// one +inf gives 1 (0) and all others of its row 0 (-inf). Where there is no limit, which is so for one of several +inf and in a row of
// several -inf and nothing else, the result is NaN, as it is everywhere in a row that has a NaN.
#pragma once

#include "rectify/activation/activation.h"

namespace rectify {

/// y = exp(x_i) / sum over the row of exp(x_j), within 3 ULP, subnormal results within 2 units of 2^-149. y may be x.
void softmax(const float* x, float* y, Extent extent);
/// y = x_i - log of the sum over the row of exp(x_j), within 2 ULP: near 0 too, where one value outweighs all others. y may be x.
void log_softmax(const float* x, float* y, Extent extent);

/// dx = y (dy - sum over the row of y dy), y = softmax(x). dx may be y or dy.
void softmax_grad_from_output(const float* y, const float* dy, float* dx, Extent extent);
/// dx = dy - exp(y) (sum over the row of dy), y = log_softmax(x). dx may be y or dy.
void log_softmax_grad_from_output(const float* y, const float* dy, float* dx, Extent extent);

}  // namespace rectify
