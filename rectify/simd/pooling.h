// Windows that slide over images whose channels lie together: their maximum and their mean, one table per SIMD target.
#pragma once

#include <cstdint>

namespace rectify {

/// Images [images, height, width, channels] and a window.
struct PoolSize {
  std::int64_t images, height, width, channels;
  std::int64_t kernel_height, kernel_width, stride, padding;

  std::int64_t output_height() const { return (height + 2 * padding - kernel_height) / stride + 1; }
  std::int64_t output_width() const { return (width + 2 * padding - kernel_width) / stride + 1; }
};

/// The most positions of a window of which the largest is found.
inline constexpr std::int64_t kMostPoolPositions = 255;
/// In the place of a position: no value of the window is above 0.
inline constexpr std::uint8_t kNoPosition = 255;

/// Nothing is checked.
struct PoolKernels {
  /// y = the largest value of each window, padding left out; chosen = its position in the window, by rows, the first of equals. NaN where
  /// any value is. At most kMostPoolPositions positions.
  void (*max)(const PoolSize& size, const float* x, float* y, std::uint8_t* chosen);
  /// The same of relu(x), in one pass; kNoPosition where relu'(x) is 0 at all positions, so that max_backward() of that is its gradient
  /// too: 0 there, whatever dy is.
  void (*max_of_relu)(const PoolSize& size, const float* x, float* y, std::uint8_t* chosen);
  /// The same of f(x), of the images' size; chosen_inputs = x at the chosen position, of y's size.
  void (*max_of_function)(const PoolSize& size, const float* x, const float* f_of_x, float* y, std::uint8_t* chosen, float* chosen_inputs);
  /// dx = the sum of dy over the windows that chose a position.
  void (*max_backward)(const PoolSize& size, const float* dy, const std::uint8_t* chosen, float* dx);
  /// y = the mean of each window, padding counted as zeros.
  void (*average)(const PoolSize& size, const float* x, float* y);
  void (*average_backward)(const PoolSize& size, const float* dy, float* dx);
};

/// The kernels of the current SIMD target.
const PoolKernels& pool_kernels();

}  // namespace rectify
