// Loops over bias, dropout and column sums, for the current SIMD target.
#pragma once

#include <cstddef>
#include <cstdint>

#include "rectify/activation/activation.h"

namespace rectify {

/// The elements that share 16 blocks of random words.
inline constexpr std::size_t kDropoutGroup = 128;

/// Dropout's mask and factor: an element is kept where its 16 bits lie below `limit`.
struct DropoutRule {
  std::uint64_t seed, stream;
  std::uint32_t limit;
  float scale;
};

/// Nothing is checked.
struct FusedKernels {
  /// y = x + bias of the column.
  void (*add_bias)(const float* x, const float* bias, float* y, Extent extent);
  /// sums[c] = ((sums[c] + values[0, c]) + values[1, c]) + ...
  void (*add_rows)(const float* values, float* sums, Extent extent);
  /// apply_dropout() on n whole groups, from group `first` of the array on.
  void (*drop)(const DropoutRule& rule, const float* x, float* y, std::size_t groups, std::uint64_t first);
};

/// Those of the current target.
const FusedKernels& fused_kernels();

}  // namespace rectify
