#include "rectify/train/schedule.h"

#include <fmt/format.h>

#include <cmath>
#include <numbers>
#include <string>
#include <vector>

#include "rectify/base/error.h"
#include "rectify/base/nearest.h"

namespace rectify {

ScheduleKind parse_schedule(std::string_view text) {
  if (text == "constant") return ScheduleKind::kConstant;
  if (text == "cosine") return ScheduleKind::kCosine;
  const std::vector<std::string> names{"constant", "cosine"};
  fail("schedule", fmt::format("there is no schedule \"{}\": use constant or cosine{}", text, did_you_mean(text, names)));
}

double rate_at(ScheduleKind kind, double rate, std::int64_t step, std::int64_t steps) {
  if (kind == ScheduleKind::kConstant) return rate;
  return rate / 2 * (1 + std::cos(std::numbers::pi * static_cast<double>(step) / static_cast<double>(steps)));
}

}  // namespace rectify
