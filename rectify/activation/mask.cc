#include "rectify/activation/mask.h"

#include <fmt/format.h>

#include <cmath>

#include "rectify/activation/blocks.h"
#include "rectify/activation/mask_kernels.h"
#include "rectify/base/aligned.h"
#include "rectify/base/error.h"
#include "rectify/formula/program.h"

namespace rectify {
namespace {

/// Whether f' is one number on each side of 0, that of the left at 0 itself, for these parameters.
bool has_two_slopes(const Program& program, std::span<const double> parameters) {
  constexpr int kSlope = 1, kSmallest = -149, kLargest = 127;
  const auto slope = [&](double x) { return evaluate(program, x, parameters, kSlope); };
  const double left = slope(-1), right = slope(1);
  if (!std::isfinite(left) || !std::isfinite(right) || slope(0.0) != left || slope(-0.0) != left) return false;
  for (int exponent = kSmallest; exponent <= kLargest; ++exponent) {
    for (const double fraction : {1.0, 1.125, 1.37, 1.5, 1.8125}) {
      const double x = std::ldexp(fraction, exponent);
      if (slope(x) != right || slope(-x) != left) return false;
    }
  }
  return true;
}

/// The slopes of every column, or the ones that all share: f' at -1 and at 1 as the activation itself computes it.
SlopePair slopes_of(const Activation& f, std::size_t cols, ParameterView p) {
  static thread_local AlignedVector<float> memory;
  const std::size_t n = p.sharing == Sharing::kShared ? 1 : cols;
  memory.resize(3 * n);
  float* const right = memory.data();
  float* const left = right + n;
  float* const ones = left + n;
  std::fill_n(right, n, 1.0f);
  std::fill_n(left, n, -1.0f);
  std::fill_n(ones, n, 1.0f);
  f.grad_from_input(right, ones, right, {1, n}, p);
  f.grad_from_input(left, ones, left, {1, n}, p);
  return {right, left, p.sharing};
}

}  // namespace

bool MaskedActivation::fits(const Activation& f) {
  for (const double kink : f.facts().kinks) {
    if (kink != 0) return false;
  }
  std::vector<double> parameters;
  for (const FormulaParameter& p : f.parameters()) parameters.push_back(p.value);
  // Other parameters as well: elu is of this kind only where alpha is 0.
  for (const double shift : {0.0, 0.375, -0.875}) {
    std::vector<double> shifted = parameters;
    for (double& value : shifted) value += shift;
    if (!has_two_slopes(f.program(), shifted)) return false;
  }
  return true;
}

MaskedActivation::MaskedActivation(Activation f) : f_(std::move(f)) {
  if (!fits(f_)) {
    fail("mask",
         fmt::format("the derivative of {} is not decided by x > 0, wanted one like relu, leaky_relu or prelu; use grad_from_input()",
                     f_.spec()));
  }
  for (const FormulaParameter& p : f_.parameters()) defaults_.push_back(static_cast<float>(p.value));
}

void MaskedActivation::forward(const float* x, float* y, std::uint8_t* mask, std::size_t n) const {
  forward(x, y, mask, {1, n}, {defaults_.data()});
}

void MaskedActivation::grad_from_mask(const std::uint8_t* mask, const float* dy, float* dx, std::size_t n) const {
  grad_from_mask(mask, dy, dx, {1, n}, {defaults_.data()});
}

void MaskedActivation::forward(const float* x, float* y, std::uint8_t* mask, Extent extent, ParameterView p) const {
  const MaskKernels& kernels = mask_kernels();
  const std::size_t n = extent.rows * extent.cols;
  std::size_t done = 0;  // elements whose bits are written, in whole bytes
  for_each_block(f_, as_one_row(extent, p), p, [&](const Block& block) {
    // Up to a whole byte, and before y is written, which may be x.
    const std::size_t until = std::min(n, (block.begin + block.count() + 7) / 8 * 8);
    if (until > done) kernels.positive(x + done, mask + done / 8, until - done);
    done = until;
    f_.forward(x + block.begin, y + block.begin, block.extent, block.parameters);
  });
}

void MaskedActivation::grad_from_mask(const std::uint8_t* mask, const float* dy, float* dx, Extent extent, ParameterView p) const {
  mask_kernels().grad(mask, slopes_of(f_, extent.cols, p), dy, dx, extent);
}

}  // namespace rectify
