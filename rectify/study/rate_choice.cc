#include "rectify/study/rate_choice.h"

#include <algorithm>
#include <cmath>

namespace rectify {

RateScore score_of(std::span<const Measures> trials, const TuningGoal& goal) {
  int succeeded = 0;
  double sum = 0, accuracy = 0;
  for (const Measures& trial : trials) {
    if (trial.at("diverged") > 0) continue;
    accuracy += trial.at("accuracy");
    const auto value = trial.find(goal.measure);
    const bool reached = goal.reached.empty() || (trial.contains(goal.reached) && trial.find(goal.reached)->second > 0);
    if (value != trial.end() && std::isfinite(value->second) && reached) ++succeeded, sum += value->second;
  }
  const double sign = goal.best == TuningGoal::Best::kHighest ? 1 : -1;
  return {succeeded, succeeded > 0 ? sign * sum / succeeded : 0, accuracy};
}

RateEdge edge_of(double rate, const std::vector<double>& rates) {
  const auto [lowest, highest] = std::minmax_element(rates.begin(), rates.end());
  if (rates.size() < 2) return RateEdge::kNone;
  return rate == *lowest ? RateEdge::kLowest : rate == *highest ? RateEdge::kHighest : RateEdge::kNone;
}

}  // namespace rectify
