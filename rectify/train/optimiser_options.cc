// What `--optimizer` says.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

#include "rectify/base/error.h"
#include "rectify/base/settings.h"
#include "rectify/train/optimiser.h"

namespace rectify {
namespace {

constexpr const char *kWho = "optimizer", *kExample = "adam,beta1=0.9";

constexpr std::array<std::pair<OptimiserKind, const char*>, 4> kNames{
    {{OptimiserKind::kSgd, "sgd"}, {OptimiserKind::kAdam, "adam"}, {OptimiserKind::kAdamW, "adamw"}, {OptimiserKind::kRmsprop, "rmsprop"}}};

/// A setting that an optimiser has: its key, its place, and the values that it may take, lower <= value < upper.
struct Number {
  std::string key;
  double OptimiserOptions::*value;
  double lower, upper;
};

const Number kMomentum{"momentum", &OptimiserOptions::momentum, 0, 1};
const Number kBeta1{"beta1", &OptimiserOptions::beta1, 0, 1}, kBeta2{"beta2", &OptimiserOptions::beta2, 0, 1};
const Number kRho{"rho", &OptimiserOptions::rho, 0, 1}, kEpsilon{"epsilon", &OptimiserOptions::epsilon, 1e-30, 1};
const Number kDecay{"decay", &OptimiserOptions::weight_decay, 0, 1e30};
constexpr const char* kNesterov = "nesterov";

std::vector<Number> settings_of(OptimiserKind kind) {
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
  unknown_name(kWho, "optimizer", name, names, kExample);
}

void read(const Setting& setting, OptimiserOptions& options) {
  std::vector<std::string> keys;
  for (const Number& known : settings_of(options.kind)) {
    keys.push_back(known.key);
    if (known.key != setting.key) continue;
    const double example = options.*known.value > 0 ? options.*known.value : 0.01;
    options.*known.value = number_of(kWho, setting, known.lower, known.upper, example);
    return;
  }
  if (options.kind == OptimiserKind::kSgd) keys.emplace_back(kNesterov);
  if (options.kind != OptimiserKind::kSgd || setting.key != kNesterov) {
    unknown_key(kWho, name_of(options.kind), setting.key, keys, kExample);
  }
  if (setting.value) fail(kWho, "nesterov takes no value: write sgd,nesterov");
  options.nesterov = Nesterov::kOn;
}

}  // namespace

OptimiserOptions OptimiserOptions::parse(std::string_view text) {
  const auto [name, settings] = split_settings(kWho, text);
  OptimiserOptions options = defaults_of(kind_of(name));
  for (const Setting& setting : settings) read(setting, options);
  if (options.nesterov == Nesterov::kOn && options.momentum == 0) fail(kWho, "nesterov needs a momentum above 0");
  return options;
}

std::string OptimiserOptions::text() const {
  const OptimiserOptions defaults = defaults_of(kind);
  std::string text = name_of(kind);
  for (const Number& setting : settings_of(kind)) {
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
