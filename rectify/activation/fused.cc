#include "rectify/activation/fused.h"

#include <algorithm>
#include <array>

#include "rectify/activation/blocks.h"
#include "rectify/activation/fused_kernels.h"
#include "rectify/base/aligned.h"

namespace rectify {
namespace {

/// Sums of columns on their way to `sums`: so many rows are summed before they are added.
class ColumnAdder {
 public:
  static constexpr std::size_t kRows = 64;

  ColumnAdder(float* sums, Extent extent) : sums_(sums), extent_(extent) {
    static thread_local AlignedVector<float> memory;
    memory.assign(extent.cols, 0.0f);
    partial_ = memory.data();
  }

  /// Adds rows `row` on of columns `column` on. Every column gets its rows in order.
  void add(const float* values, std::size_t row, std::size_t column, Extent part) const {
    for (std::size_t done = 0; done < part.rows;) {
      const std::size_t at = row + done, n = std::min(part.rows - done, kRows - at % kRows);
      fused_kernels().add_rows(values + done * part.cols, partial_ + column, {n, part.cols});
      done += n;
      if ((at + n) % kRows != 0 && at + n != extent_.rows) continue;
      fused_kernels().add_rows(partial_ + column, sums_ + column, {1, part.cols});
      std::fill_n(partial_ + column, part.cols, 0.0f);
    }
  }

 private:
  float* sums_;
  Extent extent_;
  float* partial_;
};

/// Complains of a bad probability before anything is written, even for an empty array.
void check(const Dropout& dropout) { apply_dropout(dropout, nullptr, nullptr, 0); }

}  // namespace

void add_bias(const float* x, const float* bias, float* y, Extent extent) { fused_kernels().add_bias(x, bias, y, extent); }

void add_column_sums(const float* values, float* sums, Extent extent) { ColumnAdder(sums, extent).add(values, 0, 0, extent); }

void forward(const FusedPass& pass, const float* x, float* y, Extent extent, ParameterView p) {
  check(pass.dropout);
  for_each_block(pass.activation, extent, p, [&](const Block& block) {
    prefetch_after(block, x, extent.rows * extent.cols);
    const float* from = x + block.begin;
    float* const to = y + block.begin;
    if (pass.bias != nullptr) {
      add_bias(from, pass.bias + block.column, to, block.extent);
      from = to;
    }
    pass.activation.forward(from, to, block.extent, block.parameters);
    if (pass.dropout.keep != 1) apply_dropout(pass.dropout, to, to, block.count(), block.begin);
  });
}

void grad_from_input(const FusedPass& pass, const float* x, const float* dy, float* dx, float* dbias, Extent extent, ParameterView p) {
  check(pass.dropout);
  std::array<float, kBlock> inputs, gradients;
  const ColumnAdder adder(dbias, extent);
  for_each_block(pass.activation, extent, p, [&](const Block& block) {
    prefetch_after(block, x, extent.rows * extent.cols);
    prefetch_after(block, dy, extent.rows * extent.cols);
    const float* input = x + block.begin;
    const float* gradient = dy + block.begin;
    if (pass.bias != nullptr) {
      add_bias(input, pass.bias + block.column, inputs.data(), block.extent);
      input = inputs.data();
    }
    if (pass.dropout.keep != 1) {
      apply_dropout(pass.dropout, gradient, gradients.data(), block.count(), block.begin);
      gradient = gradients.data();
    }
    pass.activation.grad_from_input(input, gradient, dx + block.begin, block.extent, block.parameters);
    if (dbias != nullptr) adder.add(dx + block.begin, block.row, block.column, block.extent);
  });
}

}  // namespace rectify
