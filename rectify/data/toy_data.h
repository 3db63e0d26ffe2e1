// Points in the plane, made from a seed: data for pictures and tests.
#pragma once

#include <cstdint>

#include "rectify/data/dataset.h"

namespace rectify {

/// Three interleaved spiral arms, one a class.
Dataset make_spirals(std::uint64_t seed);

/// Two interleaved half circles, one a class.
Dataset make_moons(std::uint64_t seed);

}  // namespace rectify
