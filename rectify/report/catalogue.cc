#include "rectify/report/catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "rectify/report/wrap.h"

namespace rectify {

std::string catalogue_text(std::span<const CatalogueEntry> entries) {
  std::size_t longest = 0;
  for (const CatalogueEntry& entry : entries) longest = std::max(longest, entry.name.size());
  std::string text;
  std::string_view group;
  for (const CatalogueEntry& entry : entries) {
    if (entry.group != group) text += fmt::format("{}{}\n", text.empty() ? "" : "\n", entry.group);
    group = entry.group;
    const int margin = static_cast<int>(longest) + 4;
    std::string lines = wrap_beside(fmt::format("  {}", entry.name), margin, entry.formula);
    lines.pop_back();
    const std::size_t used = lines.size() - (lines.rfind('\n') + 1);
    const bool fits = used + 2 + entry.source.size() <= kTerminalWidth;
    text += fmt::format("{}{}{:>{}}\n", lines, fits ? "" : "\n", entry.source, kTerminalWidth - (fits ? used : 0));
  }
  return text;
}

}  // namespace rectify
