#include "rectify/report/test_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <tuple>
#include <vector>

#include "rectify/record/text.h"
#include "rectify/report/wrap.h"

namespace rectify {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostColumns = 12, kMostConfusions = 10;

std::string matrix_text(const std::vector<std::vector<std::int64_t>>& confusion) {
  std::string text = "confusion: a row a class, a column what the network said\n     ";
  for (std::size_t c = 0; c < confusion.size(); ++c) text += fmt::format(" {:>5}", c);
  text += "\n";
  for (std::size_t r = 0; r < confusion.size(); ++r) {
    text += fmt::format("{:>5}", r);
    for (const std::int64_t count : confusion[r]) text += fmt::format(" {:>5}", count);
    text += "\n";
  }
  return text;
}

std::string confusions_text(const std::vector<std::vector<std::int64_t>>& confusion) {
  std::vector<std::tuple<std::int64_t, std::size_t, std::size_t>> all;
  for (std::size_t r = 0; r < confusion.size(); ++r) {
    for (std::size_t c = 0; c < confusion.size(); ++c) {
      if (r != c && confusion[r][c] > 0) all.emplace_back(confusion[r][c], r, c);
    }
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return std::get<0>(a) > std::get<0>(b); });
  all.resize(std::min(all.size(), kMostConfusions));
  std::string text = all.empty() ? "" : "most frequent confusions\n";
  for (const auto& [count, r, c] : all) text += fmt::format("  class {} taken for {}: {}\n", r, c, count);
  return text;
}

/// A name as a cell of a CSV file.
std::string csv_cell(const std::string& name) {
  if (name.find_first_of(",\"") == name.npos) return name;
  std::string cell = "\"";
  for (const char c : name) cell += c == '"' ? "\"\"" : std::string(1, c);
  return cell + "\"";
}

Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(nullptr); }

}  // namespace

std::string test_text(const TestRecord& record) {
  std::string text =
      wrap(fmt::format("{}, {}, {} trained on {}; {} test samples of {}", record.net.empty() ? "default network" : record.net,
                       record.activation, task_text(record.task), record.trained_on, record.samples, record.data));
  if (record.accuracy) text += fmt::format("accuracy {:.2f} %\n", 100 * *record.accuracy);
  if (record.r_squared) text += fmt::format("R^2 {:.4f}\n", *record.r_squared);
  for (std::size_t j = 0; j < record.rms_errors.size(); ++j) {
    text += fmt::format("rms error of {} {}\n", target_name(record.targets, j), quantity_text(record.rms_errors[j]));
  }
  if (!record.loss) return text + "no targets in the data, so nothing to compare with: --predictions FILE writes what the network says\n";
  text += fmt::format("loss {:.4g} ({})\n", *record.loss, record.loss_name);
  if (record.confusion.empty()) return text;
  return text + (record.confusion.size() <= kMostColumns ? matrix_text(record.confusion) : confusions_text(record.confusion));
}

std::string to_json(const TestRecord& record) {
  const Json json{{"schema", 1},
                  {"net", record.net},
                  {"activation", record.activation},
                  {"trained_on", record.trained_on},
                  {"data", record.data},
                  {"task", task_text(record.task)},
                  {"samples", record.samples},
                  {"loss_name", record.loss_name},
                  {"loss", record.loss && std::isfinite(*record.loss) ? Json(*record.loss) : Json(nullptr)},
                  {"accuracy", number(record.accuracy)},
                  {"r_squared", number(record.r_squared)},
                  {"targets", record.targets},
                  {"rms_errors", record.rms_errors},
                  {"confusion", record.confusion}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string predictions_csv(const TestRecord& record) {
  std::string text = "sample";
  const std::size_t targets = record.predictions.empty() ? 0 : record.predictions.front().values.size();
  const auto add_targets = [&](const char* what) {
    for (std::size_t j = 0; j < targets; ++j) text += "," + csv_cell(what + target_name(record.targets, j));
  };
  switch (record.task) {
    case Task::kClassification: text += record.loss ? ",label,predicted,share" : ",predicted,share"; break;
    case Task::kAutoencoder: text += ",squared error"; break;
    case Task::kRegression:
      if (record.loss) add_targets("");
      add_targets("predicted ");
  }
  text += "\n";
  for (std::size_t i = 0; i < record.predictions.size(); ++i) {
    const TestRecord::Prediction& one = record.predictions[i];
    text += fmt::format("{}", i);
    if (one.label) text += fmt::format(",{}", *one.label);
    if (record.task == Task::kClassification) text += fmt::format(",{}", one.said);
    for (const float value : one.wanted) text += fmt::format(",{}", value);
    for (const float value : one.values) text += fmt::format(",{}", value);
    text += "\n";
  }
  return text;
}

}  // namespace rectify
