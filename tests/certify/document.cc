#include "document.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <sstream>
#include <tuple>

#include "digest.h"

namespace rectify::certify {
namespace {

constexpr std::string_view kIntroduction = R"(# Accuracy of the activations

Written by `make certify`, not by hand: what the arrays of every activation of the catalogue, at its default parameters, are off by on every
SIMD target, `f(x)` (forward) and `f'(x)` (gradient: from the input, for dy = 1).

- **max**, **mean**: the error in units in the last place (ULP) of the true value, over all results that are normal floats. One that is rounded
  correctly is off by at most 0.5. Where f' crosses 0 an error relative to it means nothing: results within 0.8 of such a root are left out here,
  and *absolute* says how good they are.
- **at**: the input with the largest error.
- **subnormal**: the largest error of a result that should be subnormal or 0, in units of 2^-149, the smallest float.
- **absolute**: near a root of f', the largest error; for a function that may miss its ULP where it is small, the largest error as a multiple of
  max(1, |x|).
- **allowed**: what is asked of a hand-written kernel, in ULP, or the absolute error given with it where that is more; where subnormal,
  1.5 units forward and 2 units of a gradient.
- **wrong**: results that are NaN or infinite and should not be, or should be and are not; forward also zeros with the wrong sign. *Unknown* are
  inputs whose true value could not be told.
- **over**: `all` 2^32 floats, or one at random of every so many consecutive ones and the special ones.
- **results**: a digest of the results over all floats. Targets that share one give the same bits for every float, and so do two versions of the
  code.
- **sources**: a hash of the code that decides the row, comments left out. A test fails when it is out of date. Where the code has changed and all
  results are the same to the bit, `make certify` keeps the row, within minutes; else it measures it anew.

The true value is the formula in double precision with a bound on the error of every step; where that bound exceeds 2^-32 of the value (or of the
smallest normal float), it comes from MPFR at 768 bits and more, if need be through a polynomial of degree 26 over one binade whose last
coefficients show that it is as good. Over all floats that polynomial comes first, and double is computed for one in 64 to see that they agree.
Parameters are the floats that the kernels get.
)";

/// A part of the page: what it holds, and which rows.
struct Section {
  std::string_view by, title, text;
};
constexpr Section kSections[] = {
    {"kernel", "## Hand-written kernels", ""},
    {"layer", "## Layers",
     R"(Of a gated one, y = a f(b), forward is y and gradient that of b for dy = 1, with 1 <= |a| < 2; *allowed* is what f is allowed, and half
a unit more in a gradient or a subnormal. Softmax and its logarithm are measured over about 900,000 values in *rows* of 1
to 4096, drawn about several middles with scales from 0 to 1000; their gradient goes from the output, and its error is in units of the sum of the
sizes of its terms, which may cancel; where that is subnormal it is left out. Subnormal values of the two are allowed 2 units. Maxout gives one of
the values that it reads, without error.

)"},
    {"tiles", "## Formulas, run by the tile evaluator",
     R"(Nothing is asked of these. Where *max* is more than a kernel may have (3 forward, 4 for a gradient), it is so for one of four reasons:

- Near a root the error is as small as elsewhere, but the value is smaller yet. Roots of f' are set aside only where they are few, those of f never:
  sine and its gradient have one every pi / 30, snake's gradient touches 0 in each period, and xielu crosses 0 near -2.43.
- A little of that is left beyond 0.8 of a root of f': the gradients of serf, logish, smish and telu.
- What is multiplied is subnormal and has few digits, though the product is normal: the gradient of gaussian near -9.5, from exp(-x^2).
- The roundings of one operation after the other add up: the others.

)"},
};

constexpr std::string_view kHead =
    "| function | direction | target | max | mean | at | subnormal | absolute | allowed | wrong | over | results | sources |\n"
    "|---|---|---|---:|---:|---|---:|---:|---:|---:|---|---|---|\n";
constexpr std::size_t kCells = 13;
constexpr std::string_view kBetweenTargets = ", ";

std::array<const std::string*, 10> cells(const Row& r) {
  return {&r.most, &r.mean, &r.worst, &r.subnormal, &r.absolute, &r.allowed, &r.wrong, &r.inputs, &r.results, &r.sources};
}

/// The parts of `text` between separators.
std::vector<std::string> split(std::string_view text, std::string_view separator) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    parts.emplace_back(text.substr(begin, end - begin));
    begin = end + separator.size();
  }
  return parts;
}

/// The cells of a table's row, none if `line` is none.
std::vector<std::string> cells_of(std::string_view line) {
  constexpr std::string_view kBegin = "| ", kEnd = " |";
  if (!line.starts_with(kBegin) || !line.ends_with(kEnd) || line.size() < kBegin.size() + kEnd.size()) return {};
  return split(line.substr(kBegin.size(), line.size() - kBegin.size() - kEnd.size()), " | ");
}

/// Where `value` stands in `order`, behind all where it does not.
std::size_t place(const std::vector<std::string>& order, const std::string& value) {
  return std::find(order.begin(), order.end(), value) - order.begin();
}

std::string in_units(double error) { return error < 1e4 ? fmt::format("{:.3f}", error) : fmt::format("{:.1e}", error); }

std::string allowed_text(const Limits& limits, const Measure& seen) {
  if (!(limits.ulp < 1e300)) return "";
  std::string text = fmt::format("{:g}", limits.ulp);
  if (limits.absolute > 0) text += fmt::format(" or {:g}", limits.absolute);
  if (!limits.roots.empty()) text += fmt::format(" or {:.2g}", limits.near_root);
  return text + (seen.is_missed() ? ", missed" : "");
}

}  // namespace

Row row_of(std::string_view by, const Limits& limits, const Measure& seen, std::string_view inputs, std::string_view sources) {
  Row row;
  row.by = by;
  row.most = in_units(seen.ulp.error);
  row.mean = in_units(seen.mean_ulp());
  row.worst = row.most != in_units(0) ? fmt::format("{:.9g} = {:a}", seen.ulp.x, seen.ulp.x) : "";
  row.subnormal = in_units(seen.subnormal.error);
  if (!limits.roots.empty()) row.absolute = fmt::format("{:.1e}", seen.near_root.error);
  if (limits.absolute > 0) row.absolute = fmt::format("{:.1e}", seen.absolute.error);
  row.allowed = allowed_text(limits, seen);
  row.wrong = seen.wrong == 0 ? "0" : fmt::format("{}, first {:.9g}", seen.wrong, seen.first_wrong);
  if (seen.unjudged > 0) row.wrong += fmt::format(", {} unknown", seen.unjudged);
  row.inputs = inputs;
  if (row.is_exhaustive()) row.results = digest_text(seen.digest);
  row.sources = sources;
  return row;
}

const Row* Document::find(const Key& key) const {
  const auto found = rows_.find(key);
  return found == rows_.end() ? nullptr : &found->second;
}

Document Document::parse(std::string_view text) {
  Document document;
  std::istringstream lines{std::string(text)};
  std::string by;
  for (std::string line; std::getline(lines, line);) {
    for (const Section& section : kSections) {
      if (line == section.title) by = section.by;
    }
    const std::vector<std::string> cell = cells_of(line);
    if (cell.size() != kCells || cell[0] == "function") continue;
    for (const std::string& target : split(cell[2], kBetweenTargets)) {
      document.set({target, cell[0], cell[1]},
                   {by, cell[3], cell[4], cell[5], cell[6], cell[7], cell[8], cell[9], cell[10], cell[11], cell[12]});
    }
  }
  return document;
}

std::string Document::render(const std::vector<std::string>& targets, const std::vector<std::string>& functions) const {
  // By what stands left of the targets, then by what stands right of them.
  using Place = std::tuple<std::size_t, std::string, std::string>;
  std::map<Place, std::map<Row, std::vector<std::string>>> lines;
  for (const auto& [key, row] : rows_) lines[{place(functions, key[1]), key[1], key[2]}][row].push_back(key[0]);

  std::string text(kIntroduction);
  for (const Section& section : kSections) {
    std::string table;
    for (auto& [where, rows] : lines) {
      std::map<std::size_t, std::string> by_target;  // lines in the order of their first targets
      for (auto& [row, names] : rows) {
        if (row.by != section.by) continue;
        std::stable_sort(names.begin(), names.end(),
                         [&](const std::string& a, const std::string& b) { return place(targets, a) < place(targets, b); });
        std::string line = fmt::format("| {} | {} | {}", std::get<1>(where), std::get<2>(where), fmt::join(names, kBetweenTargets));
        for (const std::string* cell : cells(row)) line += " | " + *cell;
        by_target[place(targets, names.front())] += line + " |\n";
      }
      for (const auto& [order, line] : by_target) table += line;
    }
    if (!table.empty()) text += fmt::format("\n{}\n\n{}{}{}", section.title, section.text, kHead, table);
  }
  return text;
}

std::vector<std::string> stale_rows(const Document& document, const std::map<std::string, std::string>& hashes) {
  std::vector<std::string> problems;
  std::set<std::string> targets;
  for (const auto& [key, row] : document.rows()) {
    targets.insert(key[0]);
    const auto found = hashes.find(key[1]);
    if (found == hashes.end())
      problems.push_back(fmt::format("{} on {}: the catalogue has no such function", key[1], key[0]));
    else if (found->second != row.sources)
      problems.push_back(fmt::format("{} {} on {}: its sources have changed", key[1], key[2], key[0]));
  }
  if (targets.empty()) problems.emplace_back("there are no rows");
  for (const std::string& target : targets) {
    for (const auto& [function, hash] : hashes) {
      for (const Direction direction : {Direction::kForward, Direction::kGradient}) {
        if (document.find({target, function, name_of(direction)}) == nullptr) {
          problems.push_back(fmt::format("{} {} on {}: there is no row", function, name_of(direction), target));
        }
      }
    }
  }
  return problems;
}

}  // namespace rectify::certify
