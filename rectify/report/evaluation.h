// Numbers in, values out: what `rectify eval` does.
#pragma once

#include <functional>
#include <istream>
#include <string_view>

#include "rectify/activation/activation.h"

namespace rectify {

/// Whether f'(x) is printed beside f(x).
enum class Gradient { kOff, kOn };

/// Reads numbers that white space separates and gives `write` one line for each: x, f(x) and perhaps f'(x), tab-separated, nine significant
/// digits, computed by the f32 kernels of the current SIMD target. Numbers are rounded to float; inf, nan and hexadecimal ones are read.
/// Lines come as soon as the input pauses. Errors: [eval] what is no number and its place, after the lines of all numbers before it; the
/// input cannot be read.
void evaluate_numbers(std::istream& in, const Activation& f, Gradient gradient, const std::function<void(std::string_view)>& write);

}  // namespace rectify
