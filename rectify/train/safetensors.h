// safetensors: named arrays and text in one file.
//
//   8 bytes   N, little endian
//   N bytes   JSON: {"__metadata__": {"key": "text"}, "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, ...}
//   the rest  the arrays, one after the other without gaps
//
// Source: the format's description in its own repository, huggingface/safetensors, README, section "Format".
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace rectify {

/// An array of a file, as it lies there.
struct TensorBytes {
  std::string type;  ///< "F32"
  std::vector<std::int64_t> shape;
  std::span<const std::uint8_t> bytes;

  /// The values of an array of type F32, row-major. Errors: [safetensors] another type.
  std::vector<float> floats() const;
};

/// A file in memory.
class TensorFile {
 public:
  /// Reads `file` whole. Needs a few times its size, whatever it claims. Errors: [safetensors] file, byte, reason: cannot be read; a header
  /// that is too long, no UTF-8, no JSON, nested too deep or has a key twice; metadata that are no text; an unknown type; more than 32
  /// dimensions, one that is no whole number; sizes that do not fit the shape; arrays that overlap, leave gaps or end before the file.
  explicit TensorFile(const std::filesystem::path& file);

  const std::map<std::string, std::string>& metadata() const { return metadata_; }
  const std::map<std::string, TensorBytes>& tensors() const { return tensors_; }

 private:
  std::vector<std::uint8_t> bytes_;
  std::map<std::string, std::string> metadata_;
  std::map<std::string, TensorBytes> tensors_;
};

/// An array to write.
struct FloatTensor {
  std::string name;
  std::vector<std::int64_t> shape;
  std::span<const float> values;
};

/// The bytes of a file that holds these, the arrays in this order.
std::string to_safetensors(const std::map<std::string, std::string>& metadata, std::span<const FloatTensor> tensors);

}  // namespace rectify
