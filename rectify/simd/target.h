// SIMD targets: which there are, and which one runs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rectify {

/// The names of the targets that this build holds and this machine runs, best first: "AVX3" (AVX-512), "AVX2", "SSE4", "SCALAR".
std::vector<std::string> targets();

/// The name of the target that kernels run on: the best, unless set_target() or the environment variable RECTIFY_TARGET named another.
std::string current_target();

/// Makes kernels run on target `name`, "best" for the best. Not to be called while kernels run in other threads.
/// Errors: [target] unknown or not supported here, with the list.
void set_target(std::string_view name);

/// Sets a target for as long as it lives.
class ScopedTarget {
 public:
  explicit ScopedTarget(std::string_view name) : before_(current_target()) { set_target(name); }
  ~ScopedTarget() { set_target(before_); }
  ScopedTarget(const ScopedTarget&) = delete;
  ScopedTarget& operator=(const ScopedTarget&) = delete;

 private:
  std::string before_;
};

}  // namespace rectify
