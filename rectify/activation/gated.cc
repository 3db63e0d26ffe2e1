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

/// The parameters of some columns of all, laid out as kernels read them.
class BlockParameters {
 public:
  BlockParameters(ParameterView all, std::size_t kinds, std::size_t cols) : all_(all), kinds_(kinds), cols_(cols) {}

  ParameterView of(std::size_t begin, std::size_t count) {
    if (is_whole(count)) return all_;
    for (std::size_t j = 0; j < kinds_; ++j) std::copy_n(all_.values + j * cols_ + begin, count, values_.data() + j * count);
    return {values_.data(), Sharing::kPerColumn};
  }
  /// Whether of() gives all parameters as they are, and so sums have their place.
  bool is_whole(std::size_t count) const { return all_.sharing == Sharing::kShared || count == cols_; }

 private:
  ParameterView all_;
  std::size_t kinds_, cols_;
  std::array<float, kMostParameters * kBlock> values_;
};

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

void GatedActivation::forward(const float* ab, float* y, Extent extent, ParameterView p) const {
  BlockParameters parameters(p, gate_.parameters().size(), extent.cols);
  std::array<float, kBlock> value;
  for (std::size_t row = 0; row < extent.rows; ++row, ab += 2 * extent.cols, y += extent.cols) {
    in_blocks(extent.cols, [&](std::size_t at, std::size_t count) {
      gate_.forward(ab + extent.cols + at, value.data(), {1, count}, parameters.of(at, count));
      row_kernels().multiply(ab + at, value.data(), y + at, count);
    });
  }
}

void GatedActivation::grad_from_input(const float* ab, const float* dy, float* dab, Extent extent, ParameterView p) const {
  BlockParameters parameters(p, gate_.parameters().size(), extent.cols);
  std::array<float, kBlock> value, slope;
  for (std::size_t row = 0; row < extent.rows; ++row, ab += 2 * extent.cols, dy += extent.cols, dab += 2 * extent.cols) {
    in_blocks(extent.cols, [&](std::size_t at, std::size_t count) {
      const float* const b = ab + extent.cols + at;
      const ParameterView of_block = parameters.of(at, count);
      gate_.forward(b, value.data(), {1, count}, of_block);
      gate_.grad_from_input(b, dy + at, slope.data(), {1, count}, of_block);
      row_kernels().gate_grad(ab + at, dy + at, value.data(), slope.data(), dab + at, dab + extent.cols + at, count);
    });
  }
}

void GatedActivation::grad_parameters(const float* ab, const float* dy, float* dp, Extent extent, ParameterView p) const {
  const std::size_t kinds = gate_.parameters().size();
  BlockParameters parameters(p, kinds, extent.cols);
  std::array<float, kBlock> pushed;
  std::array<float, kMostParameters * kBlock> sums;
  for (std::size_t row = 0; row < extent.rows; ++row, ab += 2 * extent.cols, dy += extent.cols) {
    in_blocks(extent.cols, [&](std::size_t at, std::size_t count) {
      const float* const b = ab + extent.cols + at;
      row_kernels().multiply(ab + at, dy + at, pushed.data(), count);
      if (parameters.is_whole(count)) return gate_.grad_parameters(b, pushed.data(), dp, {1, count}, p);
      std::fill_n(sums.begin(), kinds * count, 0.0f);
      gate_.grad_parameters(b, pushed.data(), sums.data(), {1, count}, parameters.of(at, count));
      for (std::size_t j = 0; j < kinds; ++j) {
        for (std::size_t c = 0; c < count; ++c) dp[j * extent.cols + at + c] += sums[j * count + c];
      }
    });
  }
}

}  // namespace rectify
