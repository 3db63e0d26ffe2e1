// Suggestions for a mistyped name.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rectify {

/// The number of single-character insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`.
int edit_distance(std::string_view a, std::string_view b);

/// Up to `most` of `candidates` that a typing error could have turned into `name`, nearest first; empty where nothing is near.
std::vector<std::string> nearest(std::string_view name, std::span<const std::string> candidates, int most = 3);

/// "; did you mean a, b or c?" from nearest(), or "" where nothing is near.
std::string did_you_mean(std::string_view name, std::span<const std::string> candidates);

}  // namespace rectify
