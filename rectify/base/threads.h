// Threads: how many there are, and jobs spread over them. The only user of OpenMP, whose team oneDNN shares.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>

namespace rectify {
namespace detail {
void share_out(int count, const void* job, void (*run)(const void* job, int i));
}

/// The number of processors this process may run on, at least 1.
int available_threads();

/// Sets how many threads an operation started by the calling thread may use. A new thread begins with all of them.
void set_team_size(int threads);
/// How many that is.
int team_size();

/// Runs job(0) .. job(count - 1), which throw nothing, in the calling thread's team, each member a run of neighbours. Allocates nothing.
template <class Job>
void share_out(int count, const Job& job) {
  detail::share_out(count, &job, [](const void* self, int i) { (*static_cast<const Job*>(self))(i); });
}

/// Runs job(begin, end) over parts of 0 .. count - 1, one a member of the team, that begin at multiples of `grain`; all in one where there
/// is less than two grains.
template <class Job>
void share_range(std::int64_t count, std::int64_t grain, const Job& job) {
  const std::int64_t grains = (count + grain - 1) / grain, parts = std::min<std::int64_t>(team_size(), grains);
  if (parts <= 1) return job(std::int64_t{0}, count);
  share_out(static_cast<int>(parts), [&](int i) { job(grains * i / parts * grain, std::min(count, grains * (i + 1) / parts * grain)); });
}

/// Runs job(0) .. job(count - 1), begun in that order, on `threads` threads with a team of one each, and returns when all have ended.
/// If jobs throw, the exception of the lowest index is rethrown, after every job has ended.
void run_jobs(int count, int threads, const std::function<void(int)>& job);

}  // namespace rectify
