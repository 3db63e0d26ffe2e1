// What every kernel is held to: a formula's values good to 2^-32, in double where that is proven, in MPFR where it is not.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "binade_polynomial.h"
#include "bounded_batch.h"
#include "high_precision.h"

namespace rectify {

/// Whether run() gets floats here and there or all of a binade, one after the other.
enum class Spacing { kScattered, kEveryFloat };

/// Outputs of a formula at floats, in bulk, on the SIMD target that is current when it is made. Not to be shared between threads.
class Reference {
 public:
  /// What counts as good: an error of this, relative to the value or to the smallest normal float, whichever is larger.
  static constexpr double kRelative = 0x1p-32;

  Reference(const Program& program, std::span<const double> parameters, std::span<const int> outputs);

  /// values[k][i] = outputs[k] at x[i], good to kRelative; x[i] NaN gives NaN, infinity the limit. A value beyond 2^1000 may be given as
  /// infinity. NaN at a finite x: the formula is not defined there, or nothing is known.
  ///
  /// Three ways, each where the one before does not reach kRelative: double with its error bound; where many neighbours need more, a
  /// polynomial through MPFR's values; MPFR. For every float the polynomial comes first, for it is the fastest, and double is computed for
  /// one batch of 64 to see that they agree.
  void run(std::span<const float> x, std::span<double* const> values, Spacing spacing = Spacing::kScattered);

  /// How many values so far came from a polynomial and from MPFR.
  std::int64_t from_polynomials() const { return from_polynomials_; }
  std::int64_t from_mpfr() const { return from_mpfr_; }

 private:
  struct Output {
    HighPrecision precise;
    double at_infinity[2];                                                 // at -inf, at +inf
    std::map<std::uint32_t, std::optional<BinadePolynomial>> polynomials;  // by sign and exponent; none where it cannot be good
  };

  bool run_in_binade(const float* x, std::size_t begin, std::span<double* const> values);
  void improve(Output& output, const float* x, const BoundedLanes& lanes, std::size_t n, double* values);
  const BinadePolynomial* polynomial(Output& output, float x, bool build);

  BoundedBatch batch_;
  BinadeLoop binade_loop_;
  std::int64_t batches_ = 0;  // that polynomials alone gave
  std::vector<Output> outputs_;
  std::int64_t from_polynomials_ = 0, from_mpfr_ = 0;
};

}  // namespace rectify
