// Polynomials that stand for a formula over one binade of floats.
#pragma once

#include <cstdint>
#include <vector>

#include "bounded_batch.h"
#include "high_precision.h"

namespace rectify {

/// The polynomial through a function's high-precision values at Chebyshev's points of one binade of floats.
struct BinadePolynomial {
  double middle, per_half;           ///< of the binade: its middle, and 1 over half its width
  std::vector<double> coefficients;  ///< of the powers of (x - middle) per_half
  double error;                      ///< estimated from the last coefficients in Chebyshev's basis; infinite where nothing is known

  double at(double x) const;
};

/// That of `f` for the floats that share sign and exponent, `binade`'s lowest nine bits.
BinadePolynomial interpolate(HighPrecision& f, std::uint32_t binade);

/// Writes p.at(x[i]) to values[i] for kBatch floats of its binade. Returns the smallest magnitude among them.
using BinadeLoop = double (*)(const BinadePolynomial& p, const float* x, double* values);

/// That of the current SIMD target.
BinadeLoop binade_loop();

}  // namespace rectify
