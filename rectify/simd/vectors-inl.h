// Loops over whole vectors and what is left. Compiled once per SIMD target.
#if defined(RECTIFY_SIMD_VECTORS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RECTIFY_SIMD_VECTORS_INL_H_
#undef RECTIFY_SIMD_VECTORS_INL_H_
#else
#define RECTIFY_SIMD_VECTORS_INL_H_
#endif

#include <hwy/highway.h>

#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace rectify::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Calls body(d, i) for whole vectors of 0 .. n - 1 and then for what is left, one by one.
template <class Body>
HWY_INLINE void for_each_vector(std::int64_t n, const Body& body) {
  const hn::ScalableTag<float> d;
  const auto lanes = static_cast<std::int64_t>(hn::Lanes(d));
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) body(d, i);
  for (; i < n; ++i) body(hn::CappedTag<float, 1>(), i);
}

/// max(v, 0) with -0 and NaN kept.
template <class D, class V>
HWY_INLINE V rectified(D d, V v) {
  return hn::IfThenZeroElse(hn::Lt(v, hn::Zero(d)), v);
}

/// Where a running maximum takes `next`: where it is larger or NaN, unless a NaN is there already.
template <class V>
HWY_INLINE auto takes_over(V next, V best) {
  return hn::AndNot(hn::IsNaN(best), hn::Or(hn::Gt(next, best), hn::IsNaN(next)));
}

}  // namespace rectify::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
