// What is known of an activation without any network: what `rectify show` prints.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace rectify {

/// A curve point.
struct CurvePoint {
  double x, value, slope;
};

/// Errors of single-precision results in units in the last place of the true value (ULP).
struct ArrayError {
  double most = 0, at = 0;  ///< the largest, infinite where a result is not finite and should be, or should not be and is; and its input
  bool at_root = false;     ///< whether the function changes its sign there, so that errors relative to it may be large
  double usual = 0;         ///< that 99.9 % do not exceed
  double mean = 0;
  double told = 0;       ///< the share of the inputs whose true value is known
  double no_number = 0;  ///< the share of those that give NaN
};

/// Those of an activation's values and slopes on a SIMD target.
struct Rounding {
  std::string target;
  ArrayError value, slope;
};

/// An activation's formula and what follows from it. Moments are for x ~ N(0, 1); one that is not finite or not defined is empty.
struct Portrait {
  std::string name;
  std::string spec;
  std::string formula, derivative;                         ///< as the formula language writes them
  std::optional<std::string> derivative_from_output;       ///< in y = f(x), where that is enough
  std::string latex;                                       ///< of the formula
  std::vector<std::pair<std::string, double>> parameters;  ///< with their values
  std::vector<std::string> learnt;                         ///< the names of those that training changes
  std::optional<std::string> known_as;                     ///< a catalogue activation that is the same function
  double lower = 0, upper = 0;                             ///< infimum and supremum
  bool monotone = false;
  std::vector<double> kinks;
  std::string saturates;  ///< "neither side", "left", "right" or "both sides"
  double sup_slope = 0;
  std::optional<double> mean, second, slope_second, linear_share;
  std::optional<double> forward_gain, backward_gain;
  bool has_kernel = false;           ///< hand-written, or else its formula runs as tiles
  std::optional<Rounding> rounding;  ///< where it was measured
  std::vector<CurvePoint> curve;     ///< ascending in x
};

/// Where two functions are furthest apart on an interval.
struct Difference {
  double low = 0, high = 0;     ///< the interval
  double largest = 0;           ///< |a - b|, 0 where rounding may have made it; infinite where only one is a number
  double at = 0, a = 0, b = 0;  ///< the place, and both values there
};

}  // namespace rectify
