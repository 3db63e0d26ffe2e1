#include "rectify/activation/mask_kernels.h"

#include "rectify/simd/target.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rectify/activation/mask_kernels.cc"
#include <hwy/foreach_target.h>
//
#include "rectify/activation/loops-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rectify::HWY_NAMESPACE {

/// The bits of a mask of at most 32 lanes.
HWY_INLINE std::uint32_t bits_of(Floats d, hn::Mask<Floats> mask) {
  std::uint8_t bytes[8] = {};
  hn::StoreMaskBits(d, mask, bytes);
  std::uint32_t bits;
  std::memcpy(&bits, bytes, sizeof bits);
  return bits;
}

HWY_INLINE hn::Mask<Floats> mask_of(Floats d, std::uint32_t bits) {
  std::uint8_t bytes[8] = {};
  std::memcpy(bytes, &bits, sizeof bits);
  return hn::LoadMaskBits(d, bytes);
}

/// `count` bits of a mask from bit `at` on, perhaps with others above them.
HWY_INLINE std::uint32_t read_bits(const std::uint8_t* mask, size_t at, size_t count) {
  std::uint32_t bits = 0;
  for (size_t byte = at / 8; byte <= (at + count - 1) / 8; ++byte) bits |= std::uint32_t{mask[byte]} << (8 * (byte - at / 8));
  return bits >> (at % 8);
}

void positive(const float* x, std::uint8_t* mask, size_t n) {
  const Floats d;
  constexpr size_t kBytes = 4;  // written at once
  size_t i = 0;
  for (; i + 8 * kBytes <= n; i += 8 * kBytes) {
    std::uint32_t bits = 0;
    for (size_t k = 0; k < 8 * kBytes; k += hn::Lanes(d)) bits |= bits_of(d, hn::Gt(hn::LoadU(d, x + i + k), hn::Zero(d))) << k;
    std::memcpy(mask + i / 8, &bits, kBytes);
  }
  for (; i < n; i += 8) {
    std::uint8_t bits = 0;
    for (size_t k = 0; k < std::min<size_t>(8, n - i); ++k) bits |= (x[i + k] > 0 ? 1 : 0) << k;
    mask[i / 8] = bits;
  }
}

void grad_shared(const std::uint8_t* mask, float right_slope, float left_slope, const float* dy, float* dx, size_t n) {
  const Floats d;
  const auto right = hn::Set(d, right_slope), left = hn::Set(d, left_slope);
  constexpr size_t kBytes = 4;
  size_t i = 0;
  for (; i + 8 * kBytes <= n; i += 8 * kBytes) {
    std::uint32_t bits;
    std::memcpy(&bits, mask + i / 8, kBytes);
    for (size_t k = 0; k < 8 * kBytes; k += hn::Lanes(d)) {
      const auto slope = hn::IfThenElse(mask_of(d, bits >> k), right, left);
      hn::StoreU(hn::Mul(hn::LoadU(d, dy + i + k), slope), d, dx + i + k);
    }
  }
  for (; i < n; ++i) dx[i] = dy[i] * (mask[i / 8] >> (i % 8) & 1 ? right_slope : left_slope);
}

void grad_per_column(const std::uint8_t* mask, SlopePair slopes, const float* dy, float* dx, Extent extent) {
  const Floats d;
  for (size_t row = 0; row < extent.rows; ++row) {
    const size_t at = row * extent.cols;
    each_vector(extent.cols, [=](auto part, size_t c) HWY_ATTR {
      const auto positive = mask_of(d, read_bits(mask, at + c, part.count()));
      const auto slope = hn::IfThenElse(positive, part.load(d, slopes.right + c), part.load(d, slopes.left + c));
      part.store(hn::Mul(part.load(d, dy + at + c), slope), d, dx + at + c);
    });
  }
}

HWY_FLATTEN void grad(const std::uint8_t* mask, SlopePair slopes, const float* dy, float* dx, Extent extent) {
  if (slopes.sharing == Sharing::kPerColumn) return grad_per_column(mask, slopes, dy, dx, extent);
  grad_shared(mask, *slopes.right, *slopes.left, dy, dx, extent.rows * extent.cols);
}

const MaskKernels& mask_kernels_of_target() {
  static constexpr MaskKernels kTable{positive, grad};
  return kTable;
}

}  // namespace rectify::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rectify {

HWY_EXPORT(mask_kernels_of_target);
const MaskKernels& mask_kernels() { return RECTIFY_DISPATCH(mask_kernels_of_target)(); }

}  // namespace rectify
#endif
