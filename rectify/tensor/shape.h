// The shape of one sample's values.
#pragma once

#include <cstdint>
#include <string>

namespace rectify {

/// Channels at each position of an image. A vector is an image of one position, whose channels are its units. In memory the channels lie
/// together, [samples, height, width, channels], so that everything done per channel is done per column of [rows, columns], for vectors and
/// images alike.
struct Shape {
  std::int64_t channels = 0, height = 1, width = 1;

  std::int64_t positions() const { return height * width; }
  std::int64_t size() const { return channels * positions(); }
  bool is_vector() const { return positions() == 1; }
  bool operator==(const Shape&) const = default;
};

/// "128" for a vector, "32x14x14" (channels, height, width) for an image.
std::string to_text(const Shape& shape);

}  // namespace rectify
