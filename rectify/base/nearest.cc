#include "rectify/base/nearest.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <utility>

namespace rectify {

int edit_distance(std::string_view a, std::string_view b) {
  const size_t width = b.size() + 1;
  std::vector<int> table((a.size() + 1) * width);
  const auto at = [&](size_t i, size_t j) -> int& { return table[i * width + j]; };
  for (size_t i = 0; i <= a.size(); ++i) at(i, 0) = static_cast<int>(i);
  for (size_t j = 0; j <= b.size(); ++j) at(0, j) = static_cast<int>(j);
  for (size_t i = 1; i <= a.size(); ++i) {
    for (size_t j = 1; j <= b.size(); ++j) {
      const int replaced = at(i - 1, j - 1) + (a[i - 1] != b[j - 1]);
      at(i, j) = std::min({at(i - 1, j) + 1, at(i, j - 1) + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
    }
  }
  return at(a.size(), b.size());
}

namespace {

/// `name` in small letters and without underscores, which people vary most.
std::string folded(std::string_view name) {
  std::string text;
  for (const char c : name) {
    if (c != '_') text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return text;
}

}  // namespace

std::vector<std::string> nearest(std::string_view name, std::span<const std::string> candidates, int most) {
  std::vector<std::pair<int, std::string>> near;
  const std::string wanted = folded(name);
  const int limit = std::max<int>(1, static_cast<int>(wanted.size()) / 3);
  for (const std::string& candidate : candidates) {
    const std::string known = folded(candidate);
    const bool begins = wanted.size() >= 2 && known.starts_with(wanted) && known != wanted;
    const int distance = begins ? 1 : edit_distance(wanted, known);
    const bool is_there = std::any_of(near.begin(), near.end(), [&](const auto& one) { return one.second == candidate; });
    if (distance <= limit && !is_there) near.emplace_back(distance, candidate);
  }
  std::stable_sort(near.begin(), near.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  if (near.size() > static_cast<size_t>(most)) near.resize(most);
  std::vector<std::string> names;
  for (auto& [distance, candidate] : near) names.push_back(std::move(candidate));
  return names;
}

std::string did_you_mean(std::string_view name, std::span<const std::string> candidates) {
  const auto names = nearest(name, candidates);
  if (names.empty()) return "";
  std::string text = "; did you mean " + names[0];
  for (size_t i = 1; i < names.size(); ++i) text += (i + 1 == names.size() ? " or " : ", ") + names[i];
  return text + "?";
}

}  // namespace rectify
