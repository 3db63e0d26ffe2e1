#include "rectify/train/optimiser.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "rectify/base/error.h"
#include "rectify/base/nearest.h"
#include "rectify/simd/optimisers.h"

namespace rectify {
namespace {

constexpr const char* kExample = "as in adam,beta1=0.9";

/// A setting that an optimiser has: its key, its place, and the values that it may take, lower <= value < upper.
struct Setting {
  std::string key;
  double* value;
  double lower, upper;
  bool given = false;
};

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

/// Reads "key=value" into one of `settings`.
void read_setting(std::string_view optimiser, std::string_view part, std::vector<Setting>& settings) {
  const size_t equals = part.find('=');
  const std::string_view key = part.substr(0, equals);
  std::vector<std::string> keys;
  for (Setting& setting : settings) {
    keys.push_back(setting.key);
    if (setting.key != key) continue;
    if (equals == part.npos) fail("optimizer", fmt::format("\"{}\" has no value: write {}={:g}", part, key, *setting.value));
    if (std::exchange(setting.given, true)) fail("optimizer", fmt::format("{} is given twice", key));
    *setting.value = parse_value(setting, part.substr(equals + 1));
    return;
  }
  fail("optimizer",
       fmt::format("{} has no setting \"{}\": it has {}, {}{}", optimiser, key, fmt::join(keys, ", "), kExample, did_you_mean(key, keys)));
}

}  // namespace

OptimiserOptions OptimiserOptions::parse(std::string_view text) {
  OptimiserOptions options;
  const std::string_view name = text.substr(0, text.find(','));
  const Setting decay{"decay", &options.weight_decay, 0, 1e30};
  std::vector<Setting> settings;
  if (name == "sgd") {
    settings = {{"momentum", &options.momentum, 0, 1}, decay};
  } else if (name == "adam") {
    options.kind = OptimiserKind::kAdam;
    settings = {{"beta1", &options.beta1, 0, 1}, {"beta2", &options.beta2, 0, 1}, {"epsilon", &options.epsilon, 1e-30, 1}, decay};
  } else {
    const std::vector<std::string> names{"sgd", "adam"};
    fail("optimizer", fmt::format("there is no optimizer \"{}\": use sgd or adam, {}{}", name, kExample, did_you_mean(name, names)));
  }
  for (size_t comma = name.size(); comma < text.size();) {
    const size_t next = std::min(text.find(',', comma + 1), text.size());
    read_setting(name, text.substr(comma + 1, next - comma - 1), settings);
    comma = next;
  }
  return options;
}

Optimiser::Optimiser(const OptimiserOptions& options, ParameterStore& store)
    : options_(options), store_(store), first_(store.values().size()) {
  if (options.kind == OptimiserKind::kAdam) second_.resize(first_.size());
  // One range for all unless there is decay: slots end where the next begins, padding included.
  for (const ParameterSlot& slot : store.slots()) {
    const float decay = slot.kind == ParameterKind::kWeight ? static_cast<float>(options.weight_decay) : 0;
    const size_t begin = slot.offset;
    if (!ranges_.empty()) ranges_.back().end = begin;
    if (ranges_.empty() || ranges_.back().decay != decay) ranges_.push_back({begin, begin, decay});
  }
  if (!ranges_.empty()) ranges_.back().end = first_.size();
}

bool Optimiser::step(double rate) {
  ++steps_;
  const OptimiserKernels& kernels = optimiser_kernels();
  const double correction1 = 1 - std::pow(options_.beta1, steps_), correction2 = std::sqrt(1 - std::pow(options_.beta2, steps_));
  const float adam_rate = static_cast<float>(rate * correction2 / correction1);
  const float adam_epsilon = static_cast<float>(options_.epsilon * correction2);
  bool finite = true;
  for (const auto [begin, end, decay] : ranges_) {
    float* const w = store_.values().data() + begin;
    const float* const g = store_.gradients().data() + begin;
    const size_t n = end - begin;
    if (options_.kind == OptimiserKind::kSgd) {
      finite &= kernels.sgd(w, g, &first_[begin], n, {static_cast<float>(rate), static_cast<float>(options_.momentum), decay});
    } else {
      const AdamStep step{adam_rate, static_cast<float>(options_.beta1), static_cast<float>(options_.beta2), adam_epsilon, decay};
      finite &= kernels.adam(w, g, &first_[begin], &second_[begin], n, step);
    }
  }
  return finite;
}

}  // namespace rectify
