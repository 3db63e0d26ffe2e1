// Arrays cut into blocks that stay in the first-level cache, so that several passes over a block read and write memory once.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>

#include "rectify/activation/activation.h"

namespace rectify {

/// The most values of a block.
inline constexpr std::size_t kBlock = 1024;

/// Whole rows of an array, or a part of one row that is too long.
struct Block {
  std::size_t begin;   ///< the place of its first value, counted through the rows
  std::size_t row;     ///< of its first value
  std::size_t column;  ///< of its first value
  Extent extent;
  ParameterView parameters;  ///< those of its columns

  std::size_t count() const { return extent.rows * extent.cols; }
};

namespace blocks {

/// Runs body(block) over pieces of rows with more than kBlock columns.
template <class Body>
void for_each_piece(Extent extent, ParameterView p, std::size_t parameters, const Body& body) {
  std::array<float, kMostParameters * kBlock> copies;
  for (std::size_t row = 0; row < extent.rows; ++row) {
    for (std::size_t column = 0; column < extent.cols; column += kBlock) {
      const std::size_t n = std::min(kBlock, extent.cols - column);
      ParameterView mine = p;
      if (p.sharing == Sharing::kPerColumn) {
        for (std::size_t j = 0; j < parameters; ++j) std::copy_n(p.values + j * extent.cols + column, n, copies.data() + j * n);
        mine.values = copies.data();
      }
      body(Block{row * extent.cols + column, row, column, {1, n}, mine});
    }
  }
}

}  // namespace blocks

/// Runs body(block) over all blocks of an array, in order. `p` belongs to `f`.
template <class Body>
void for_each_block(const Activation& f, Extent extent, ParameterView p, const Body& body) {
  if (extent.cols > kBlock) return blocks::for_each_piece(extent, p, f.parameters().size(), body);
  const std::size_t most = extent.cols == 0 ? 0 : kBlock / extent.cols;
  for (std::size_t row = 0; row < extent.rows && most > 0; row += most) {
    body(Block{row * extent.cols, row, 0, {std::min(most, extent.rows - row), extent.cols}, p});
  }
}

/// Asks for the memory of the block behind `block` in an array of `size` values, so that it arrives while this one is computed.
template <class T>
void prefetch_after(const Block& block, const T* array, std::size_t size) {
  constexpr std::size_t kLine = 64 / sizeof(T);
  const std::size_t begin = block.begin + block.count(), end = std::min(size, begin + kBlock);
  for (std::size_t i = begin; i < end; i += kLine) __builtin_prefetch(array + i);
}

/// The same array as one row, where the parameters allow it.
inline Extent as_one_row(Extent extent, ParameterView p) {
  return p.sharing == Sharing::kShared ? Extent{1, extent.rows * extent.cols} : extent;
}

}  // namespace rectify
