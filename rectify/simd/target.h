// SIMD targets: which there are, and which one runs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rectify {

/// The names of the targets that this build holds and this machine runs, best first: "AVX3" (AVX-512), "AVX2", "SSE4", and the compiler's
/// baseline, "SCALAR" or "EMU128".
std::vector<std::string> targets();

/// The name of the target that kernels run on: the best, unless set_target() or the environment variable RECTIFY_TARGET named another.
/// Errors: [target] as prepare_dispatch().
std::string current_target();

/// Makes kernels run on target `name`, in any case, "best" for the best. Not to be called while kernels run in other threads.
/// Errors: [target] unknown or not supported here, with the list.
void set_target(std::string_view name);

/// Chooses the target that RECTIFY_TARGET names, else the best, unless one is chosen already. RECTIFY_DISPATCH calls it.
/// Errors: [target] RECTIFY_TARGET names no target.
void prepare_dispatch();

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

/// The function behind HWY_EXPORT(function) for the current target: HWY_DYNAMIC_DISPATCH that heeds RECTIFY_TARGET from the first call on.
#define RECTIFY_DISPATCH(function) (::rectify::prepare_dispatch(), HWY_DYNAMIC_DISPATCH(function))
