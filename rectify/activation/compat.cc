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

/// Whether a row's formula with its defaults is the entry itself.
bool is_entry(const CompatRow& row) { return !row.entry.empty() && !differ(Activation(row.formula), Activation(row.entry)); }

/// A SPEC for `formula`, which is formula_of(row) with other values.
std::string spec_text(const CompatRow& row, const Formula& formula) {
  if (!row.formula.empty() && formula.parameters == formula_of(row).parameters && is_entry(row)) return std::string(row.entry);
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

/// A text without quotes around it.
std::string_view unquoted(std::string_view text) {
  const bool is_quoted = text.size() >= 2 && (text[0] == '\'' || text[0] == '"') && text.back() == text[0];
  return is_quoted ? text.substr(1, text.size() - 2) : text;
}

/// A setting's name and what it is set to.
std::pair<std::string_view, std::string_view> halves(std::string_view setting) {
  const std::size_t equals = setting.find('=');
  return {trim(setting.substr(0, equals)), trim(setting.substr(equals + 1))};
}

/// Whether `setting` is the one that chooses `row`.
bool chooses(const CompatRow& row, std::string_view setting) {
  if (row.when.empty()) return false;
  const auto [name, value] = halves(setting);
  const auto [wanted_name, wanted] = halves(row.when);
  return name == wanted_name && plain(unquoted(value)) == plain(wanted);
}

bool takes(const CompatRow& row, std::string_view setting) {
  const Formula formula = formula_of(row);
  const std::string_view name = halves(setting).first;
  return chooses(row, setting) ||
         std::any_of(formula.parameters.begin(), formula.parameters.end(), [&](const FormulaParameter& p) { return p.name == name; });
}

/// Fails because none of `rows` takes all of `settings`, which belong to `typed`.
[[noreturn]] void refuse(std::string_view typed, std::span<const CompatRow> rows, std::span<const std::string_view> settings) {
  std::vector<std::string> names;
  const auto add = [](std::vector<std::string>& to, std::string_view what) {
    if (std::find(to.begin(), to.end(), what) == to.end()) to.emplace_back(what);
  };
  for (const CompatRow& row : rows) {
    for (const FormulaParameter& p : formula_of(row).parameters) add(names, p.name);
    if (!row.when.empty()) add(names, halves(row.when).first);
  }
  for (const std::string_view setting : settings) {
    if (std::any_of(rows.begin(), rows.end(), [&](const CompatRow& row) { return takes(row, setting); })) continue;
    const auto [name, value] = halves(setting);
    std::vector<std::string> values;
    for (const CompatRow& row : rows) {
      if (const auto [its_name, its_value] = halves(row.when); !row.when.empty() && its_name == name) add(values, its_value);
    }
    if (!values.empty()) {
      fail("activation", fmt::format("{} of {} is \"{}\", wanted {}", name, typed, unquoted(value), fmt::join(values, " or ")));
    }
    fail("activation", fmt::format("{} has no parameter \"{}\": it has {}", typed, name,
                                   names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))));
  }
  fail("activation", fmt::format("{} does not take {} together", typed, fmt::join(settings, " and ")));
}

/// The first of `rows` that takes all `settings`. Errors: [activation] none does.
const CompatRow& chosen_row(std::string_view typed, std::span<const CompatRow> rows, std::span<const std::string_view> settings) {
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const CompatRow& r) {
    return std::all_of(settings.begin(), settings.end(), [&](std::string_view setting) { return takes(r, setting); });
  });
  if (row == rows.end()) refuse(typed, rows, settings);
  return *row;
}

/// A row's formula with the values that `settings` give.
Formula with_settings(const CompatRow& row, std::string_view typed, std::span<const std::string_view> settings) {
  Formula formula = formula_of(row);
  for (const std::string_view setting : settings) {
    if (!chooses(row, setting)) set_parameter(formula, typed, setting);
  }
  return formula;
}

/// A SPEC for the row that `settings` choose.
std::string configured(std::string_view typed, std::span<const CompatRow> rows, std::span<const std::string_view> settings) {
  const CompatRow& row = chosen_row(typed, rows, settings);
  for (const std::string& name : required_parameters(row)) {
    if (std::any_of(settings.begin(), settings.end(), [&](std::string_view s) { return halves(s).first == name; })) continue;
    fail("activation", fmt::format("{} has no default for {} in {}: write {}({}=...)", typed, name, row.framework, typed,
                                   fmt::join(required_parameters(row), "=..., ")));
  }
  return spec_text(row, with_settings(row, typed, settings));
}

}  // namespace

bool is_default(const CompatRow& row) {
  const auto table = compat_table();
  const auto first =
      std::find_if(table.begin(), table.end(), [&](const CompatRow& r) { return r.framework == row.framework && r.name == row.name; });
  return first->when == row.when && first->formula == row.formula;
}

std::vector<std::string> required_parameters(const CompatRow& row) {
  std::vector<std::string> names;
  for (const Renamed& r : renamed(row)) {
    if (r.value == "?") names.emplace_back(r.theirs);
  }
  return names;
}

Formula formula_of(const CompatRow& row) {
  if (!row.formula.empty()) return parse_formula(row.formula, resolve_name);
  Formula formula = *resolve_name(row.entry);
  for (const Renamed& r : renamed(row)) {
    if (!r.value.empty() && r.value != "?") set_parameter(formula, row.name, fmt::format("{}={}", r.ours, r.value));
    parameter(formula, r.ours).name = r.theirs;
  }
  return formula;
}

std::string spec_of(const CompatRow& row) { return spec_text(row, formula_of(row)); }

std::vector<CompatRow> differing_rows(const CatalogueEntry& entry) {
  std::vector<CompatRow> rows;
  for (const CompatRow& row : compat_table()) {
    const bool same_name = find_loosely(std::span(&entry, 1), row.name) != nullptr;
    if (!is_default(row) || (row.entry != entry.name && !same_name)) continue;
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

std::vector<CompatRow> Compat::find(std::string_view name) const {
  std::string_view spelling;
  for (const CompatRow& row : compat_table()) {
    if (row.framework != framework_) continue;
    if (row.name == name) spelling = name;
    if (spelling.empty() && plain(row.name) == plain(name)) spelling = row.name;
  }
  std::vector<CompatRow> rows;
  for (const CompatRow& row : compat_table()) {
    if (row.framework == framework_ && row.name == spelling) rows.push_back(row);
  }
  return rows;
}

std::string_view Compat::spelling_of(const CatalogueEntry& entry) const {
  for (const CompatSpellings& spellings : compat_spellings()) {
    if (spellings.framework != framework_) continue;
    for (const std::string_view name : words(spellings.names, ' ')) {
      if (find_loosely(std::span(&entry, 1), name) != nullptr) return name;
    }
  }
  return {};
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

namespace {

/// "GELU()" of "torch.nn.GELU()".
std::string_view without_module(std::string_view spec) {
  const std::string_view path = spec.substr(0, spec.find('('));
  const bool is_path = std::ranges::all_of(path, [](unsigned char c) { return std::isalnum(c) || c == '_' || c == '.'; });
  const std::size_t dot = path.rfind('.');
  if (!is_path || dot == std::string_view::npos || std::isdigit(static_cast<unsigned char>(path[0]))) return spec;
  return spec.substr(dot + 1);
}

}  // namespace

std::string Compat::translate(std::string_view spec) const {
  spec = trim(spec);
  if (is_own()) return std::string(spec);
  spec = without_module(spec);
  std::optional<NamedSpec> named = take_apart(spec);
  if (!named || spec == "x") return translate_formula(spec);
  // Where results are kept is no part of a function.
  if (framework_ == "pytorch") std::erase_if(named->settings, [](std::string_view s) { return trim(s).starts_with("inplace"); });
  if (const auto rows = find(named->name); !rows.empty()) return configured(named->name, rows, named->settings);
  for (const auto entries : {catalogue(), layer_catalogue()}) {
    if (const CatalogueEntry* entry = find_loosely(entries, named->name)) {
      if (const auto own = resolve_name(entry->name)) {
        Formula formula = *own;
        for (const std::string_view setting : named->settings) set_parameter(formula, named->name, setting);
      }
      return named->settings.empty() ? std::string(entry->name) : fmt::format("{}({})", entry->name, fmt::join(named->settings, ", "));
    }
  }
  fail("activation", fmt::format("unknown activation \"{}\" of {}{}", named->name, framework_, did_you_mean(named->name, names())));
}

std::string Compat::translate_formula(std::string_view text) const {
  bool other = false;
  const auto resolve = [&](std::string_view call) -> std::optional<Formula> {
    const std::optional<NamedSpec> named = take_apart(call);
    if (!named) return std::nullopt;
    const auto& [name, settings] = *named;
    if (const auto rows = find(name); !rows.empty()) {
      other = true;
      return with_settings(chosen_row(name, rows, settings), name, settings);
    }
    const CatalogueEntry* entry = find_loosely(catalogue(), name);
    if (entry == nullptr || !settings.empty()) return std::nullopt;
    other = other || !find_in_catalogue(name);
    return resolve_name(entry->name);
  };
  const Formula formula = parse_formula(text, resolve, names());
  if (!other) return std::string(text);
  return formula.name.empty() ? formula_text(formula) : fmt::format("{} = {}", formula.name, formula_text(formula));
}

}  // namespace rectify
