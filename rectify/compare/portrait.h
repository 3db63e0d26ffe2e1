// What is known of activations before training: one alone, and two beside each other.
#pragma once

#include <optional>
#include <string_view>

#include "rectify/activation/activation.h"
#include "rectify/record/portrait.h"

namespace rectify {

/// All that follows from the formula of `activation`, with its curve at `points` places on [-range, range].
Portrait portray(const Activation& activation, int points = 241, double range = 6);

/// Where |a(x) - b(x)| is largest on [low, high]. Rounding does not count: differences within the error bounds of both values are 0.
/// Searched at 40,001 places (spread over the decades where the interval reaches beyond 100), at the kinks, and refined around the best.
Difference largest_difference(const Activation& a, const Activation& b, double low, double high);

}  // namespace rectify
