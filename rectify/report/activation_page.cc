#include "rectify/report/activation_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "rectify/report/catalogue.h"

namespace rectify {
namespace {

constexpr std::string_view kIntroduction = R"(# Activations

Written by `make docs` from the catalogue, not by hand. All of it follows from the formulas: derivatives are symbolic, the rest is computed at the
default parameters. What the columns and lines mean:

- **range**: infimum and supremum. **kinks**: where f or f' jumps. **saturates**: on which sides f' tends to 0.
- **from the output**: f' in y = f(x), where y determines it and a closed form is known. Then backward can do without x, and forward may run **in
  place**. In single precision it may say less than f'(x): 1 - y^2 is 0 for tanh beyond |x| = 9.01.
- **gain**: 1 / sqrt(E f(x)^2) for a standard normal x, the factor on the weights that keeps the size of the values from layer to layer. **backward
  gain**: 1 / sqrt(E f'(x)^2), the same for gradients.
- **ULP**: the largest error of the arrays that training runs, forward and gradient, in units in the last place, on the worst SIMD target.
  `accuracy.md` says it for each, with the inputs.
- **elsewhere**: what frameworks take instead. `--compat keras` and the like make Rectify take it too.
)";

/// The cells of a Markdown table's row, without the spaces around them.
std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells;
  if (!line.starts_with("|") || !line.ends_with("|")) return cells;
  line.remove_prefix(1);
  while (!line.empty()) {
    const std::size_t end = line.find('|');
    std::string_view cell = line.substr(0, end);
    while (cell.starts_with(' ')) cell.remove_prefix(1);
    while (cell.ends_with(' ')) cell.remove_suffix(1);
    cells.emplace_back(cell);
    line.remove_prefix(end + 1);
  }
  return cells;
}

/// Keeps the larger of two numbers as they are spelt.
void keep_larger(std::string& most, const std::string& other) {
  if (most.empty() || std::strtod(other.c_str(), nullptr) > std::strtod(most.c_str(), nullptr)) most = other;
}

std::string number(double value) { return fmt::format("{:.6g}", value); }
std::string number(const std::optional<double>& value) { return value ? number(*value) : "-"; }

std::string range_text(const Portrait& p) { return fmt::format("{} to {}", number(p.lower), number(p.upper)); }

std::string accuracy_text(const std::map<std::string, Accuracy>& accuracy, const std::string& name) {
  const auto found = accuracy.find(name);
  return found == accuracy.end() ? "-" : fmt::format("{}, {}", found->second.forward, found->second.gradient);
}

const CatalogueEntry& entry_of(const Portrait& p) {
  return *std::find_if(catalogue().begin(), catalogue().end(), [&](const CatalogueEntry& e) { return e.name == p.name; });
}

std::string overview(std::span<const Portrait> portraits, std::span<const CatalogueEntry> layers,
                     const std::map<std::string, Accuracy>& accuracy) {
  std::string text =
      "\n## At a glance\n\n| name | formula | range | saturates | in place | gain | ULP | group |\n|---|---|---|---|---|---|---|---|\n";
  for (const Portrait& p : portraits) {
    text += fmt::format("| [{0}](#{0}) | `{1}` | {2} | {3} | {4} | {5} | {6} | {7} |\n", p.name, entry_of(p).formula, range_text(p),
                        p.saturates, p.derivative_from_output ? "yes" : "no", number(p.forward_gain), accuracy_text(accuracy, p.name),
                        entry_of(p).group);
  }
  for (const CatalogueEntry& layer : layers) {
    text += fmt::format("| {} | `{}` | - | - | - | - | {} | {} |\n", layer.name, layer.formula,
                        accuracy_text(accuracy, std::string(layer.name)), layer.group);
  }
  return text;
}

std::string section(const Portrait& p, const std::map<std::string, Accuracy>& accuracy) {
  const CatalogueEntry& entry = entry_of(p);
  std::string text = fmt::format("\n### {}\n\n$$ f(x) = {} $$\n\n", p.name, p.latex);
  const auto line = [&text](std::string_view what, const std::string& value) { text += fmt::format("- {}: {}\n", what, value); };
  line("formula", fmt::format("`{}`", entry.formula));
  line("derivative", "`" + p.derivative + "`");
  if (p.derivative_from_output) line("from the output", "`" + *p.derivative_from_output + "`");
  line("in place", p.derivative_from_output ? "yes" : "no");
  std::string kinks;
  for (const double kink : p.kinks) kinks += (kinks.empty() ? "" : ", ") + number(kink);
  line("range", fmt::format("{}; {}; kinks at {}; saturates on {}", range_text(p), p.monotone ? "monotone" : "not monotone",
                            kinks.empty() ? "no place" : kinks, p.saturates));
  line("gain", fmt::format("{}; backward {}; largest slope {}", number(p.forward_gain), number(p.backward_gain), number(p.sup_slope)));
  line("ULP, forward and gradient", accuracy_text(accuracy, p.name));
  line("runs as", p.has_kernel ? "hand-written kernel" : "formula in tiles");
  if (!entry.aliases.empty()) line("other names", std::string(entry.aliases));
  if (const std::string differences = differences_text(entry); !differences.empty()) line("elsewhere", differences);
  line("source", std::string(entry.source));
  return text;
}

}  // namespace

std::map<std::string, Accuracy> read_accuracy(std::string_view page) {
  std::map<std::string, Accuracy> accuracy;
  std::vector<std::string> head;
  while (!page.empty()) {
    const std::size_t end = std::min(page.find('\n'), page.size());
    const std::vector<std::string> cells = cells_of(page.substr(0, end));
    page.remove_prefix(std::min(end + 1, page.size()));
    if (!cells.empty() && cells[0] == "function") head = cells;
    const auto most = std::find(head.begin(), head.end(), "max") - head.begin();
    if (cells.size() != head.size() || most >= static_cast<std::ptrdiff_t>(cells.size())) continue;
    Accuracy& mine = accuracy[cells[0]];
    if (cells[1] == "forward") keep_larger(mine.forward, cells[most]);
    if (cells[1] == "gradient") keep_larger(mine.gradient, cells[most]);
  }
  std::erase_if(accuracy, [](const auto& row) { return row.second.forward.empty() || row.second.gradient.empty(); });
  return accuracy;
}

std::string activation_page(std::span<const Portrait> portraits, std::span<const CatalogueEntry> layers,
                            const std::map<std::string, Accuracy>& accuracy) {
  std::string text = std::string(kIntroduction) + overview(portraits, layers, accuracy);
  std::string_view group;
  for (const Portrait& p : portraits) {
    if (entry_of(p).group != group) text += fmt::format("\n## Group: {}\n", group = entry_of(p).group);
    text += section(p, accuracy);
  }
  text += "\n## Group: layers\n\nNo functions of one variable. A gated one has two inputs, a and b.\n\n";
  for (const CatalogueEntry& layer : layers) text += fmt::format("- **{}**: `{}`. {}\n", layer.name, layer.formula, layer.source);
  return text;
}

}  // namespace rectify
