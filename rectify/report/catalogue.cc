#include "rectify/report/catalogue.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "rectify/activation/spec.h"
#include "rectify/report/wrap.h"

namespace rectify {
namespace {

/// What stands on an entry's lines.
struct Item {
  std::string name, formula, source;
  std::vector<std::string> remarks;
};

Item item_of(const CatalogueEntry& entry) {
  Item item{std::string(entry.name), std::string(entry.formula), std::string(entry.source), {}};
  if (!entry.aliases.empty()) {
    std::string aliases(entry.aliases);
    for (std::size_t at = 0; (at = aliases.find(' ', at)) != std::string::npos; at += 2) aliases.replace(at, 1, ", ");
    item.remarks.push_back("also " + aliases);
  }
  return item;
}

/// The line of a framework's row.
Item item_of(const CompatRow& row, std::string_view source) {
  Item item{std::string(row.name), "", std::string(source), {}};
  const Formula formula = formula_of(row);
  const std::vector<std::string> required = required_parameters(row);
  item.formula = required.empty() ? formula_text(formula) : to_text(formula.body, formula.parameters);
  if (!required.empty()) item.remarks.push_back(fmt::format("no default for {}", fmt::join(required, ", ")));
  if (!row.note.empty()) item.remarks.emplace_back(row.note);
  if (!row.when.empty()) item.remarks.emplace_back(row.when);
  return item;
}

/// A framework's own lines for an entry.
std::vector<Item> items_of(const CatalogueEntry& entry, const Compat& compat) {
  std::vector<Item> items;
  for (const CompatRow& row : compat.rows_of(entry.name)) items.push_back(item_of(row, entry.source));
  if (const std::string_view spelling = compat.spelling_of(entry); !spelling.empty()) {
    items.push_back({std::string(spelling), std::string(entry.formula), std::string(entry.source), {}});
  }
  return items;
}

std::string text_of(const Item& item, int margin) {
  std::string lines = wrap_beside("  " + item.name, margin, item.formula);
  lines.pop_back();
  const std::size_t used = lines.size() - (lines.rfind('\n') + 1);
  const bool fits = used + 2 + item.source.size() <= kTerminalWidth;
  std::string text = fmt::format("{}{}{:>{}}\n", lines, fits ? "" : "\n", item.source, kTerminalWidth - (fits ? used : 0));
  for (const std::string& remark : item.remarks) text += wrap_beside("", margin + 2, remark);
  return text;
}

using GroupedItems = std::vector<std::pair<std::string_view, Item>>;  // with their groups

std::string text_of(const GroupedItems& items) {
  std::size_t longest = 0;
  for (const auto& [group, item] : items) longest = std::max(longest, item.name.size());
  std::string text;
  std::string_view last;
  for (const auto& [group, item] : items) {
    if (group != last) text += fmt::format("{}{}\n", text.empty() ? "" : "\n", group);
    last = group;
    text += text_of(item, static_cast<int>(longest) + 4);
  }
  return text;
}

/// A row's function in few words: "slope=0.2" where it is the entry with that parameter, a formula or another entry's name elsewhere.
std::string in_short(const CompatRow& row, const CatalogueEntry& entry) {
  if (!row.formula.empty()) {
    const Formula formula = formula_of(row);
    std::vector<Expression> values;
    for (const FormulaParameter& p : formula.parameters) values.emplace_back(p.value);
    return to_text(substitute(formula.body, Expression::x(), values), {});
  }
  const std::string spec = spec_of(row), before = std::string(entry.name) + "(";
  return spec.starts_with(before) ? spec.substr(before.size(), spec.size() - before.size() - 1) : spec;
}

}  // namespace

std::string differences_text(const CatalogueEntry& entry) {
  std::vector<std::pair<std::string, std::string>> meanings;  // and where
  for (const CompatRow& row : differing_rows(entry)) {
    const std::string meaning = in_short(row, entry);
    const std::string_view remark = row.note.empty() ? row.when : row.note;
    const std::string where = std::string(row.framework) + (remark.empty() ? "" : fmt::format(" ({})", remark));
    const auto same = std::find_if(meanings.begin(), meanings.end(), [&](const auto& m) { return m.first == meaning; });
    if (same == meanings.end())
      meanings.emplace_back(meaning, where);
    else
      same->second += ", " + where;
  }
  std::string text;
  for (const auto& [meaning, where] : meanings) text += fmt::format("{}{} in {}", text.empty() ? "" : "; ", meaning, where);
  return text;
}

std::string catalogue_text(std::span<const CatalogueEntry> entries, const Compat& compat) {
  GroupedItems items;
  for (const CatalogueEntry& entry : entries) {
    if (!compat.is_own()) {
      for (Item& item : items_of(entry, compat)) items.emplace_back(entry.group, std::move(item));
      continue;
    }
    items.emplace_back(entry.group, item_of(entry));
    if (const std::string differences = differences_text(entry); !differences.empty()) items.back().second.remarks.push_back(differences);
  }
  return text_of(items);
}

std::string uncatalogued_text(const Compat& compat) {
  GroupedItems items;
  for (const CompatRow& row : compat.rows_of("")) items.emplace_back("not in the catalogue", item_of(row, row.framework));
  return text_of(items);
}

}  // namespace rectify
