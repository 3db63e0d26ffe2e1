#include "rectify/activation/gated.h"

#include <algorithm>
#include <array>

#include "rectify/activation/rows_kernels.h"

namespace rectify {
namespace {

struct Named {
  std::string_view name, gate;
};
constexpr Named kNamed[] = {{"glu", "sigmoid"}, {"reglu", "relu"}, {"geglu", "gelu"}, {"swiglu", "silu"}, {"bilinear", "linear"}};

const Named* find_named(std::string_view name) {
  const auto found = std::find_if(std::begin(kNamed), std::end(kNamed), [=](const Named& n) { return n.name == name; });
  return found == std::end(kNamed) ? nullptr : found;
}

std::string_view gate_of(std::string_view name_or_gate) {
  const Named* const named = find_named(name_or_gate);
  return named == nullptr ? name_or_gate : named->gate;
}

/// Values that are computed at once, in memory that stays in L1.
constexpr std::size_t kBlock = 1024;

template <class Block>
void in_blocks(std::size_t n, const Block& block) {
  for (std::size_t begin = 0; begin < n; begin += kBlock) block(begin, std::min(kBlock, n - begin));
}

}  // namespace

bool is_gated_name(std::string_view name) { return find_named(name) != nullptr; }

GatedActivation::GatedActivation(std::string_view name_or_gate) : gate_(gate_of(name_or_gate)) {}

void GatedActivation::forward(const float* a, const float* b, float* y, std::size_t n) const {
  std::array<float, kBlock> value;
  in_blocks(n, [&](std::size_t at, std::size_t count) {
    gate_.forward(b + at, value.data(), count);
    row_kernels().multiply(a + at, value.data(), y + at, count);
  });
}

void GatedActivation::grad_from_input(const float* a, const float* b, const float* dy, float* da, float* db, std::size_t n) const {
  std::array<float, kBlock> value, slope;
  in_blocks(n, [&](std::size_t at, std::size_t count) {
    gate_.forward(b + at, value.data(), count);
    gate_.grad_from_input(b + at, dy + at, slope.data(), count);
    row_kernels().gate_grad(a + at, dy + at, value.data(), slope.data(), da + at, db + at, count);
  });
}

void GatedActivation::forward(const float* ab, float* y, Extent extent, GateHalf half) const {
  const std::size_t a = half == GateHalf::kSecond ? 0 : extent.cols, b = extent.cols - a;
  for (std::size_t row = 0; row < extent.rows; ++row, ab += 2 * extent.cols, y += extent.cols) forward(ab + a, ab + b, y, extent.cols);
}

void GatedActivation::grad_from_input(const float* ab, const float* dy, float* dab, Extent extent, GateHalf half) const {
  const std::size_t a = half == GateHalf::kSecond ? 0 : extent.cols, b = extent.cols - a;
  for (std::size_t row = 0; row < extent.rows; ++row, ab += 2 * extent.cols, dy += extent.cols, dab += 2 * extent.cols) {
    grad_from_input(ab + a, ab + b, dy, dab + a, dab + b, extent.cols);
  }
}

}  // namespace rectify
