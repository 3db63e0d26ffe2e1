// What each operation computes, in double.
#pragma once

#include "rectify/formula/expression.h"

namespace rectify {

/// op(a, b, c) in double precision, NaN for a NaN argument of arithmetic and functions (min and max included). Unused arguments are
/// ignored. Leaves (constant, x, parameter) are not operations.
double operate(Op op, double a, double b, double c);

}  // namespace rectify
