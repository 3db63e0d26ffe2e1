// Time on the clock, and of the processor.
#pragma once

#include <time.h>

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

/// Measures what the processor has spent on the calling thread since its construction. What else runs on the machine hardly changes it.
class ThreadTime {
 public:
  /// Seconds since construction, on the same thread.
  double seconds() const { return now() - start_; }

 private:
  static double now() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
  }
  double start_ = now();
};

}  // namespace rectify
