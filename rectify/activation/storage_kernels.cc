#include "rectify/activation/storage_kernels.h"

#include "rectify/simd/target.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rectify/activation/storage_kernels.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace rectify::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;
using Words = hn::RebindToUnsigned<Floats>;
using Halves = hn::Rebind<std::uint16_t, Floats>;

/// The lower halves of words that have no others.
HWY_INLINE hn::Vec<Halves> lower_halves(hn::Vec<Words> words) {
  return hn::DemoteTo(Halves(), hn::BitCast(hn::RebindToSigned<Floats>(), words));
}

HWY_INLINE hn::Vec<Words> select(hn::Mask<Words> mask, hn::Vec<Words> yes, hn::Vec<Words> no) { return hn::IfThenElse(mask, yes, no); }

// Words compared as signed ones: magnitudes have no sign bit.
HWY_INLINE hn::Mask<Words> greater(hn::Vec<Words> a, std::int32_t b) {
  const hn::RebindToSigned<Floats> di;
  return hn::RebindMask(Words(), hn::Gt(hn::BitCast(di, a), hn::Set(di, b)));
}

struct Bfloat16 {
  static HWY_INLINE hn::Vec<Floats> widen(hn::Vec<Halves> v) { return hn::BitCast(Floats(), hn::ShiftLeft<16>(hn::PromoteTo(Words(), v))); }

  // Highway's own conversion truncates.
  static HWY_INLINE hn::Vec<Halves> narrow(hn::Vec<Floats> v) {
    const Words d;
    const auto bits = hn::BitCast(d, v);
    const auto odd = hn::And(hn::ShiftRight<16>(bits), hn::Set(d, 1));
    const auto rounded = hn::Add(bits, hn::Add(odd, hn::Set(d, 0x7fff)));
    const auto quiet = hn::Or(bits, hn::Set(d, 0x400000));  // or a NaN whose fraction is all below would become infinite
    return lower_halves(hn::ShiftRight<16>(select(hn::RebindMask(d, hn::IsNaN(v)), quiet, rounded)));
  }
};

struct Half {
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3  // which have instructions
  using Tag = hn::Rebind<hwy::float16_t, Floats>;
  static HWY_INLINE hn::Vec<Floats> widen(hn::Vec<Halves> v) { return hn::PromoteTo(Floats(), hn::BitCast(Tag(), v)); }
  static HWY_INLINE hn::Vec<Halves> narrow(hn::Vec<Floats> v) { return hn::BitCast(Halves(), hn::DemoteTo(Tag(), v)); }
#else
  static HWY_INLINE hn::Vec<Floats> widen(hn::Vec<Halves> v) {
    const Words d;
    const auto bits = hn::PromoteTo(d, v);
    const auto magnitude = hn::ShiftLeft<13>(hn::And(bits, hn::Set(d, 0x7fff)));
    // A float with a half's exponent field is 2^112 times too small, subnormal or not.
    const auto scaled = hn::BitCast(d, hn::Mul(hn::BitCast(Floats(), magnitude), hn::Set(Floats(), 0x1p112f)));
    const auto special = hn::Or(magnitude, hn::Set(d, 0x7f800000));
    const auto value = select(greater(magnitude, 0x0f7fffff), special, scaled);
    return hn::BitCast(Floats(), hn::Or(value, hn::ShiftLeft<16>(hn::And(bits, hn::Set(d, 0x8000)))));
  }

  static HWY_INLINE hn::Vec<Halves> narrow(hn::Vec<Floats> v) {
    const Words d;
    const auto bits = hn::BitCast(d, v), sign = hn::And(hn::ShiftRight<16>(bits), hn::Set(d, 0x8000));
    const auto magnitude = hn::And(bits, hn::Set(d, 0x7fffffff));
    // Adding 1/2 leaves a sum whose last bits count in steps of 2^-24, those of subnormal halves, and rounds to nearest even.
    const auto half = hn::Set(Floats(), 0.5f);
    const auto small = hn::Sub(hn::BitCast(d, hn::Add(hn::BitCast(Floats(), magnitude), half)), hn::BitCast(d, half));
    const auto finite = select(greater(magnitude, 0x47800000), hn::Set(d, 0x47800000), magnitude);  // at most 2^16, which is too much
    const auto odd = hn::And(hn::ShiftRight<13>(finite), hn::Set(d, 1));
    const auto rounded = hn::Add(hn::Sub(finite, hn::Set(d, 112u << 23)), hn::Add(odd, hn::Set(d, 0xfff)));
    const auto number = select(greater(magnitude, 0x387fffff), hn::ShiftRight<13>(rounded), small);
    return lower_halves(hn::Or(sign, select(greater(magnitude, 0x7f800000), hn::Set(d, 0x7e00), number)));
  }
#endif
};

template <class Format>
HWY_FLATTEN void widen_all(const std::uint16_t* from, float* to, size_t n) {
  const Floats d;
  const size_t width = hn::Lanes(d);
  size_t i = 0;
  for (; i + width <= n; i += width) hn::StoreU(Format::widen(hn::LoadU(Halves(), from + i)), d, to + i);
  if (i == n) return;
  HWY_ALIGN std::uint16_t rest[hn::MaxLanes(d)] = {};
  HWY_ALIGN float wide[hn::MaxLanes(d)];
  std::memcpy(rest, from + i, (n - i) * sizeof *from);
  hn::Store(Format::widen(hn::Load(Halves(), rest)), d, wide);
  std::memcpy(to + i, wide, (n - i) * sizeof *to);
}

template <class Format>
HWY_FLATTEN void narrow_all(const float* from, std::uint16_t* to, size_t n) {
  const Floats d;
  const size_t width = hn::Lanes(d);
  size_t i = 0;
  for (; i + width <= n; i += width) hn::StoreU(Format::narrow(hn::LoadU(d, from + i)), Halves(), to + i);
  if (i == n) return;
  HWY_ALIGN float rest[hn::MaxLanes(d)] = {};
  HWY_ALIGN std::uint16_t narrowed[hn::MaxLanes(d)];
  std::memcpy(rest, from + i, (n - i) * sizeof *from);
  hn::Store(Format::narrow(hn::Load(d, rest)), Halves(), narrowed);
  std::memcpy(to + i, narrowed, (n - i) * sizeof *to);
}

const StorageKernels& storage_kernels_of_target() {
  static constexpr StorageKernels kTable{widen_all<Bfloat16>, widen_all<Half>, narrow_all<Bfloat16>, narrow_all<Half>};
  return kTable;
}

}  // namespace rectify::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rectify {

HWY_EXPORT(storage_kernels_of_target);
const StorageKernels& storage_kernels() { return RECTIFY_DISPATCH(storage_kernels_of_target)(); }

}  // namespace rectify
#endif
