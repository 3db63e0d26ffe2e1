// What is asked of each hand-written kernel.
#pragma once

#include "judge.h"
#include "rectify/activation/activation.h"

namespace rectify::certify {

enum class Direction { kForward, kGradient };

/// "forward" or "gradient".
const char* name_of(Direction direction);

/// The limits for `activation` at its default parameters. Where it runs as tiles nothing is asked; the roots of f' are given all the same.
Limits limits_of(const Activation& activation, Direction direction);

}  // namespace rectify::certify
