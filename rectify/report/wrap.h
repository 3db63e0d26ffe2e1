// Text broken into lines.
#pragma once

#include <string>
#include <string_view>

namespace rectify {

/// The columns that terminal output fits into.
inline constexpr int kTerminalWidth = 80;

/// `text` broken at spaces into lines of at most `width` columns, all but the first indented by `indent`; ends with a newline. What stands
/// between backticks stays in one piece, so that a command can be copied, as does "48 %". A longer word is broken where the line ends.
std::string wrap(std::string_view text, int indent = 0, int width = kTerminalWidth);

/// `text` wrapped into a column that begins after `label_width` columns, with `label` to the left of its first line.
std::string wrap_beside(std::string_view label, int label_width, std::string_view text, int width = kTerminalWidth);

}  // namespace rectify
