// Numbers beyond the range of double, for formulas whose parts overflow or underflow where the whole does not.
#pragma once

#include "rectify/formula/expression.h"

namespace rectify {

/// mantissa * 2^exponent * e^far. The mantissa's size is in [1, 2), or it is 0, infinite or NaN; the exponent is a whole number. `far` is 0
/// but for exponentials of 2^50 and more, whose size no other factor changes.
struct Wide {
  double mantissa = 0, exponent = 0, far = 0;

  Wide() = default;
  explicit Wide(double value) : Wide(value, 0) {}
  /// Any mantissa.
  Wide(double mantissa, double exponent, double far = 0);

  /// The nearest double, infinite or 0 beyond its range.
  double value() const;
};

/// op(a, b, c) as operate() has it, to about as many digits. Functions other than exponentials, logarithms, roots and powers are those of
/// the nearest doubles.
Wide operate(Op op, const Wide& a, const Wide& b, const Wide& c);

/// `value`, which is op(a, b, ...), changed by a share of it that is no larger than its rounding may be; as it is where op does not round.
Wide nudged(Op op, const Wide& a, const Wide& b, const Wide& value, double by);

}  // namespace rectify
