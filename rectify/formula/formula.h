// The formula language, which docs/formulas.md tells to users: text to expression and back.
//   formula    = [name "="] expression { ";" name "=" constant ["learn"] }; names have no meaning yet, but a parameter may be min or max
//   expression = comparison [ "?" expression ":" expression ]
//   operators  : + - * / ^ (right), < <= > >= == !=, and a call f(a, ...) of a function below or of a name that the resolver knows
//   functions  : exp expm1 log log1p sqrt abs sign sin cos tan atan sinh cosh tanh erf erfc sigmoid softplus floor,
//                min max (2 or more arguments), clip(x, lo, hi)
//   constants  : numbers, pi, e
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rectify/formula/expression.h"

namespace rectify {

/// Whether training changes a parameter.
enum class Learn { kNo, kYes };

/// A named number in a formula.
struct FormulaParameter {
  std::string name;
  double value = 0;
  Learn learn = Learn::kNo;
  bool operator==(const FormulaParameter&) const = default;
};

/// y = body(x; parameters).
struct Formula {
  std::string name;  ///< empty where the text gave none
  Expression body;
  std::vector<FormulaParameter> parameters;
};

/// Gives the formula behind a name called inside another, "gelu", or behind one with a setting, "GELU(approximate=tanh)", or nothing.
using Resolver = std::function<std::optional<Formula>(std::string_view name)>;

/// Whether the language itself has a function of this name: "sin", "clip".
bool is_function_name(std::string_view name);

/// Parses `text`. A call name(argument, parameter=value, ...) of a name that `resolver` knows is replaced by that formula; `known` are the
/// names to suggest for an unknown one: those that `resolver` knows, and layers, which have no formula. Errors: [formula] with the column,
/// the text and a caret under the place.
Formula parse_formula(std::string_view text, const Resolver& resolver = {}, std::span<const std::string> known = {});

/// The formula as this language writes it; parse_formula() of it gives the same expression.
std::string to_text(const Expression& e, std::span<const FormulaParameter> parameters);
/// The formula in LaTeX.
std::string to_latex(const Expression& e, std::span<const FormulaParameter> parameters);

}  // namespace rectify
