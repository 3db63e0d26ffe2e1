// A SPEC taken apart: what stands before it is an activation.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rectify/formula/formula.h"

namespace rectify {

/// "name" or "name(parameter=value, ...)". The views point into the text that it came from.
struct NamedSpec {
  std::string_view name;
  std::vector<std::string_view> settings;  ///< "parameter=value", or "parameter=value learn"
};

/// `text` without the white space around it.
std::string_view trim(std::string_view text);

/// The parts of a SPEC that names an activation; none where it is a formula.
std::optional<NamedSpec> take_apart(std::string_view text);

/// Sets a parameter of `formula` to what `setting` says; `owner` is its name in messages.
/// Errors: [activation] no such parameter, the value is not a number.
void set_parameter(Formula& formula, std::string_view owner, std::string_view setting);

/// A formula with its parameters as parse_formula() reads it, without its name.
std::string formula_text(const Formula& formula);

/// "(parameter=value, ...)" of the parameters of `formula` that differ from `standard`'s, whose parameters are the same; "" where none
/// does.
std::string settings_text(const Formula& formula, const Formula& standard);

}  // namespace rectify
