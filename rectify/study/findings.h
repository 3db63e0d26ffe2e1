// What the trials of a study measured.
#pragma once

#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
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
  std::shared_ptr<std::set<std::string>> missing = nullptr;  ///< the measures that were asked for in vain, if they are kept
  RateEdge edge = RateEdge::kNone;                           ///< whether that rate is the lowest or the highest of those tried

  /// One value a seed, NaN where it is undefined.
  std::vector<double> values(std::string_view measure) const;
  /// Whether any seed has it: ask first where a row may lack it, as one has no dead units whose trainings all diverged.
  bool has(std::string_view measure) const;
  /// Of a measure that no seed has it is of nothing, and Findings::missing() tells of it: no verdict may rest on that.
  Estimate estimate(std::string_view measure) const;
  double mean(std::string_view measure) const { return estimate(measure).mean; }
  double lowest(std::string_view measure) const { return estimate(measure).lowest; }
  double highest(std::string_view measure) const { return estimate(measure).highest; }
};

/// One table: its rows in the order of the design.
using FoundTable = std::vector<FoundRow>;

/// All tables of a study.
class Findings {
 public:
  explicit Findings(std::vector<FoundTable> tables);

  std::size_t tables() const { return tables_.size(); }
  const FoundTable& table(std::size_t index = 0) const { return tables_.at(index); }
  /// The row with these labels. Errors: [study] there is none.
  const FoundRow& row(const std::vector<std::string>& labels) const;
  /// The same, or null.
  const FoundRow* find(const std::vector<std::string>& labels) const;
  /// What was asked of rows and had been measured in none of their trainings: "dead_end of relu 0.3". Rows that could not be run are not
  /// among them.
  const std::set<std::string>& missing() const { return *missing_; }

 private:
  std::shared_ptr<std::set<std::string>> missing_ = std::make_shared<std::set<std::string>>();
  std::vector<FoundTable> tables_;
};

/// ", at the lowest rate tried", ", at the highest rate tried" or "": said of a row that comes off badly, as another rate might be better.
std::string edge_text(const FoundRow& row);

/// a - b, seed by seed.
Estimate difference(const FoundRow& a, const FoundRow& b, std::string_view measure);

/// A row beside another.
struct Compared {
  const FoundRow* row;
  Estimate ahead;  ///< the row's measure less the other's
  bool sure;       ///< surely not 0, with all others of the family asked at once (Holm's correction)

  bool surely_above() const { return sure && ahead.mean > 0; }
  bool surely_below() const { return sure && ahead.mean < 0; }
};

/// Each first row beside its second one.
std::vector<Compared> compare_all(const std::vector<std::pair<const FoundRow*, const FoundRow*>>& family, std::string_view measure);

/// "84.5 +- 0.3 %", for sentences: percent with one decimal and the margin where there is one; "2.3 (0.0..6.3) %" where the interval would
/// reach beyond 0 or 100 %, with the lowest and the highest seed.
std::string percent_of(const Estimate& share);
/// "84.5 +- 0.3 points": of a difference of shares.
std::string points_of(const Estimate& difference);
/// "2.1 +- 0.4 points above relu's", "... below ...", or "not to be told from relu's with these seeds (0.1 +- 0.4 points)". With a limit
/// also, where it is surely that near: "within 1 point of relu's (0.1 +- 0.4 points)".
std::string beside_text(const Estimate& difference, std::string_view what, double limit = 0);
/// "3.20 +- 0.44": the margin to two digits.
std::string number_of(const Estimate& value);

}  // namespace rectify
