#include "rectify/activation/dropout.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "rectify/activation/fused_kernels.h"
#include "rectify/base/error.h"

namespace rectify {
namespace {

constexpr std::uint32_t kAll = 1 << 16;

DropoutRule rule_of(const Dropout& dropout) {
  if (!(dropout.keep >= 1.0 / kAll && dropout.keep <= 1)) {
    fail("dropout", fmt::format("keep is {}, wanted a probability from 1/65536 to 1", dropout.keep));
  }
  const auto limit = static_cast<std::uint32_t>(std::lround(dropout.keep * kAll));
  return {dropout.seed, dropout.stream, limit, static_cast<float>(double{kAll} / limit)};
}

/// The n elements of a group from its element `at` on.
void drop_part(const DropoutRule& rule, const float* x, float* y, std::size_t at, std::size_t n, std::uint64_t group) {
  std::array<float, kDropoutGroup> whole{};
  std::copy_n(x, n, whole.data() + at);
  fused_kernels().drop(rule, whole.data(), whole.data(), 1, group);
  std::copy_n(whole.data() + at, n, y);
}

}  // namespace

void apply_dropout(const Dropout& dropout, const float* x, float* y, std::size_t n, std::size_t first) {
  const DropoutRule rule = rule_of(dropout);
  if (rule.limit == kAll) {
    if (x != y) std::copy_n(x, n, y);
    return;
  }
  std::size_t i = 0;
  while (i < n) {
    const std::size_t at = (first + i) % kDropoutGroup, group = (first + i) / kDropoutGroup;
    const std::size_t whole = at == 0 ? (n - i) / kDropoutGroup : 0, part = std::min(kDropoutGroup - at, n - i);
    if (whole > 0) {
      fused_kernels().drop(rule, x + i, y + i, whole, group);
    } else {
      drop_part(rule, x + i, y + i, at, part, group);
    }
    i += whole > 0 ? whole * kDropoutGroup : part;
  }
}

}  // namespace rectify
