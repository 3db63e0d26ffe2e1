#include "rectify/data/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <cmath>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "rectify/base/error.h"
#include "rectify/base/nearest.h"
#include "rectify/data/csv.h"

namespace rectify {
namespace {

constexpr const char* kWho = "data";
constexpr double kTestShare = 0.2;
constexpr std::uint64_t kTestSeed = 0;  // whatever the training's seed, so that a network is never tested on what another one learnt
constexpr std::int64_t kFewestRows = 10;

/// The finite number that `text` is as a float, or nothing.
std::optional<float> number_in(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(static_cast<float>(value))) return std::nullopt;
  return static_cast<float>(value);
}

/// Whether `text` is UTF-8: each byte that begins a character followed by as many as it announces.
bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const int ones = std::countl_one(static_cast<std::uint8_t>(text[at]));
    if (ones == 1 || ones > 4) return false;
    const std::string_view rest = text.substr(at + 1, std::max(ones - 1, 0));
    const auto follows = [](char c) { return std::countl_one(static_cast<std::uint8_t>(c)) == 1; };
    if (std::ssize(rest) < ones - 1 || !std::all_of(rest.begin(), rest.end(), follows)) return false;
    at += rest.size() + 1;
  }
  return true;
}

std::vector<std::string> read_names(CsvReader& reader) {
  std::vector<std::string> names;
  reader.next(names);
  if (std::all_of(names.begin(), names.end(), [](const std::string& name) { return number_in(name).has_value(); })) {
    reader.fail_here("numbers, wanted the columns' names");
  }
  for (auto name = names.begin(); name != names.end(); ++name) {
    const auto number = name - names.begin() + 1;
    if (name->empty()) reader.fail_here(fmt::format("column {} has no name", number));
    if (!is_utf8(*name)) reader.fail_here(fmt::format("the name of column {} is not UTF-8: save the file as UTF-8", number));
    if (std::find(names.begin(), name, *name) != name) reader.fail_here(fmt::format("two columns have the name {}", *name));
  }
  return names;
}

/// Checks that each of `wanted` is one of `names`, once.
void check_names(const std::filesystem::path& file, const std::vector<std::string>& names, const std::vector<std::string>& wanted) {
  for (auto name = wanted.begin(); name != wanted.end(); ++name) {
    if (std::find(wanted.begin(), name, *name) != name) fail(kWho, fmt::format("the column {} is given twice", *name));
    if (std::find(names.begin(), names.end(), *name) != names.end()) continue;
    fail(kWho,
         fmt::format("{} has no column \"{}\"{}; there are {}", file.string(), *name, did_you_mean(*name, names), fmt::join(names, ", ")));
  }
}

void check_targets(const std::filesystem::path& file, const std::vector<std::string>& names, const TableUse& use) {
  if (use.kind == TargetKind::kNone) {
    if (!use.targets.empty()) fail(kWho, fmt::format("an autoencoder gives its input back: leave out --target {}", use.targets.front()));
    return;
  }
  if (use.targets.empty()) {
    fail(kWho, fmt::format("which column of {} is to be predicted? Write --target {}; there are {}", file.string(), names.back(),
                           fmt::join(names, ", ")));
  }
  check_names(file, names, use.targets);
  if (use.kind == TargetKind::kClasses && use.targets.size() > 1) {
    fail(kWho, fmt::format("{} targets, wanted one column of classes", use.targets.size()));
  }
}

/// The features that `use` asks for, or all columns that are no targets.
std::vector<std::string> features_of(const std::filesystem::path& file, const std::vector<std::string>& names, const TableUse& use) {
  const auto is_target = [&](const std::string& name) {
    return std::find(use.targets.begin(), use.targets.end(), name) != use.targets.end();
  };
  std::vector<std::string> features = use.features;
  check_names(file, names, features);
  if (const auto both = std::find_if(features.begin(), features.end(), is_target); both != features.end()) {
    fail(kWho, fmt::format("the column {} is a feature and the target", *both));
  }
  if (!features.empty()) return features;
  std::remove_copy_if(names.begin(), names.end(), std::back_inserter(features), is_target);
  if (features.empty()) fail(kWho, fmt::format("{} has no column that is no target", file.string()));
  return features;
}

/// The samples of a table, filled row by row.
class TableBuilder {
 public:
  TableBuilder(CsvReader& reader, std::vector<std::string> names, const Dataset& data, TargetKind kind)
      : reader_(reader), names_(std::move(names)), kind_(kind), features_(places_of(data.features)), targets_(places_of(data.targets)) {}

  void add(const std::vector<std::string>& cells) {
    if (cells.size() != names_.size()) {
      reader_.fail_here(fmt::format("{} cell{}, the first line has {}", cells.size(), cells.size() == 1 ? "" : "s", names_.size()));
    }
    for (const std::size_t place : features_) values_.push_back(number(cells, place, "--features names the columns to use"));
    for (const std::size_t place : targets_) {
      if (kind_ == TargetKind::kClasses) {
        split_.labels.push_back(label(number(cells, place, "classes are numbered from 0")));
      } else {
        split_.targets.push_back(number(cells, place, "--task classification predicts classes"));
      }
    }
    ++split_.count;
  }

  Split finish() && {
    split_.values = std::move(values_);
    return std::move(split_);
  }

 private:
  std::vector<std::size_t> places_of(const std::vector<std::string>& columns) const {
    std::vector<std::size_t> places;
    for (const std::string& column : columns) places.push_back(std::find(names_.begin(), names_.end(), column) - names_.begin());
    return places;
  }

  float number(const std::vector<std::string>& cells, std::size_t place, std::string_view advice) const {
    const std::string& cell = cells[place];
    if (const auto value = number_in(cell)) return *value;
    const std::string what = cell.empty() ? "is empty" : fmt::format("is \"{}\"", cell);
    reader_.fail_here(fmt::format("{} {}, wanted a number; {}", names_[place], what, advice));
  }

  std::int32_t label(float value) const {
    if (value >= 0 && value < kMaxClasses && value == std::floor(value)) return static_cast<std::int32_t>(value);
    reader_.fail_here(fmt::format("the class is {}, wanted a whole number in 0 .. {}", value, kMaxClasses - 1));
  }

  CsvReader& reader_;
  std::vector<std::string> names_;
  TargetKind kind_;
  std::vector<std::size_t> features_, targets_;  // places in a row
  std::vector<float> values_;
  Split split_;
};

}  // namespace

bool is_table(const std::filesystem::path& file) {
  const std::filesystem::path plain = file.extension() == ".gz" ? file.stem() : file;
  return plain.extension() == ".csv" || plain.extension() == ".tsv";
}

std::vector<std::string> split_columns(std::string_view text) {
  std::vector<std::string> names;
  split_cells(text, ',', names, [&](const std::string& reason) { fail(kWho, fmt::format("the columns '{}': {}", text, reason)); });
  return names;
}

bool has_columns(const std::filesystem::path& file, const std::vector<std::string>& wanted) {
  CsvReader reader(file);
  const std::vector<std::string> names = read_names(reader);
  return std::any_of(wanted.begin(), wanted.end(),
                     [&](const std::string& name) { return std::find(names.begin(), names.end(), name) != names.end(); });
}

void check_columns(const std::filesystem::path& file, const TableUse& use) {
  CsvReader reader(file);
  const std::vector<std::string> names = read_names(reader);
  check_targets(file, names, use);
  features_of(file, names, use);
}

Dataset load_table(const std::filesystem::path& file, const TableUse& use) {
  CsvReader reader(file);
  std::vector<std::string> cells = read_names(reader);
  Dataset data;
  data.name = file.string();
  check_targets(file, cells, use);
  data.targets = use.targets;
  data.features = features_of(file, cells, use);
  TableBuilder builder(reader, cells, data, use.kind);
  while (reader.next(cells)) builder.add(cells);
  data.sample_shape = {std::ssize(data.features)};
  Split all = std::move(builder).finish();
  const std::int64_t fewest = use.rows == TestRows::kAll ? 1 : kFewestRows;
  if (all.count < fewest) fail(kWho, fmt::format("{} has {} rows, wanted at least {}", file.string(), all.count, fewest));
  if (use.kind == TargetKind::kNumbers) data.target_size = std::ssize(data.targets);
  if (use.kind == TargetKind::kClasses) data.classes = 1 + std::ranges::max(all.labels);
  if (use.kind == TargetKind::kClasses && data.classes < 2 && use.rows != TestRows::kAll) {
    fail(kWho, fmt::format("{}: every class is 0, so there is nothing to tell apart", file.string()));
  }
  if (use.rows == TestRows::kAll) {
    data.test = std::move(all);
  } else {
    data.train = std::move(all);
    hold_out_validation(data, kTestShare, kTestSeed);
  }
  return data;
}

}  // namespace rectify
