// How far a float lies from the true value.
#pragma once

#include <cstdint>

namespace rectify {

/// The position of x among the floats in order: neighbours differ by 1, both zeros are 0. x is not NaN.
std::int64_t float_order(float x);

/// The error of `got` in units in the last place of `want` (of the smallest normal's where `want` is subnormal): 0 where both are NaN or
/// the same infinity, infinity where only one is. A `want` beyond the largest float asks for infinity.
double ulp_error(float got, double want);

}  // namespace rectify
