// What `rectify show` prints.
#pragma once

#include <span>
#include <string>

#include "rectify/record/portrait.h"

namespace rectify {

/// Formula, facts, moments and gains, and a plot of f and f'.
std::string portrait_text(const Portrait& portrait);

/// The curve in characters: "o" for f, "." for f'. Values beyond the plot's height are left out.
std::string plot_text(std::span<const CurvePoint> curve);

/// For each interval the largest difference of `a` and `b` and where it is.
std::string difference_text(const std::string& a, const std::string& b, std::span<const Difference> differences);

}  // namespace rectify
