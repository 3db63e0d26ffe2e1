#include "rectify/activation/storage.h"

#include <array>

#include "rectify/activation/blocks.h"
#include "rectify/activation/storage_kernels.h"

namespace rectify {
namespace {

static_assert(sizeof(BFloat16) == sizeof(std::uint16_t) && sizeof(Float16) == sizeof(std::uint16_t));

/// The parameters that `f` has by default.
std::array<float, kMostParameters> defaults(const Activation& f) {
  std::array<float, kMostParameters> values{};
  std::size_t j = 0;
  for (const FormulaParameter& p : f.parameters()) values[j++] = static_cast<float>(p.value);
  return values;
}

}  // namespace

void widen(const BFloat16* from, float* to, std::size_t n) { storage_kernels().widen_bfloat16(&from->bits, to, n); }
void widen(const Float16* from, float* to, std::size_t n) { storage_kernels().widen_float16(&from->bits, to, n); }
void narrow(const float* from, BFloat16* to, std::size_t n) { storage_kernels().narrow_bfloat16(from, &to->bits, n); }
void narrow(const float* from, Float16* to, std::size_t n) { storage_kernels().narrow_float16(from, &to->bits, n); }

template <Stored16 T>
void forward(const Activation& f, const T* x, T* y, Extent extent, ParameterView p) {
  std::array<float, kBlock> values;
  for_each_block(f, as_one_row(extent, p), p, [&](const Block& block) {
    prefetch_after(block, x, extent.rows * extent.cols);
    widen(x + block.begin, values.data(), block.count());
    f.forward(values.data(), values.data(), block.extent, block.parameters);
    narrow(values.data(), y + block.begin, block.count());
  });
}

template <Stored16 T>
void grad_from_input(const Activation& f, const T* x, const T* dy, T* dx, Extent extent, ParameterView p) {
  std::array<float, kBlock> values, gradients;
  for_each_block(f, as_one_row(extent, p), p, [&](const Block& block) {
    prefetch_after(block, x, extent.rows * extent.cols);
    widen(x + block.begin, values.data(), block.count());
    prefetch_after(block, dy, extent.rows * extent.cols);
    widen(dy + block.begin, gradients.data(), block.count());
    f.grad_from_input(values.data(), gradients.data(), gradients.data(), block.extent, block.parameters);
    narrow(gradients.data(), dx + block.begin, block.count());
  });
}

template <Stored16 T>
void forward(const Activation& f, const T* x, T* y, std::size_t n) {
  forward(f, x, y, {1, n}, {defaults(f).data()});
}

template <Stored16 T>
void grad_from_input(const Activation& f, const T* x, const T* dy, T* dx, std::size_t n) {
  grad_from_input(f, x, dy, dx, {1, n}, {defaults(f).data()});
}

template void forward(const Activation&, const BFloat16*, BFloat16*, std::size_t);
template void forward(const Activation&, const Float16*, Float16*, std::size_t);
template void forward(const Activation&, const BFloat16*, BFloat16*, Extent, ParameterView);
template void forward(const Activation&, const Float16*, Float16*, Extent, ParameterView);
template void grad_from_input(const Activation&, const BFloat16*, const BFloat16*, BFloat16*, std::size_t);
template void grad_from_input(const Activation&, const Float16*, const Float16*, Float16*, std::size_t);
template void grad_from_input(const Activation&, const BFloat16*, const BFloat16*, BFloat16*, Extent, ParameterView);
template void grad_from_input(const Activation&, const Float16*, const Float16*, Float16*, Extent, ParameterView);

}  // namespace rectify
