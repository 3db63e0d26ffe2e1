#include "rectify/study/findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "rectify/base/error.h"
#include "rectify/record/text.h"

namespace rectify {

std::vector<double> FoundRow::values(std::string_view measure) const {
  std::vector<double> all;
  for (const Measures& seed : seeds) {
    const auto found = seed.find(measure);
    all.push_back(found == seed.end() ? std::numeric_limits<double>::quiet_NaN() : found->second);
  }
  return all;
}

Estimate FoundRow::estimate(std::string_view measure) const { return rectify::estimate(values(measure)); }

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

Estimate difference(const FoundRow& a, const FoundRow& b, std::string_view measure) {
  return paired_difference(a.values(measure), b.values(measure));
}

std::string percent_of(const Estimate& share) {
  if (std::isnan(share.mean)) return "unknown";
  const std::string margin = std::isnan(share.margin) || share.margin == 0 ? "" : fmt::format(" +- {:.1f}", 100 * share.margin);
  return fmt::format("{:.1f}{} %", 100 * share.mean, margin);
}

std::string points_of(const Estimate& difference) {
  if (std::isnan(difference.mean)) return "an unknown number of points";
  const std::string margin =
      std::isnan(difference.margin) || difference.margin == 0 ? "" : fmt::format(" +- {:.1f}", 100 * difference.margin);
  return fmt::format("{:.1f}{} points", 100 * difference.mean, margin);
}

std::string beside_text(const Estimate& difference, std::string_view what) {
  if (surely_above(difference, 0)) return fmt::format("{} above {}", points_of(difference), what);
  if (surely_below(difference, 0))
    return fmt::format("{} below {}", points_of({-difference.mean, difference.margin, difference.count}), what);
  return fmt::format("not to be told from {} with these seeds ({})", what, points_of(difference));
}

std::string number_of(const Estimate& value) {
  if (std::isnan(value.mean)) return "unknown";
  return short_text(value.mean) + (std::isnan(value.margin) || value.margin == 0 ? "" : " +- " + short_text(value.margin));
}

}  // namespace rectify
