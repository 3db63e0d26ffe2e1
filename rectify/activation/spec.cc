#include "rectify/activation/spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "rectify/base/error.h"

namespace rectify {
namespace {

bool is_identifier(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  return !text.empty() && letter(text[0]) &&
         std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

std::string parameter_list(const Formula& formula) {
  std::string list;
  for (const FormulaParameter& p : formula.parameters) list += (list.empty() ? "" : ", ") + p.name;
  return list.empty() ? "it has none" : "it has " + list;
}

}  // namespace

std::string_view trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::optional<NamedSpec> take_apart(std::string_view text) {
  if (is_identifier(text)) return NamedSpec{text, {}};
  const std::size_t open = text.find('(');
  if (open == std::string_view::npos || !text.ends_with(')')) return std::nullopt;
  NamedSpec spec{trim(text.substr(0, open)), {}};
  if (!is_identifier(spec.name)) return std::nullopt;
  std::string_view inside = trim(text.substr(open + 1, text.size() - open - 2));
  if (inside.find_first_of("()") != std::string_view::npos) return std::nullopt;
  std::vector<std::string_view> names;
  while (!inside.empty()) {
    const std::size_t comma = std::min(inside.find(','), inside.size());
    spec.settings.push_back(trim(inside.substr(0, comma)));
    inside = trim(inside.substr(std::min(comma + 1, inside.size())));
    const std::size_t equals = spec.settings.back().find('=');
    if (equals == std::string_view::npos || !is_identifier(trim(spec.settings.back().substr(0, equals)))) return std::nullopt;
    if (spec.settings.back().substr(equals).starts_with("==")) return std::nullopt;
    const std::string_view name = trim(spec.settings.back().substr(0, equals));
    if (std::find(names.begin(), names.end(), name) != names.end()) fail("activation", fmt::format("{} is given twice in {}", name, text));
    names.push_back(name);
  }
  return spec;
}

void set_parameter(Formula& formula, std::string_view owner, std::string_view setting) {
  const std::size_t equals = setting.find('=');
  const std::string_view name = trim(setting.substr(0, equals));
  const auto found =
      std::find_if(formula.parameters.begin(), formula.parameters.end(), [&](const FormulaParameter& p) { return p.name == name; });
  if (found == formula.parameters.end()) {
    fail("activation", fmt::format("{} has no parameter \"{}\": {}", owner, name, parameter_list(formula)));
  }
  std::string_view text = trim(setting.substr(equals + 1));
  if (text.ends_with(" learn")) {
    found->learn = Learn::kYes;
    text = trim(text.substr(0, text.size() - 6));
  }
  const Formula value = [&] {
    try {
      return parse_formula(text);
    } catch (const Error&) {
      fail("activation", fmt::format("{} of {} is \"{}\", wanted a number", name, owner, text));
    }
  }();
  if (!value.body.is_constant()) fail("activation", fmt::format("{} of {} is \"{}\", wanted a number", name, owner, text));
  found->value = value.body.value();
}

std::string formula_text(const Formula& formula) {
  std::string text = to_text(formula.body, formula.parameters);
  for (const FormulaParameter& p : formula.parameters) {
    text += fmt::format("; {} = {}{}", p.name, p.value, p.learn == Learn::kYes ? " learn" : "");
  }
  return text;
}

std::string settings_text(const Formula& formula, const Formula& standard) {
  std::string list;
  for (std::size_t i = 0; i < formula.parameters.size(); ++i) {
    const FormulaParameter& p = formula.parameters[i];
    if (p == standard.parameters[i]) continue;
    list += fmt::format("{}{}={}{}", list.empty() ? "" : ", ", p.name, p.value, p.learn == Learn::kYes ? " learn" : "");
  }
  return list.empty() ? "" : "(" + list + ")";
}

}  // namespace rectify
