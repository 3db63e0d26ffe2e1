#include "digest.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <mutex>
#include <vector>

#include "rectify/activation/activation.h"
#include "rectify/base/threads.h"
#include "rectify/simd/target.h"
#include "sweep.h"

namespace rectify::certify {
namespace {

constexpr std::size_t kStretch = std::size_t{1} << 15;

/// A number without pattern for each `n`. Source of the constants: splitmix64 (Steele et al. 2014, "Fast splittable pseudorandom number
/// generators").
std::uint64_t scrambled(std::uint64_t n) {
  const std::uint64_t a = (n + 1) * 0x9e3779b97f4a7c15;
  const std::uint64_t b = (a ^ a >> 30) * 0xbf58476d1ce4e5b9;
  return b ^ b >> 27;
}

/// Factors of the results of a stretch.
const std::uint32_t* factors() {
  static const std::vector<std::uint32_t> all = [] {
    std::vector<std::uint32_t> factors(kStretch);
    for (std::size_t i = 0; i < kStretch; ++i) factors[i] = static_cast<std::uint32_t>(scrambled(i) >> 32) | 1;
    return factors;
  }();
  return all.data();
}

}  // namespace

std::uint64_t digest(std::uint64_t begin, const float* results, std::size_t n) {
  constexpr std::uint32_t kNan = 0x7fc00000, kInfinity = 0x7f800000, kMagnitude = 0x7fffffff;
  std::uint64_t total = 0;
  while (n > 0) {
    const std::size_t first = begin % kStretch, count = std::min(n, kStretch - first);
    const std::uint32_t* const factor = factors() + first;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const auto bits = std::bit_cast<std::uint32_t>(results[i]);
      sum += std::uint64_t{(bits & kMagnitude) > kInfinity ? kNan : bits} * factor[i];
    }
    total += sum * (scrambled(begin / kStretch) | 1);
    begin += count, results += count, n -= count;
  }
  return total;
}

std::string digest_text(std::uint64_t digest) { return fmt::format("{:016x}", digest); }

Digests digests_of(std::string_view name, int threads, std::span<const std::string> on) {
  constexpr std::size_t kPart = std::size_t{1} << 15;
  constexpr int kJobs = 1 << 8;
  const Patterns patterns(1);
  const std::uint64_t each = patterns.count() / kJobs;
  const std::vector<float> ones(kPart, 1.0f);
  Digests digests;
  for (const std::string& target : on) {
    const ScopedTarget scope(target);
    const Activation activation(name);
    std::mutex mutex;
    run_jobs(kJobs, threads, [&](int job) {
      std::vector<float> x(kPart), y(kPart);
      std::array<std::uint64_t, 2> sums{};
      for (std::uint64_t at = job * each; at < (job + 1) * each; at += kPart) {
        patterns.fill(at, kPart, x.data());
        activation.forward(x.data(), y.data(), kPart);
        sums[0] += digest(at, y.data(), kPart);
        activation.grad_from_input(x.data(), ones.data(), y.data(), kPart);
        sums[1] += digest(at, y.data(), kPart);
      }
      const std::lock_guard lock(mutex);
      for (std::size_t k = 0; k < sums.size(); ++k) digests[target][k] += sums[k];
    });
  }
  return digests;
}

}  // namespace rectify::certify
