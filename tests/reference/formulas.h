// Formulas and inputs that the tests of this folder share.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

#include "rectify/formula/formula.h"
#include "rectify/formula/program.h"

namespace rectify {

inline Program program_of(std::string_view text) { return lower(parse_formula(text).body); }

/// `count` floats spread over all finite bit patterns, half of them between 2^-16 and 2^16, and special ones.
inline std::vector<float> many_floats(std::size_t count) {
  std::vector<float> x{0.0f, -0.0f, 1.0f, -1.0f, 0x1p-149f, -0x1p-149f, 0x1p-126f, 3.4028235e38f, -3.4028235e38f, 709.5f, -700.5f, 88.8f};
  std::uint32_t bits = 12345;
  while (x.size() < count) {
    bits = bits * 1664525 + 1013904223;  // Knuth's and Lewis's generator
    float value = std::bit_cast<float>(bits);
    if (x.size() % 2 == 0) value = std::ldexp(1 + static_cast<float>(bits & 0xffff) / 65536, static_cast<int>(bits >> 16 & 31) - 16);
    if (x.size() % 4 == 0) value = -value;
    if (std::isfinite(value)) x.push_back(value);
  }
  return x;
}

}  // namespace rectify
