// What looks on at a trial: the progress, a study's watcher, and a clock.
#pragma once

#include <cstdint>

#include "rectify/base/timing.h"
#include "rectify/train/trainer.h"

namespace rectify {

/// Tells two observers, of which the second may be null, and takes the time of the thread that trains.
class TrialWatch : public Observer {
 public:
  TrialWatch(Observer& first, Observer* second) : first_(first), second_(second) {}

  void on_step(std::int64_t done, std::int64_t steps) override {
    first_.on_step(done, steps);
    if (second_ != nullptr) second_->on_step(done, steps);
    latest_ = time_.seconds();
    if (done_ == 0) begin_ = latest_;
    ++done_;
  }
  void on_update(const ParameterStore& parameters, double loss) override {
    if (second_ != nullptr) second_->on_update(parameters, loss);
  }
  void on_epoch(int epoch, double loss) override {
    first_.on_epoch(epoch, loss);
    if (second_ != nullptr) second_->on_epoch(epoch, loss);
  }

  /// Processor time of a step, the first left out where there are others; 0 of no step.
  double seconds_per_step() const { return done_ > 1 ? (latest_ - begin_) / static_cast<double>(done_ - 1) : latest_; }

 private:
  Observer& first_;
  Observer* second_;
  ThreadTime time_;
  double begin_ = 0, latest_ = 0;
  std::int64_t done_ = 0;
};

}  // namespace rectify
