// Learning-rate schedules.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rectify {

enum class ScheduleKind { kConstant, kStep, kCosine, kOneCycle };

/// How the learning rate changes. All settings are shares, of the steps or of the rate.
struct Schedule {
  ScheduleKind kind = ScheduleKind::kCosine;
  double warmup = 0;                  ///< of the steps: the rate rises linearly, and what is described below begins after it
  std::vector<double> at{0.5, 0.75};  ///< of step: where the rate is multiplied by `factor` (He et al. 2016, section 4.2)
  double factor = 0.1;                ///< of step
  double floor = 0;                   ///< of cosine: the rate that is tended to
  double rise = 0.3;                  ///< of one-cycle: the steps until the whole rate is reached
  double start = 0.04, end = 4e-6;    ///< of one-cycle: the rate at the beginning and at the end

  /// "constant", "step", "cosine" or "one-cycle", with settings: "cosine,warmup=0.1", "step,at=0.5+0.75,factor=0.1",
  /// "one-cycle,rise=0.3". Errors: [schedule] unknown name or key with the nearest ones, a key given twice, value out of range.
  static Schedule parse(std::string_view text);
  /// The text that parse() reads, with the settings that are not the default.
  std::string text() const;

  /// The rate at `step` (from 0) of `steps`. With p the share of the steps behind it:
  /// constant: rate.
  /// step: rate factor^k, k of the places `at` being at most p.
  /// cosine: rate (floor + (1 - floor) / 2 (1 + cos(pi p))), which tends to floor (Loshchilov and Hutter 2017, eq. 5).
  /// one-cycle: from start to 1 and then to end, each half a cosine (Smith and Topin 2018, in the form that PyTorch gives it, without its
  /// cycle of the momentum).
  double rate_at(double rate, std::int64_t step, std::int64_t steps) const;
};

}  // namespace rectify
