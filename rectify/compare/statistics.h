// Means over seeds and how sure they are.
#pragma once

#include <span>
#include <vector>

#include "rectify/record/study.h"

namespace rectify {

/// t such that 95 % of Student's distribution with `freedom` degrees of freedom, at least 1, lie within -t .. t. Accuracy: 1e-9.
/// Source: Abramowitz and Stegun 1964, "Handbook of mathematical functions", 26.7.3 and 26.7.4.
double student_t95(int freedom);

/// The mean of `values`, its 95 % interval under Student's distribution, and their range. Values that are no numbers are left out.
Estimate estimate(std::span<const double> values);

/// The mean of a_i - b_i, of trials that differ in one thing and share their seed. Errors: [statistics] not as many of the one as of the
/// other.
Estimate paired_difference(std::span<const double> a, std::span<const double> b);

/// Whether the whole interval lies above `limit`, or below it. One value alone tells neither.
bool surely_above(const Estimate& e, double limit);
bool surely_below(const Estimate& e, double limit);

/// Which of several differences are surely not 0 where all are asked at once: with 95 % none is called so wrongly. One in twenty would be
/// by chance if each were asked by itself. Source: Holm 1979, "A simple sequentially rejective multiple test procedure".
std::vector<bool> surely_not_zero(std::span<const Estimate> family);

/// What the seeds tell of a difference.
enum class Outcome {
  kMore,    ///< surely above the limit
  kLess,    ///< surely below minus the limit
  kWithin,  ///< surely between the two
  kOpen     ///< not decided: the interval crosses a limit, or there are too few values
};

/// Where the whole interval of `difference` lies beside -limit .. limit. What is not surely more is not for that reason within: it may be
/// kOpen.
Outcome outcome(const Estimate& difference, double limit);

}  // namespace rectify
