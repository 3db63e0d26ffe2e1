// What tests ask of formulas given as text.
#pragma once

#include <string>
#include <vector>

#include "rectify/formula/derivative.h"
#include "rectify/formula/formula.h"
#include "rectify/formula/program.h"

namespace rectify::test {

/// The values that its parameters have if not told otherwise.
inline std::vector<double> values_of(const Formula& f) {
  std::vector<double> values;
  for (const FormulaParameter& p : f.parameters) values.push_back(p.value);
  return values;
}

/// f(x) of a formula given as text.
inline double at(const std::string& text, double x) {
  const Formula f = parse_formula(text);
  return evaluate(lower(f.body), x, values_of(f));
}

/// f'(x).
inline double slope_at(const std::string& text, double x) {
  const Formula f = parse_formula(text);
  return evaluate(lower(derivative(f.body)), x, values_of(f));
}

}  // namespace rectify::test
