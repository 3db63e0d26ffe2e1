// Wall-clock time.
#pragma once

#include <chrono>

namespace rectify {

/// Measures wall-clock time from its construction.
class Stopwatch {
 public:
  /// Seconds since construction or the last restart().
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }
  void restart() { start_ = Clock::now(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

}  // namespace rectify
