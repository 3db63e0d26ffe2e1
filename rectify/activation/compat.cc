#include "rectify/activation/compat.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "rectify/activation/catalogue.h"
#include "rectify/activation/spec.h"
#include "rectify/base/error.h"
#include "rectify/base/nearest.h"

namespace rectify {
namespace {

/// The words of a text that are parted by `separator`.
std::vector<std::string_view> words(std::string_view text, char separator) {
  std::vector<std::string_view> found;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(separator), text.size());
    found.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return found;
}

/// A name without what spellings differ in.
std::string plain(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (c != '_') text += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return text;
}

/// The entry that `name` means whatever its spelling, or null.
const CatalogueEntry* find_loosely(std::span<const CatalogueEntry> entries, std::string_view name) {
  const std::string wanted = plain(name);
  for (const CatalogueEntry& entry : entries) {
    std::vector<std::string_view> spellings = words(entry.aliases, ' ');
    spellings.push_back(entry.name);
    if (std::any_of(spellings.begin(), spellings.end(), [&](std::string_view s) { return plain(s) == wanted; })) return &entry;
  }
  return nullptr;
}

/// A parameter of a row, as CompatRow::parameters has it.
struct Renamed {
  std::string_view theirs, ours, value;  // no value: the catalogue's
};

std::vector<Renamed> renamed(const CompatRow& row) {
  std::vector<Renamed> all;
  for (const std::string_view word : words(row.parameters, ' ')) {
    const std::vector<std::string_view> parts = words(word, '=');
    all.push_back({parts[0], parts[1], parts.size() > 2 ? parts[2] : ""});
  }
  return all;
}

FormulaParameter& parameter(Formula& formula, std::string_view name) {
  return *std::find_if(formula.parameters.begin(), formula.parameters.end(), [&](const FormulaParameter& p) { return p.name == name; });
}

/// A SPEC for `formula`, which is formula_of(row) with other values.
std::string spec_text(const CompatRow& row, const Formula& formula) {
  if (!row.formula.empty()) return fmt::format("{}_{} = {}", row.framework, row.name, formula_text(formula));
  const Formula standard = *resolve_name(row.entry);
  Formula ours = formula;
  for (const Renamed& r : renamed(row)) parameter(ours, r.theirs).name = r.ours;
  return std::string(row.entry) + settings_text(ours, standard);
}

/// The framework that people also call `name`, or `name`.
std::string_view usual_name(std::string_view name) {
  if (name == "torch") return "pytorch";
  if (name == "tf") return "tensorflow";
  return name == "flax" ? "jax" : name;
}

/// Whether training changes only one of two functions, or they have other values at the places where frameworks choose differently: around
/// 0, and where pieces meet.
bool differ(const Activation& a, const Activation& b) {
  if (a.learns() != b.learns()) return true;
  for (int i = -128; i <= 128; ++i) {
    const double x = i / 16.0;
    if (std::abs(a.value(x) - b.value(x)) > 1e-12) return true;
  }
  return false;
}

}  // namespace

Formula formula_of(const CompatRow& row) {
  if (!row.formula.empty()) return parse_formula(row.formula, resolve_name);
  Formula formula = *resolve_name(row.entry);
  for (const Renamed& r : renamed(row)) {
    if (!r.value.empty()) set_parameter(formula, row.name, fmt::format("{}={}", r.ours, r.value));
    parameter(formula, r.ours).name = r.theirs;
  }
  return formula;
}

std::string spec_of(const CompatRow& row) { return spec_text(row, formula_of(row)); }

std::vector<CompatRow> differing_rows(const CatalogueEntry& entry) {
  std::vector<CompatRow> rows;
  for (const CompatRow& row : compat_table()) {
    const bool same_name = find_loosely(std::span(&entry, 1), row.name) != nullptr;
    if (row.entry != entry.name && !same_name) continue;
    if (differ(Activation(spec_of(row)), Activation(entry.name))) rows.push_back(row);
  }
  return rows;
}

Compat::Compat(std::string_view framework) : framework_(framework) {
  const std::vector<std::string> known = frameworks();
  if (std::find(known.begin(), known.end(), framework_) != known.end()) return;
  const std::string meant = did_you_mean(usual_name(framework), known);
  const std::string choice = meant.empty() ? fmt::format("; there are {}", fmt::join(known, ", ")) : meant;
  fail("compat", fmt::format("unknown framework \"{}\"{}", framework, choice));
}

std::vector<std::string> Compat::frameworks() {
  std::vector<std::string> names;
  for (const CompatRow& row : compat_table()) {
    if (names.empty() || names.back() != row.framework) names.emplace_back(row.framework);
  }
  return names;
}

const CompatRow* Compat::find(std::string_view name) const {
  const CompatRow* similar = nullptr;
  for (const CompatRow& row : compat_table()) {
    if (row.framework != framework_) continue;
    if (row.name == name) return &row;
    if (similar == nullptr && plain(row.name) == plain(name)) similar = &row;
  }
  return similar;
}

std::vector<CompatRow> Compat::rows_of(std::string_view entry) const {
  std::vector<CompatRow> rows;
  for (const CompatRow& row : compat_table()) {
    if (row.framework == framework_ && row.entry == entry) rows.push_back(row);
  }
  return rows;
}

std::vector<std::string> Compat::names() const {
  std::vector<std::string> all;
  for (const CompatRow& row : compat_table()) {
    if (row.framework == framework_) all.emplace_back(row.name);
  }
  for (const auto entries : {catalogue(), layer_catalogue()}) {
    for (const CatalogueEntry& entry : entries) all.emplace_back(entry.name);
  }
  return all;
}

std::string Compat::translate(std::string_view spec) const {
  spec = trim(spec);
  if (is_own()) return std::string(spec);
  const std::optional<NamedSpec> named = take_apart(spec);
  if (!named || spec == "x") return translate_formula(spec);
  if (const CompatRow* row = find(named->name)) {
    Formula formula = formula_of(*row);
    for (const std::string_view setting : named->settings) set_parameter(formula, row->name, setting);
    return spec_text(*row, formula);
  }
  for (const auto entries : {catalogue(), layer_catalogue()}) {
    if (const CatalogueEntry* entry = find_loosely(entries, named->name)) {
      return std::string(entry->name) + std::string(spec.substr(named->name.size()));
    }
  }
  fail("activation", fmt::format("unknown activation \"{}\" of {}{}", named->name, framework_, did_you_mean(named->name, names())));
}

std::string Compat::translate_formula(std::string_view text) const {
  bool other = false;
  const auto resolve = [&](std::string_view name) -> std::optional<Formula> {
    if (const CompatRow* row = find(name)) {
      other = true;
      return formula_of(*row);
    }
    const CatalogueEntry* entry = find_loosely(catalogue(), name);
    if (entry == nullptr) return std::nullopt;
    other = other || !find_in_catalogue(name);
    return resolve_name(entry->name);
  };
  const Formula formula = parse_formula(text, resolve, names());
  if (!other) return std::string(text);
  return formula.name.empty() ? formula_text(formula) : fmt::format("{} = {}", formula.name, formula_text(formula));
}

}  // namespace rectify
