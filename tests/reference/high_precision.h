// A formula evaluated by MPFR, for where double precision does not tell enough.
#pragma once

#include <memory>
#include <span>

#include "rectify/formula/program.h"

namespace rectify {

/// What of `program` computes `outputs`, which the result numbers 0, 1, ....
Program only(const Program& program, std::span<const int> outputs);

/// Evaluates one output of a program at as many bits as it takes. Not to be shared between threads.
class HighPrecision {
 public:
  /// Copies what it needs of `program`.
  HighPrecision(const Program& program, std::span<const double> parameters, int output);
  ~HighPrecision();
  HighPrecision(HighPrecision&&) noexcept;

  /// The output at finite x, rounded to double. Two precisions, of which the lower holds any cancellation that a polynomial of degree 4 can
  /// show between floats, agree to 2^-40 relative. NaN where the formula is not defined or leaves MPFR's exponents on the way.
  double at(double x);
  /// The same at `bits` of precision, whatever that is worth.
  double at(double x, int bits);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rectify
