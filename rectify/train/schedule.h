// Learning-rate schedules.
#pragma once

#include <cstdint>
#include <string_view>

namespace rectify {

enum class ScheduleKind { kConstant, kCosine };

/// "constant" or "cosine". Errors: [schedule] unknown name with the nearest.
ScheduleKind parse_schedule(std::string_view text);

/// The rate at `step` (from 0) of `steps`: `rate`, or rate / 2 (1 + cos(pi step / steps)), which tends to 0 (Loshchilov and Hutter 2017,
/// eq. 5).
double rate_at(ScheduleKind kind, double rate, std::int64_t step, std::int64_t steps);

}  // namespace rectify
