// Loops over arrays of floats in vectors, of which the last may have only its first lanes. Compiled once per SIMD target.
#if defined(RECTIFY_SIMD_PARTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RECTIFY_SIMD_PARTS_INL_H_
#undef RECTIFY_SIMD_PARTS_INL_H_
#else
#define RECTIFY_SIMD_PARTS_INL_H_
#endif

#include <hwy/cache_control.h>
#include <hwy/highway.h>

#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace rectify::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Floats = hn::ScalableTag<float>;

/// All lanes of a vector.
struct Whole {
  size_t count() const { return hn::Lanes(Floats()); }
  template <class D>
  HWY_INLINE hn::Vec<D> load(D d, const float* p) const {
    return hn::LoadU(d, p);
  }
  template <class D, class V>
  HWY_INLINE void store(V v, D d, float* p) const {
    hn::StoreU(v, d, p);
  }
};

/// The first lanes of a vector; the others load 0.
struct First {
  size_t lanes;
  size_t count() const { return lanes; }
#if HWY_TARGET == HWY_AVX2 || HWY_TARGET == HWY_AVX3  // which do not touch masked memory
  template <class D>
  HWY_INLINE hn::Vec<D> load(D d, const float* p) const {
    return hn::MaskedLoad(hn::FirstN(d, lanes), d, p);
  }
  template <class D, class V>
  HWY_INLINE void store(V v, D d, float* p) const {
    hn::BlendedStore(v, hn::FirstN(d, lanes), d, p);
  }
#else
  template <class D>
  HWY_INLINE hn::Vec<D> load(D d, const float* p) const {
    HWY_ALIGN float padded[hn::MaxLanes(d)] = {};
    std::memcpy(padded, p, lanes * sizeof(float));
    return hn::Load(d, padded);
  }
  template <class D, class V>
  HWY_INLINE void store(V v, D d, float* p) const {
    HWY_ALIGN float padded[hn::MaxLanes(d)];
    hn::Store(v, d, padded);
    std::memcpy(p, padded, lanes * sizeof(float));
  }
#endif
};

/// v where a part of a vector has lanes, `other` elsewhere.
template <class V>
HWY_INLINE V within(Whole, V v, V) {
  return v;
}
template <class V>
HWY_INLINE V within(First part, V v, V other) {
  return hn::IfThenElse(hn::FirstN(Floats(), part.lanes), v, other);
}

/// Floats that memory is asked for at a time; how far ahead the second cache is to hold them, and the first; and from how many on an array
/// is beyond the caches. The second needs to look far, over the page's end, where the processor's own looking ahead stops; the first has
/// too little room for that.
inline constexpr size_t kStrip = 64, kAhead = 8192, kSoon = 512, kFar = size_t{1} << 18;

/// Asks for the memory that lies ahead of n floats.
HWY_INLINE void prefetch(const float* from, size_t n) {
  constexpr size_t kLine = 64 / sizeof(float);
  constexpr int kRead = 0, kSecond = 2;
  for (size_t k = 0; k < n; k += kLine) {
    __builtin_prefetch(from + kAhead + k, kRead, kSecond);
    hwy::Prefetch(from + kSoon + k);
  }
}

/// Runs body(part, i) over n elements: i is where a vector begins, `part` which of its lanes exist. Where `arrays`, which body reads, are
/// beyond the caches it asks for their memory ahead: the processor itself looks ahead by fewer instructions than an exponential takes while
/// memory answers.
template <class Body, class... Array>
HWY_INLINE void each_vector(size_t n, const Body& body, const Array*... arrays) {
  const size_t width = hn::Lanes(Floats());
  size_t i = 0;
  if (sizeof...(arrays) > 0 && n >= kFar) {
    for (; i + kStrip <= n; i += kStrip) {
      (prefetch(arrays + i, kStrip), ...);
      for (size_t k = 0; k < kStrip; k += width) body(Whole(), i + k);
    }
  }
  for (; i + width <= n; i += width) body(Whole(), i);
  if (i < n) body(First{n - i}, i);
}

}  // namespace rectify::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
