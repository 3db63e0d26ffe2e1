#include "rectify/study/trial_store.h"

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "rectify/base/error.h"

namespace rectify {
namespace {

using nlohmann::json;

/// JSON has no infinities: a gradient that is lost altogether is the text "-inf".
json number(double value) {
  if (std::isfinite(value)) return value;
  return value < 0 ? "-inf" : "inf";
}

double number(const json& value) {
  if (value.is_number()) return value.get<double>();
  const double infinity = std::numeric_limits<double>::infinity();
  return value.get<std::string>() == "-inf" ? -infinity : infinity;
}

}  // namespace

TrialStore::TrialStore(std::filesystem::path file) : file_(std::move(file)) {
  std::error_code error;
  std::filesystem::create_directories(file_.parent_path(), error);
  if (error) fail("store", fmt::format("{}: {}", file_.parent_path().string(), error.message()));
  std::ifstream in(file_);
  for (std::string line; std::getline(in, line);) {
    const json entry = json::parse(line, nullptr, false);
    if (!entry.is_object() || !entry.contains("trial") || !entry.contains("measures")) continue;
    Measures measures;
    for (const auto& [name, value] : entry["measures"].items()) measures[name] = number(value);
    trials_[entry["trial"].get<std::string>()] = measures;
  }
}

std::optional<Measures> TrialStore::find(const std::string& trial) const {
  const std::lock_guard lock(mutex_);
  const auto found = trials_.find(trial);
  if (found == trials_.end()) return std::nullopt;
  return found->second;
}

void TrialStore::add(const std::string& trial, const Measures& measures) {
  const std::lock_guard lock(mutex_);
  trials_[trial] = measures;
  if (file_.empty()) return;
  json values = json::object();
  for (const auto& [name, value] : measures) {
    if (!std::isnan(value)) values[name] = number(value);
  }
  // A leading newline: a line that was cut off stays apart.
  std::ofstream out(file_, std::ios::app);
  out << "\n" << json{{"trial", trial}, {"measures", values}}.dump(-1, ' ', false, json::error_handler_t::replace) << std::flush;
  if (!out) fail("store", fmt::format("{}: cannot be written", file_.string()));
}

}  // namespace rectify
