// Data made from a seed, for pictures and tests: points in the plane, and a function to learn.
#pragma once

#include <cstdint>

#include "rectify/data/dataset.h"

namespace rectify {

/// Three interleaved spiral arms, one a class.
Dataset make_spirals(std::uint64_t seed);

/// Two interleaved half circles, one a class.
Dataset make_moons(std::uint64_t seed);

/// Images of 12 x 12 with a stroke in one of four directions, a class each, at any place, under noise.
Dataset make_strokes(std::uint64_t seed);

/// A target that depends on five of ten features, uniform in [0, 1): 10 sin(pi x1 x2) + 20 (x3 - 1/2)^2 + 10 x4 + 5 x5 + N(0, 1). Its noise
/// leaves no more than R^2 = 0.96 to learn. Source: Friedman 1991, "Multivariate adaptive regression splines", eq. 61.
Dataset make_friedman(std::uint64_t seed);

}  // namespace rectify
