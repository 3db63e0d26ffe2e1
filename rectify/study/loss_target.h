// When a training's loss has come down to a target.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <numeric>
#include <optional>

namespace rectify {

/// Counts steps until the mean loss of the last 20 batches is below `target`.
class LossTarget {
 public:
  explicit LossTarget(double target) : target_(target) {}

  void add(double loss) {
    ++steps_;
    losses_.push_back(loss);
    if (losses_.size() > kBatches) losses_.pop_front();
    const double mean = std::accumulate(losses_.begin(), losses_.end(), 0.0) / static_cast<double>(losses_.size());
    if (!reached_ && losses_.size() == kBatches && mean < target_) reached_ = steps_;
  }

  bool reached() const { return reached_.has_value(); }
  /// The steps that it took, or all there were.
  std::int64_t steps() const { return reached_.value_or(steps_); }

 private:
  static constexpr std::size_t kBatches = 20;
  double target_;
  std::deque<double> losses_;
  std::int64_t steps_ = 0;
  std::optional<std::int64_t> reached_;
};

}  // namespace rectify
