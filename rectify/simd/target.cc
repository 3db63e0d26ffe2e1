#include "rectify/simd/target.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <hwy/targets.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>

#include "rectify/base/error.h"

namespace rectify {
namespace {

// 0 until the first choice. Beside it stands Highway's own mask of allowed targets, which its dispatch reads.
std::atomic<std::int64_t> chosen = 0;

void choose(std::int64_t target) {
  hwy::GetChosenTarget().Update(target);
  chosen = target;
}

// Asks Highway only once: the question makes Highway choose its best target.
std::int64_t available_mask() {
  static const std::int64_t mask = (hwy::SupportedTargets() | HWY_STATIC_TARGET) & HWY_TARGETS;
  return mask;
}

// Highway numbers better targets lower.
std::vector<std::int64_t> available() {
  std::vector<std::int64_t> found;
  for (std::int64_t left = available_mask(); left != 0; left &= left - 1) found.push_back(left & -left);
  return found;
}

/// Whether two names differ in capitals at most.
bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char c, char d) { return lower(c) == lower(d); });
}

void choose(std::string_view name, std::string_view asked_by) {
  const std::vector<std::int64_t> all = available();
  if (same_name(name, "best")) return choose(all.front());
  for (const std::int64_t target : all) {
    if (same_name(name, hwy::TargetName(target))) return choose(target);
  }
  fail("target", fmt::format("{}\"{}\" is no SIMD target of this build and machine; choose best or one of {}", asked_by, name,
                             fmt::join(targets(), ", ")));
}

}  // namespace

std::vector<std::string> targets() {
  std::vector<std::string> names;
  for (const std::int64_t target : available()) names.emplace_back(hwy::TargetName(target));
  return names;
}

void prepare_dispatch() {
  if (chosen != 0) return;
  const char* wanted = std::getenv("RECTIFY_TARGET");
  choose(wanted == nullptr || *wanted == '\0' ? "best" : wanted, "RECTIFY_TARGET: ");
}

std::string current_target() {
  prepare_dispatch();
  return hwy::TargetName(chosen);
}

void set_target(std::string_view name) { choose(name, ""); }

}  // namespace rectify
