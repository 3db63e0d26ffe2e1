// What the trials of a study measured.
#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rectify/compare/statistics.h"
#include "rectify/record/study.h"

namespace rectify {

/// What one trial measured, by name. What is not there is undefined.
using Measures = std::map<std::string, double, std::less<>>;

/// One row: what its trials measured, a seed each.
struct FoundRow {
  std::vector<std::string> labels;
  std::vector<Measures> seeds;  ///< empty where it could not be run
  std::optional<double> rate;   ///< the learning rate that was chosen for it
  std::string remark;

  /// One value a seed, NaN where it is undefined.
  std::vector<double> values(std::string_view measure) const;
  Estimate estimate(std::string_view measure) const;
  double mean(std::string_view measure) const { return estimate(measure).mean; }
};

/// One table: its rows in the order of the design.
using FoundTable = std::vector<FoundRow>;

/// All tables of a study.
class Findings {
 public:
  explicit Findings(std::vector<FoundTable> tables) : tables_(std::move(tables)) {}

  std::size_t tables() const { return tables_.size(); }
  const FoundTable& table(std::size_t index = 0) const { return tables_.at(index); }
  /// The row with these labels. Errors: [study] there is none.
  const FoundRow& row(const std::vector<std::string>& labels) const;
  /// The same, or null.
  const FoundRow* find(const std::vector<std::string>& labels) const;

 private:
  std::vector<FoundTable> tables_;
};

/// a - b, seed by seed.
Estimate difference(const FoundRow& a, const FoundRow& b, std::string_view measure);

/// "84.5 +- 0.3 %", for sentences: percent with one decimal and the margin where there is one.
std::string percent_of(const Estimate& share);
/// "84.5 +- 0.3 points": of a difference of shares.
std::string points_of(const Estimate& difference);
/// "2.1 +- 0.4 points above relu's", "... below ...", or "as good as relu's as far as these seeds tell (0.1 +- 0.4 points)".
std::string beside_text(const Estimate& difference, std::string_view what);
/// "3.2 +- 0.4": two significant digits.
std::string number_of(const Estimate& value);

}  // namespace rectify
