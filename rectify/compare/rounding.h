// How far the arrays of an activation lie from its formula.
#pragma once

#include "rectify/activation/activation.h"
#include "rectify/record/portrait.h"

namespace rectify {

/// The errors of forward() and of grad_from_input() for dy = 1 on the current SIMD target, at one float of every 65,536 consecutive ones.
/// The true value is the formula in double precision, its parameters rounded to float as the kernels get them; where that may be off by
/// more than 1/16 of a unit in the last place, nothing is said. docs/accuracy.md has the catalogue's errors over all floats.
Rounding measure_rounding(const Activation& activation);

}  // namespace rectify
