// IDX, the array format of the MNIST family, plain or gzip.
#pragma once

#include <cstdint>
#include <filesystem>
#include <variant>
#include <vector>

namespace rectify {

/// An array of bytes or of numbers.
struct IdxArray {
  std::vector<std::int64_t> shape;                                     ///< every dimension at least 1
  std::variant<std::vector<std::uint8_t>, std::vector<float>> values;  ///< bytes as they came; all other types as floats
};

/// The most dimensions that read_idx() takes.
inline constexpr int kMaxIdxRank = 8;
/// A gzip file may hold up to kMaxInflation times its own size, and always kSmallIdx bytes; what claims more is taken for a bomb.
inline constexpr std::uint64_t kMaxInflation = 100, kSmallIdx = 64 << 20;

/// The array in `file`: two zero bytes, the element type (08 u8, 09 i8, 0b i16, 0c i32, 0d f32, 0e f64), the rank, one 32-bit size a
/// dimension, then the elements; all big endian. i32 and f64 are rounded to float. Whether the file is gzip is told by its first bytes.
/// Memory: the array, and never more than a few times the file before the file has proved to be that long.
/// Errors: [idx] file, byte offset, reason: unknown type, rank not in 1 .. kMaxIdxRank, a dimension of 0, fewer or more elements than the
/// header says, an element that is not finite, a gzip bomb (see kMaxInflation), truncated or corrupt gzip data.
/// Source: LeCun, Cortes, Burges 1998, "The MNIST database of handwritten digits", section "File formats".
IdxArray read_idx(const std::filesystem::path& file);

}  // namespace rectify
