// The ReLU family's backward pass from one bit an element, which is a thirty-second of what its input takes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "rectify/activation/activation.h"

namespace rectify {

/// An activation whose derivative takes two values, decided by x > 0 alone: relu, leaky_relu, prelu, and formulas that do the same.
/// Bit i % 8 of byte i / 8 of a mask belongs to element i, counted through the rows: 1 where x > 0.
class MaskedActivation {
 public:
  /// Errors: [mask] the derivative of `f` is not of this kind.
  explicit MaskedActivation(Activation f);

  /// Whether the derivative of `f` is of this kind, tried on every binade and on other parameters than the default ones.
  static bool fits(const Activation& f);
  /// The bytes of a mask for n elements.
  static constexpr std::size_t mask_bytes(std::size_t n) { return (n + 7) / 8; }

  const Activation& activation() const { return f_; }

  /// y = f(x), bit for bit as Activation::forward(), and the mask. y may be x.
  void forward(const float* x, float* y, std::uint8_t* mask, std::size_t n) const;
  void forward(const float* x, float* y, std::uint8_t* mask, Extent extent, ParameterView p) const;

  /// dx = dy * f'(x), bit for bit as Activation::grad_from_input(), but for NaN x, which a mask does not show: there f' is the left slope.
  /// dx may be dy.
  void grad_from_mask(const std::uint8_t* mask, const float* dy, float* dx, std::size_t n) const;
  void grad_from_mask(const std::uint8_t* mask, const float* dy, float* dx, Extent extent, ParameterView p) const;

 private:
  Activation f_;
  std::vector<float> defaults_;
};

}  // namespace rectify
