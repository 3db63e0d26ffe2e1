// Which of several learning rates is taken.
#pragma once

#include <span>
#include <tuple>
#include <vector>

#include "rectify/study/study.h"

namespace rectify {

/// How many trainings of a rate succeeded, the mean of the goal's measure over these (less is more where the goal is the lowest), and the
/// sum of the accuracies: the greater the better.
using RateScore = std::tuple<int, double, double>;

/// The score of a rate whose trainings measured this.
RateScore score_of(std::span<const Measures> trials, const TuningGoal& goal);

/// Where `rate` lies among `rates`, of which it is one.
RateEdge edge_of(double rate, const std::vector<double>& rates);

}  // namespace rectify
