// Conversions between floats and 16-bit storage, for the current SIMD target.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rectify {

/// Bit patterns to values and back, as widen() and narrow() in storage.h. Nothing is checked.
struct StorageKernels {
  void (*widen_bfloat16)(const std::uint16_t* from, float* to, std::size_t n);
  void (*widen_float16)(const std::uint16_t* from, float* to, std::size_t n);
  void (*narrow_bfloat16)(const float* from, std::uint16_t* to, std::size_t n);
  void (*narrow_float16)(const float* from, std::uint16_t* to, std::size_t n);
};

/// Those of the current target.
const StorageKernels& storage_kernels();

}  // namespace rectify
