#include "rectify/tensor/shape.h"

#include <fmt/format.h>

namespace rectify {

std::string to_text(const Shape& shape) {
  if (shape.is_vector()) return fmt::format("{}", shape.channels);
  return fmt::format("{}x{}x{}", shape.channels, shape.height, shape.width);
}

}  // namespace rectify
