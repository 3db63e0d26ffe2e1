// docs/accuracy.md: rows that outlive the run that made them.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sweep.h"

namespace rectify::certify {

/// What stands in a row beside function, direction and target. Text, so that a row that is read back is written again as it was.
struct Row {
  std::string by;          ///< "kernel", "tiles" or "layer"
  std::string most, mean;  ///< ULP
  std::string worst;       ///< the input that made it
  std::string subnormal;   ///< units of 2^-149
  std::string absolute;
  std::string allowed;
  std::string wrong;
  std::string inputs;   ///< "all", "1/1024" or "rows"
  std::string results;  ///< the digest of those of all floats
  std::string sources;  ///< their hash

  auto operator<=>(const Row&) const = default;
  bool is_exhaustive() const { return inputs == "all"; }
};

/// The row that tells of `seen`, over all floats if `inputs` is "all".
Row row_of(std::string_view by, const Limits& limits, const Measure& seen, std::string_view inputs, std::string_view sources);

/// Rows by target, function and direction.
class Document {
 public:
  using Key = std::array<std::string, 3>;

  Document() = default;
  /// What render() wrote; rows of another shape are left out.
  static Document parse(std::string_view text);
  /// The page, targets and functions in the orders given; others after them by name. Targets whose rows say the same share one.
  std::string render(const std::vector<std::string>& targets, const std::vector<std::string>& functions) const;

  const Row* find(const Key& key) const;
  void set(const Key& key, Row row) { rows_[key] = std::move(row); }
  const std::map<Key, Row>& rows() const { return rows_; }

 private:
  std::map<Key, Row> rows_;
};

/// What is wrong with a page whose sources hash as `hashes` says, by function: rows missing, out of date or of unknown functions. A line
/// each.
std::vector<std::string> stale_rows(const Document& document, const std::map<std::string, std::string>& hashes);

}  // namespace rectify::certify
