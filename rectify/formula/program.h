// A formula lowered to single-assignment form: what every evaluator runs and every printer of other languages walks.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rectify/formula/expression.h"

namespace rectify {

/// One step: result number i = op(results a, b, c), or a constant's value, or parameter number a. Arguments are earlier results.
struct Instruction {
  Op op;
  std::uint16_t a = 0, b = 0, c = 0;
  double value = 0;
};

/// Straight-line code for one or more expressions with common subexpressions merged.
struct Program {
  std::vector<Instruction> code;
  std::vector<std::uint16_t> outputs;  ///< the result numbers of the lowered expressions, in their order
};

/// Code that computes all of `expressions`. Errors: [formula] more than 65,535 steps.
Program lower(std::span<const Expression> expressions);
Program lower(const Expression& e);

/// A value and a bound on its error: |true value - value| <= error.
struct Bounded {
  double value;
  double error;
};

/// Output `output` at x in double precision. NaN for x = NaN; at +-inf the limit where there is one.
/// parameters[i] is parameter i.
double evaluate(const Program& program, double x, std::span<const double> parameters, int output = 0);

/// The same with a running error bound (each step's rounding, and what it makes of its arguments' errors). Where a comparison could go
/// either way within the error, the bound covers both branches.
Bounded evaluate_bounded(const Program& program, double x, std::span<const double> parameters, int output = 0);

}  // namespace rectify
