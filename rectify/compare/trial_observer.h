// The way from a trial's training to a sink that is told of many.
#pragma once

#include <mutex>

#include "rectify/compare/comparison.h"

namespace rectify {

/// Passes what a trial's training says on to the sink, one call at a time; its life is the trial's.
class TrialObserver : public Observer {
 public:
  TrialObserver(int trial, ProgressSink& sink, std::mutex& mutex) : trial_(trial), sink_(sink), mutex_(mutex) {
    const std::lock_guard lock(mutex_);
    sink_.on_begin(trial_);
  }
  ~TrialObserver() override {
    const std::lock_guard lock(mutex_);
    sink_.on_end(trial_);
  }
  void on_step(std::int64_t done, std::int64_t steps) override {
    const std::lock_guard lock(mutex_);
    sink_.on_step(trial_, done, steps);
  }
  void on_epoch(int epoch, double loss) override {
    const std::lock_guard lock(mutex_);
    sink_.on_epoch(trial_, epoch, loss);
  }

 private:
  const int trial_;
  ProgressSink& sink_;
  std::mutex& mutex_;
};

}  // namespace rectify
