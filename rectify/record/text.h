// How measured quantities are written for people: the same in the table and in the sentences.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "rectify/record/run.h"

namespace rectify {

/// "classification", "regression" or "autoencoder".
const char* task_text(Task task);

/// The name of target `j` (from 0), where the data have names; else "target 1", "target 2", ...
std::string target_name(const std::vector<std::string>& names, std::size_t j);

/// A share in percent: "48 %", "0.4 %" below one, "0 %" for exactly none, "<0.1 %" below that.
std::string percent_text(double share);

/// A ratio given as its log10, two digits at most: "1/700", "x40", "x1.3", "1/1.5"; "none" for -infinity.
std::string span_text(double log10_ratio);

/// A number with two significant digits and no exponent where it is readable without: "0.25", "4.7", "0.016".
std::string short_text(double value);

/// A mean and a margin above 0 with as many decimals, so many that the margin has two digits: "163 +-15", "5.0 +-1.4". `sign` stands
/// between them.
std::string with_margin(double mean, double margin, std::string_view sign = " +-");

/// A quantity in its own units to four significant digits, with no exponent where it is readable without: "0.5", "17260".
std::string quantity_text(double value);

}  // namespace rectify
