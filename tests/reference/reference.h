// What every kernel is held to: a formula's value good to 2^-32 relative, in double where that is proven, in MPFR where it is not.
#pragma once

#include <span>

#include "rectify/formula/program.h"

namespace rectify {

/// Output `output` of `program` at x, correct to 2^-32 relative (exactly 0 where the value is 0): the double evaluator's where its error bound
/// says so, else MPFR's at a precision that grows until two agree. Limits and NaN as evaluate().
double reference(const Program& program, double x, std::span<const double> parameters, int output);

/// The same from MPFR alone at `bits` of precision, x finite.
double evaluate_mpfr(const Program& program, double x, std::span<const double> parameters, int output, int bits);

}  // namespace rectify
