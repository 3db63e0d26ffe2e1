#include "rectify/base/threads.h"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>
#include <vector>

namespace rectify {

int available_threads() { return std::max(1, omp_get_num_procs()); }

void set_team_size(int threads) { omp_set_num_threads(threads); }

int team_size() { return omp_get_max_threads(); }

void detail::share_out(int count, const void* job, void (*run)(const void* job, int i)) {
#pragma omp parallel for schedule(static) if (count > 1)
  for (int i = 0; i < count; ++i) run(job, i);
}

void run_jobs(int count, int threads, const std::function<void(int)>& job) {
  std::atomic<int> next = 0;
  std::vector<std::exception_ptr> thrown(count);
  const auto work = [&] {
    set_team_size(1);
    for (int i = next++; i < count; i = next++) {
      try {
        job(i);
      } catch (...) {
        thrown[i] = std::current_exception();
      }
    }
  };
  {
    std::vector<std::jthread> workers;
    for (int t = 0; t < std::min(threads, count); ++t) workers.emplace_back(work);
  }
  for (const std::exception_ptr& e : thrown) {
    if (e) std::rethrow_exception(e);
  }
}

}  // namespace rectify
