#include "rectify/train/schedule.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <numbers>
#include <utility>

#include "rectify/base/error.h"
#include "rectify/base/settings.h"

namespace rectify {
namespace {

constexpr const char *kWho = "schedule", *kExample = "cosine,warmup=0.1";

constexpr std::array<std::pair<ScheduleKind, const char*>, 4> kNames{{{ScheduleKind::kConstant, "constant"},
                                                                      {ScheduleKind::kStep, "step"},
                                                                      {ScheduleKind::kCosine, "cosine"},
                                                                      {ScheduleKind::kOneCycle, "one-cycle"}}};

/// A setting that is one number, lower <= number < upper.
struct Number {
  std::string key;
  double Schedule::*value;
  double lower, upper;
};

const double kAboveZero = std::numeric_limits<double>::min(), kUpToOne = std::nextafter(1, 2);

std::vector<Number> settings_of(ScheduleKind kind) {
  const Number warmup{"warmup", &Schedule::warmup, 0, 1};
  switch (kind) {
    case ScheduleKind::kStep: return {warmup, {"factor", &Schedule::factor, kAboveZero, 1}};
    case ScheduleKind::kCosine: return {warmup, {"floor", &Schedule::floor, 0, kUpToOne}};
    case ScheduleKind::kOneCycle:
      return {{"rise", &Schedule::rise, 0, kUpToOne}, {"start", &Schedule::start, 0, kUpToOne}, {"end", &Schedule::end, 0, kUpToOne}};
    case ScheduleKind::kConstant: break;
  }
  return {warmup};
}

const char* name_of(ScheduleKind kind) {
  return std::find_if(kNames.begin(), kNames.end(), [kind](const auto& known) { return known.first == kind; })->second;
}

ScheduleKind kind_of(std::string_view name) {
  std::vector<std::string> names;
  for (const auto& [kind, known] : kNames) {
    if (name == known) return kind;
    names.emplace_back(known);
  }
  unknown_name(kWho, "schedule", name, names, kExample);
}

/// "0.5+0.75": ascending shares of the steps.
std::vector<double> parse_places(const Setting& setting) {
  const std::string_view text = setting.value.value_or("");
  std::vector<double> places;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t plus = std::min(text.find('+', begin), text.size());
    double place = 0;
    const auto [end, error] = std::from_chars(text.data() + begin, text.data() + plus, place);
    const bool number = error == std::errc() && end == text.data() + plus;
    if (!number || !(place > (places.empty() ? 0 : places.back()) && place < 1)) {
      fail(kWho, fmt::format("at={} is no list of ascending shares of the training: write at=0.5+0.75", text));
    }
    places.push_back(place);
    begin = plus + 1;
  }
  return places;
}

void read(const Setting& setting, Schedule& schedule) {
  std::vector<std::string> keys;
  for (const Number& known : settings_of(schedule.kind)) {
    keys.push_back(known.key);
    if (known.key != setting.key) continue;
    const double example = schedule.*known.value > 0 ? schedule.*known.value : 0.1;
    schedule.*known.value = number_of(kWho, setting, known.lower, known.upper, example);
    return;
  }
  if (schedule.kind == ScheduleKind::kStep) {
    keys.emplace_back("at");
    if (setting.key == "at") {
      schedule.at = parse_places(setting);
      return;
    }
  }
  unknown_key(kWho, name_of(schedule.kind), setting.key, keys, kExample);
}

/// From `a` to `b` as t goes from 0 to 1, flat at both ends.
double half_cosine(double a, double b, double t) { return b + (a - b) / 2 * (1 + std::cos(std::numbers::pi * t)); }

double one_cycle(const Schedule& s, std::int64_t step, std::int64_t steps) {
  const double top = std::max(0.0, s.rise * static_cast<double>(steps) - 1), last = static_cast<double>(steps - 1),
               now = static_cast<double>(step);
  if (now < top) return half_cosine(s.start, 1, now / top);
  return last > top ? half_cosine(1, s.end, (now - top) / (last - top)) : 1;
}

}  // namespace

Schedule Schedule::parse(std::string_view text) {
  const auto [name, settings] = split_settings(kWho, text);
  Schedule schedule;
  schedule.kind = kind_of(name);
  for (const Setting& setting : settings) read(setting, schedule);
  return schedule;
}

std::string Schedule::text() const {
  const Schedule defaults;
  std::string text = name_of(kind);
  for (const Number& known : settings_of(kind)) {
    if (this->*known.value != defaults.*known.value) text += fmt::format(",{}={}", known.key, this->*known.value);
  }
  if (kind == ScheduleKind::kStep && at != defaults.at) text += fmt::format(",at={}", fmt::join(at, "+"));
  return text;
}

double Schedule::rate_at(double rate, std::int64_t step, std::int64_t steps) const {
  if (kind == ScheduleKind::kOneCycle) return rate * one_cycle(*this, step, steps);
  const auto rising = static_cast<std::int64_t>(std::llround(warmup * static_cast<double>(steps)));
  if (step < rising) return rate * static_cast<double>(step + 1) / static_cast<double>(rising + 1);
  const double share = static_cast<double>(step - rising) / static_cast<double>(std::max<std::int64_t>(1, steps - rising));
  switch (kind) {
    case ScheduleKind::kStep: return rate * std::pow(factor, std::count_if(at.begin(), at.end(), [=](double p) { return p <= share; }));
    case ScheduleKind::kCosine: return rate * half_cosine(1, floor, share);
    case ScheduleKind::kOneCycle:
    case ScheduleKind::kConstant: break;
  }
  return rate;
}

}  // namespace rectify
