// The precision that a network is computed in.
#pragma once

#include <string_view>

namespace rectify {

/// Of values, gradients and products. kBFloat16 (8 bits of exponent, 7 of fraction) has a name, and no plan yet.
enum class Precision { kFloat32, kBFloat16 };

/// "float32" or "bfloat16".
const char* precision_text(Precision precision);

/// The precision whose precision_text() `text` is. Errors: [precision] unknown name with the nearest.
Precision parse_precision(std::string_view text);

}  // namespace rectify
