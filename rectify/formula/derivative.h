// Symbolic derivatives, in forms that do not cancel.
#pragma once

#include "rectify/formula/expression.h"

namespace rectify {

/// d e / d x. Where two branches meet (min, max, abs, clip, ?:) it is 0 if one side's is, else the one from the left:
/// relu'(0) = 0, abs'(0) = 0, relu6'(6) = 0; `c ? a : b` takes the branch that the value takes.
Expression derivative(const Expression& e);

/// d e / d parameter `index`, with the same convention.
Expression derivative(const Expression& e, int index);

}  // namespace rectify
