// The layers of the catalogue whose arrays have an accuracy of their own: softmax, its logarithm, and the gated family.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "sweep.h"

namespace rectify::certify {

/// Their names, as the catalogue has them. Maxout is none: it gives one of the values that it reads.
std::vector<std::string> layer_names();

/// One of them on the current SIMD target, over a fixed sample: rows of many lengths and scales, or one float b in 4096 and the special
/// ones, each beside an a of its own in 1 <= |a| < 2.
Measures measure_layer(std::string_view name);
/// What the sample is, in a word or two.
std::string_view layer_inputs(std::string_view name);
/// Whether subnormal results count; where terms may cancel they do not.
bool measures_subnormals(std::string_view name, Direction direction);
/// What is asked of it.
Limits limits_of_layer(std::string_view name, Direction direction);

}  // namespace rectify::certify
