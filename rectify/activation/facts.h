// Facts computed from an activation's formula.
#pragma once

#include "rectify/activation/activation.h"

namespace rectify {

/// The facts of the activation with value `program` output 0 and slope output 1 at the given parameters: searched on a fine grid over
/// [-64, 64] and coarser ones out to 2^40, refined by bisection.
Facts compute_facts(const Program& program, std::span<const double> parameters);

}  // namespace rectify
