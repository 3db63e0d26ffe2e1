// What `--optimizer` says.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "rectify/base/error.h"
#include "rectify/base/nearest.h"
#include "rectify/train/optimiser.h"

namespace rectify {
namespace {

constexpr const char* kExample = "as in adam,beta1=0.9";

constexpr std::array<std::pair<OptimiserKind, const char*>, 4> kNames{
    {{OptimiserKind::kSgd, "sgd"}, {OptimiserKind::kAdam, "adam"}, {OptimiserKind::kAdamW, "adamw"}, {OptimiserKind::kRmsprop, "rmsprop"}}};

/// A setting that an optimiser has: its key, its place, and the values that it may take, lower <= value < upper.
struct Setting {
  std::string key;
  double OptimiserOptions::*value;
  double lower, upper;
};

const Setting kMomentum{"momentum", &OptimiserOptions::momentum, 0, 1};
const Setting kBeta1{"beta1", &OptimiserOptions::beta1, 0, 1}, kBeta2{"beta2", &OptimiserOptions::beta2, 0, 1};
const Setting kRho{"rho", &OptimiserOptions::rho, 0, 1}, kEpsilon{"epsilon", &OptimiserOptions::epsilon, 1e-30, 1};
const Setting kDecay{"decay", &OptimiserOptions::weight_decay, 0, 1e30};
constexpr const char* kNesterov = "nesterov";

std::vector<Setting> settings_of(OptimiserKind kind) {
  switch (kind) {
    case OptimiserKind::kSgd: return {kMomentum, kDecay};
    case OptimiserKind::kRmsprop: return {kRho, kEpsilon, kDecay};
    case OptimiserKind::kAdam:
    case OptimiserKind::kAdamW: break;
  }
  return {kBeta1, kBeta2, kEpsilon, kDecay};
}

OptimiserOptions defaults_of(OptimiserKind kind) {
  OptimiserOptions options;
  options.kind = kind;
  if (kind == OptimiserKind::kAdamW) options.weight_decay = 0.01;
  return options;
}

std::string name_of(OptimiserKind kind) {
  return std::find_if(kNames.begin(), kNames.end(), [kind](const auto& known) { return known.first == kind; })->second;
}

OptimiserKind kind_of(std::string_view name) {
  std::vector<std::string> names;
  for (const auto& [kind, known] : kNames) {
    if (name == known) return kind;
    names.emplace_back(known);
  }
  fail("optimizer",
       fmt::format("there is no optimizer \"{}\": use {}, {}{}", name, fmt::join(names, ", "), kExample, did_you_mean(name, names)));
}

double parse_value(const Setting& setting, std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) fail("optimizer", fmt::format("{}={} is not a number", setting.key, text));
  if (!(value >= setting.lower)) {
    fail("optimizer", fmt::format("{}={} is out of range: it must be at least {:g}", setting.key, text, setting.lower));
  }
  if (!(value < setting.upper)) {
    fail("optimizer", fmt::format("{}={} is out of range: it must be below {:g}", setting.key, text, setting.upper));
  }
  return value;
}

/// Reads "key=value", or the word "nesterov", into `options`.
void read_setting(std::string_view part, OptimiserOptions& options) {
  const size_t equals = part.find('=');
  const std::string_view key = part.substr(0, equals);
  std::vector<std::string> keys;
  for (const Setting& setting : settings_of(options.kind)) {
    keys.push_back(setting.key);
    if (setting.key != key) continue;
    if (equals == part.npos) fail("optimizer", fmt::format("\"{}\" has no value: write {}={:g}", part, key, options.*setting.value));
    options.*setting.value = parse_value(setting, part.substr(equals + 1));
    return;
  }
  if (options.kind == OptimiserKind::kSgd) {
    keys.emplace_back(kNesterov);
    if (key == kNesterov) {
      if (equals != part.npos) fail("optimizer", "nesterov takes no value: write sgd,nesterov");
      options.nesterov = Nesterov::kOn;
      return;
    }
  }
  fail("optimizer", fmt::format("{} has no setting \"{}\": it has {}, {}{}", name_of(options.kind), key, fmt::join(keys, ", "), kExample,
                                did_you_mean(key, keys)));
}

}  // namespace

OptimiserOptions OptimiserOptions::parse(std::string_view text) {
  const std::string_view name = text.substr(0, text.find(','));
  OptimiserOptions options = defaults_of(kind_of(name));
  std::vector<std::string_view> seen;
  for (size_t comma = name.size(); comma < text.size();) {
    const size_t next = std::min(text.find(',', comma + 1), text.size());
    const std::string_view part = text.substr(comma + 1, next - comma - 1), key = part.substr(0, part.find('='));
    read_setting(part, options);
    if (std::find(seen.begin(), seen.end(), key) != seen.end()) fail("optimizer", fmt::format("{} is given twice", key));
    seen.push_back(key);
    comma = next;
  }
  if (options.nesterov == Nesterov::kOn && options.momentum == 0) fail("optimizer", "nesterov needs a momentum above 0");
  return options;
}

std::string OptimiserOptions::text() const {
  const OptimiserOptions defaults = defaults_of(kind);
  std::string text = name_of(kind);
  for (const Setting& setting : settings_of(kind)) {
    if (this->*setting.value != defaults.*setting.value) text += fmt::format(",{}={}", setting.key, this->*setting.value);
  }
  if (kind == OptimiserKind::kSgd && nesterov == Nesterov::kOn) text += fmt::format(",{}", kNesterov);
  return text;
}

int OptimiserOptions::states() const {
  switch (kind) {
    case OptimiserKind::kSgd: return momentum > 0 ? 1 : 0;
    case OptimiserKind::kRmsprop: return 1;
    case OptimiserKind::kAdam:
    case OptimiserKind::kAdamW: break;
  }
  return 2;
}

}  // namespace rectify
