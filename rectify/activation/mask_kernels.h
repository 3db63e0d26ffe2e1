// Loops over bit masks, for the current SIMD target.
#pragma once

#include <cstddef>
#include <cstdint>

#include "rectify/activation/activation.h"

namespace rectify {

/// A derivative's two values: one number each, or one a column.
struct SlopePair {
  const float* right;  ///< where x > 0
  const float* left;
  Sharing sharing;
};

/// Nothing is checked.
struct MaskKernels {
  /// Bit i % 8 of mask[i / 8] = x[i] > 0; the bits of the last byte that belong to no element are 0.
  void (*positive)(const float* x, std::uint8_t* mask, std::size_t n);
  /// dx = dy * the slope that each element's bit tells. dx may be dy.
  void (*grad)(const std::uint8_t* mask, SlopePair slopes, const float* dy, float* dx, Extent extent);
};

/// Those of the current target.
const MaskKernels& mask_kernels();

}  // namespace rectify
