#include "rectify/study/findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "rectify/base/error.h"
#include "rectify/record/text.h"

namespace rectify {
namespace {

/// As many decimals, one or more, as show a mean beyond its margin where it is.
int digits_of(double mean, double margin) {
  constexpr int kMost = 4;
  int digits = 1;
  const auto looks_undecided = [&] {
    const double unit = std::pow(10, digits);
    return std::round(std::abs(mean) * unit) <= std::round(margin * unit);
  };
  while (std::abs(mean) > margin && looks_undecided() && digits < kMost) ++digits;
  return digits;
}

}  // namespace

std::vector<double> FoundRow::values(std::string_view measure) const {
  std::vector<double> all;
  for (const Measures& seed : seeds) {
    const auto found = seed.find(measure);
    all.push_back(found == seed.end() ? std::numeric_limits<double>::quiet_NaN() : found->second);
  }
  return all;
}

bool FoundRow::has(std::string_view measure) const { return rectify::estimate(values(measure)).count > 0; }

Estimate FoundRow::estimate(std::string_view measure) const {
  const Estimate found = rectify::estimate(values(measure));
  if (found.count == 0 && missing && !seeds.empty()) missing->insert(fmt::format("{} of {}", measure, fmt::join(labels, " ")));
  return found;
}

Findings::Findings(std::vector<FoundTable> tables) : tables_(std::move(tables)) {
  for (FoundTable& table : tables_) {
    for (FoundRow& row : table) row.missing = missing_;
  }
}

const FoundRow* Findings::find(const std::vector<std::string>& labels) const {
  for (const FoundTable& table : tables_) {
    const auto row = std::find_if(table.begin(), table.end(), [&](const FoundRow& r) { return r.labels == labels; });
    if (row != table.end()) return &*row;
  }
  return nullptr;
}

const FoundRow& Findings::row(const std::vector<std::string>& labels) const {
  const FoundRow* found = find(labels);
  if (found == nullptr) fail("study", fmt::format("there is no row \"{}\"", fmt::join(labels, " ")));
  return *found;
}

std::string edge_text(const FoundRow& row) {
  switch (row.edge) {
    case RateEdge::kLowest: return ", at the lowest rate tried";
    case RateEdge::kHighest: return ", at the highest rate tried";
    case RateEdge::kNone: break;
  }
  return "";
}

Estimate difference(const FoundRow& a, const FoundRow& b, std::string_view measure) {
  const bool known = a.estimate(measure).count > 0 && b.estimate(measure).count > 0;
  const Estimate found = paired_difference(a.values(measure), b.values(measure));
  if (known && found.count == 0 && a.missing)
    a.missing->insert(fmt::format("{} of {} beside {}", measure, fmt::join(a.labels, " "), fmt::join(b.labels, " ")));
  return found;
}

std::vector<Compared> compare_all(const std::vector<std::pair<const FoundRow*, const FoundRow*>>& family, std::string_view measure) {
  std::vector<Compared> all;
  std::vector<Estimate> differences;
  for (const auto& [row, other] : family) {
    differences.push_back(difference(*row, *other, measure));
    all.push_back({row, differences.back(), false});
  }
  const std::vector<bool> sure = surely_not_zero(differences);
  for (std::size_t i = 0; i < all.size(); ++i) all[i].sure = sure[i];
  return all;
}

std::string percent_of(const Estimate& share) {
  if (std::isnan(share.mean)) return "unknown";
  if (leaves_range(share)) return fmt::format("{:.1f} ({:.1f}..{:.1f}) %", 100 * share.mean, 100 * share.lowest, 100 * share.highest);
  const std::string margin = std::isnan(share.margin) || share.margin == 0 ? "" : fmt::format(" +- {:.1f}", 100 * share.margin);
  return fmt::format("{:.1f}{} %", 100 * share.mean, margin);
}

std::string points_of(const Estimate& difference) {
  if (std::isnan(difference.mean)) return "an unknown number of points";
  const int digits = digits_of(100 * difference.mean, 100 * difference.margin);
  const std::string margin =
      std::isnan(difference.margin) || difference.margin == 0 ? "" : fmt::format(" +- {:.{}f}", 100 * difference.margin, digits);
  return fmt::format("{:.{}f}{} points", 100 * difference.mean, digits, margin);
}

std::string beside_text(const Estimate& difference, std::string_view what, double limit) {
  if (surely_above(difference, 0)) return fmt::format("{} above {}", points_of(difference), what);
  if (surely_below(difference, 0))
    return fmt::format("{} below {}", points_of({-difference.mean, difference.margin, difference.count}), what);
  if (outcome(difference, limit) == Outcome::kWithin) {
    return fmt::format("within {:.3g} point{} of {} ({})", 100 * limit, 100 * limit == 1 ? "" : "s", what, points_of(difference));
  }
  return fmt::format("not to be told from {} with these seeds ({})", what, points_of(difference));
}

std::string number_of(const Estimate& value) {
  if (std::isnan(value.mean)) return "unknown";
  return std::isnan(value.margin) || value.margin == 0 ? short_text(value.mean) : with_margin(value.mean, value.margin, " +- ");
}

}  // namespace rectify
