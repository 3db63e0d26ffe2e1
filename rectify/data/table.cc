#include "rectify/data/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
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

std::vector<std::string> read_names(CsvReader& reader) {
  std::vector<std::string> names;
  reader.next(names);
  if (std::all_of(names.begin(), names.end(), [](const std::string& name) { return number_in(name).has_value(); })) {
    reader.fail_here("numbers, wanted the columns' names");
  }
  for (auto name = names.begin(); name != names.end(); ++name) {
    if (name->empty()) reader.fail_here(fmt::format("column {} has no name", name - names.begin() + 1));
    if (std::find(names.begin(), name, *name) != name) reader.fail_here(fmt::format("two columns have the name {}", *name));
  }
  return names;
}

std::vector<std::string> check_targets(const std::filesystem::path& file, const std::vector<std::string>& names, const TableUse& use) {
  if (use.kind == TargetKind::kNone) {
    if (!use.targets.empty()) fail(kWho, fmt::format("an autoencoder gives its input back: leave out --target {}", use.targets.front()));
    return {};
  }
  if (use.targets.empty()) {
    fail(kWho, fmt::format("which column of {} is to be predicted? Write --target {}; there are {}", file.string(), names.back(),
                           fmt::join(names, ", ")));
  }
  for (auto at = use.targets.begin(); at != use.targets.end(); ++at) {
    const std::string& target = *at;
    if (std::find(use.targets.begin(), at, target) != at) fail(kWho, fmt::format("the target {} is given twice", target));
    if (std::find(names.begin(), names.end(), target) != names.end()) continue;
    fail(kWho, fmt::format("{} has no column \"{}\"{}; there are {}", file.string(), target, did_you_mean(target, names),
                           fmt::join(names, ", ")));
  }
  if (use.kind == TargetKind::kClasses && use.targets.size() > 1) {
    fail(kWho, fmt::format("{} targets, wanted one column of classes", use.targets.size()));
  }
  if (use.targets.size() >= names.size()) fail(kWho, fmt::format("{} has no column that is no target", file.string()));
  return use.targets;
}

/// The samples of a table, filled row by row.
class TableBuilder {
 public:
  TableBuilder(CsvReader& reader, std::vector<std::string> names, const std::vector<std::string>& targets, TargetKind kind)
      : reader_(reader), names_(std::move(names)), kind_(kind), target_of_(names_.size(), -1) {
    for (std::size_t i = 0; i < targets.size(); ++i) {
      target_of_[std::find(names_.begin(), names_.end(), targets[i]) - names_.begin()] = static_cast<int>(i);
    }
    row_targets_.resize(targets.size());
  }

  void add(const std::vector<std::string>& cells) {
    if (cells.size() != names_.size()) {
      reader_.fail_here(fmt::format("{} cell{}, the first line has {}", cells.size(), cells.size() == 1 ? "" : "s", names_.size()));
    }
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const float value = number(cells[i], i);
      if (target_of_[i] >= 0) {
        row_targets_[target_of_[i]] = value;
      } else {
        values_.push_back(value);
      }
    }
    ++split_.count;
    if (kind_ == TargetKind::kClasses) {
      split_.labels.push_back(label(row_targets_[0]));
    } else {
      split_.targets.insert(split_.targets.end(), row_targets_.begin(), row_targets_.end());
    }
  }

  std::vector<std::string> features() const {
    std::vector<std::string> features;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (target_of_[i] < 0) features.push_back(names_[i]);
    }
    return features;
  }

  Split finish() && {
    split_.values = std::move(values_);
    return std::move(split_);
  }

 private:
  float number(const std::string& cell, std::size_t i) const {
    if (const auto value = number_in(cell)) return *value;
    if (cell.empty()) reader_.fail_here(fmt::format("{} is empty, wanted a number", names_[i]));
    reader_.fail_here(fmt::format("{} is \"{}\", wanted a number", names_[i], cell));
  }

  std::int32_t label(float value) const {
    if (value >= 0 && value < kMaxClasses && value == std::floor(value)) return static_cast<std::int32_t>(value);
    reader_.fail_here(fmt::format("the class is {}, wanted a whole number in 0 .. {}", value, kMaxClasses - 1));
  }

  CsvReader& reader_;
  std::vector<std::string> names_;
  TargetKind kind_;
  std::vector<int> target_of_;  // of each column, -1 for a feature
  std::vector<float> values_, row_targets_;
  Split split_;
};

}  // namespace

bool is_table(const std::filesystem::path& file) {
  const std::filesystem::path plain = file.extension() == ".gz" ? file.stem() : file;
  return plain.extension() == ".csv" || plain.extension() == ".tsv";
}

std::vector<std::string> split_columns(std::string_view text) {
  std::vector<std::string> names;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view name = text.substr(begin, end - begin);
    const std::size_t first = std::min(name.find_first_not_of(' '), name.size());
    names.emplace_back(name.substr(first, name.find_last_not_of(' ') + 1 - first));
    begin = end + 1;
  }
  return names;
}

std::vector<std::string> target_columns(const std::filesystem::path& file, const TableUse& use) {
  CsvReader reader(file);
  return check_targets(file, read_names(reader), use);
}

Dataset load_table(const std::filesystem::path& file, const TableUse& use) {
  CsvReader reader(file);
  std::vector<std::string> cells = read_names(reader);
  Dataset data;
  data.name = file.string();
  data.targets = check_targets(file, cells, use);
  TableBuilder builder(reader, cells, data.targets, use.kind);
  while (reader.next(cells)) builder.add(cells);
  data.features = builder.features();
  data.sample_shape = {std::ssize(data.features)};
  Split all = std::move(builder).finish();
  const std::int64_t fewest = use.rows == TestRows::kAll ? 1 : kFewestRows;
  if (all.count < fewest) fail(kWho, fmt::format("{} has {} rows, wanted at least {}", file.string(), all.count, fewest));
  if (use.kind == TargetKind::kNumbers) data.target_size = std::ssize(data.targets);
  if (use.kind == TargetKind::kClasses) data.classes = 1 + std::ranges::max(all.labels);
  if (use.kind == TargetKind::kClasses && data.classes < 2)
    fail(kWho, fmt::format("{}: every class is 0, so there is nothing to tell apart", file.string()));
  if (use.rows == TestRows::kAll) {
    data.test = std::move(all);
  } else {
    data.train = std::move(all);
    hold_out_validation(data, kTestShare, kTestSeed);
  }
  return data;
}

}  // namespace rectify
