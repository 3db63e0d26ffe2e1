// Activations over arrays that are stored in 16 bits: computed in single precision, rounded once.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>

#include "rectify/activation/activation.h"

namespace rectify {

/// The upper half of a float's bits.
struct BFloat16 {
  std::uint16_t bits = 0;
  bool operator==(const BFloat16&) const = default;
};

/// IEEE 754's binary16: 5 bits of exponent, 10 of fraction.
struct Float16 {
  std::uint16_t bits = 0;
  bool operator==(const Float16&) const = default;
};

/// What arrays may be stored in.
template <class T>
concept Stored16 = std::same_as<T, BFloat16> || std::same_as<T, Float16>;

/// The same values as floats, exactly. `to` overlaps nothing.
void widen(const BFloat16* from, float* to, std::size_t n);
void widen(const Float16* from, float* to, std::size_t n);

/// The nearest values, the even one of two; infinity beyond the largest, subnormals kept, NaN for NaN. `to` overlaps nothing.
void narrow(const float* from, BFloat16* to, std::size_t n);
void narrow(const float* from, Float16* to, std::size_t n);

/// y = f(x): Activation::forward() of the widened values, narrowed. Parameters stay floats. y may be x.
template <Stored16 T>
void forward(const Activation& f, const T* x, T* y, std::size_t n);
template <Stored16 T>
void forward(const Activation& f, const T* x, T* y, Extent extent, ParameterView p);

/// dx = dy * f'(x): Activation::grad_from_input() of the widened values, narrowed. dx may be dy or x.
template <Stored16 T>
void grad_from_input(const Activation& f, const T* x, const T* dy, T* dx, std::size_t n);
template <Stored16 T>
void grad_from_input(const Activation& f, const T* x, const T* dy, T* dx, Extent extent, ParameterView p);

}  // namespace rectify
