// Numbers that are made up, for tests of what studies conclude from them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "rectify/study/study.h"

namespace rectify {

inline constexpr double kSpread[] = {-0.001, 0.001, 0, 0.0005, -0.0005};  // of five seeds, another for each row

/// A row of five seeds around the means.
inline FoundRow row(std::vector<std::string> labels, const std::vector<std::pair<std::string, double>>& means, double wide = 1) {
  FoundRow out;
  out.labels = std::move(labels);
  const std::size_t first = out.labels.back().size() + out.labels.front().size();
  for (std::size_t seed = 0; seed < 5; ++seed) {
    out.seeds.emplace_back();
    for (const auto& [name, mean] : means) {
      const bool counted = name == "diverged" || name == "learned" || name == "reached";
      out.seeds.back()[name] = mean + (counted ? 0 : wide * kSpread[(first + seed) % 5]);
    }
  }
  return out;
}

inline Judgement judged(const char* study, FoundTable table) { return find_study(study).judge(Findings({std::move(table)})); }

}  // namespace rectify
