// The table that a comparison ends in, for a terminal of 80 columns.
#pragma once

#include <span>
#include <string>

#include "rectify/record/result.h"

namespace rectify {

enum class Colour { kOff, kOn };
enum class Detail { kRows, kLayers };  // a row an activation, or also one a layer

/// How the table is drawn.
struct TableStyle {
  Colour colour = Colour::kOff;
  Detail detail = Detail::kRows;
};

/// Heading, table, legend, verdicts and how far they carry. A value followed by "!" is one where something is wrong. Results that were
/// interrupted have no row; their names stand below.
std::string comparison_text(std::span<const Result> results, const TableStyle& style);

/// A share in whole percent, 3 columns at most: "48", "<1" and ">99" for what would round to a 0 or 100 that it is not; "-" for none.
std::string share_cell(const std::optional<double>& share);

/// A ratio given as its log10, 5 columns at most: "1/700", "x40", "1/7e5", "1e-12"; "none" for -infinity, "-" for none.
std::string span_cell(const std::optional<double>& log10_ratio);

}  // namespace rectify
