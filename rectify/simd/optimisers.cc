#include "rectify/simd/optimisers.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rectify/simd/optimisers.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include "rectify/simd/target.h"

HWY_BEFORE_NAMESPACE();
namespace rectify::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

// Whether any value is infinite or NaN shows in the largest magnitude taken as an integer.
template <class D, class V = hn::Vec<D>, class I = hn::Vec<hn::RebindToSigned<D>>>
I larger_magnitude(D, I largest, V w) {
  const hn::RebindToSigned<D> di;
  return hn::Max(largest, hn::And(hn::BitCast(di, w), hn::Set(di, 0x7fffffff)));
}

template <class D, class I = hn::Vec<hn::RebindToSigned<D>>>
bool is_finite_magnitude(D, I largest) {
  const hn::RebindToSigned<D> di;
  return hn::GetLane(hn::MaxOfLanes(di, largest)) < 0x7f800000;
}

template <class D>
bool sgd_lanes(D d, float* w, const float* g, float* v, size_t n, const SgdStep& step) {
  const auto rate = hn::Set(d, step.rate), momentum = hn::Set(d, step.momentum), decay = hn::Set(d, step.decay);
  auto largest = hn::Zero(hn::RebindToSigned<D>());
  for (size_t i = 0; i < n; i += hn::Lanes(d)) {
    const auto old = hn::LoadU(d, w + i);
    const auto gradient = hn::Add(hn::LoadU(d, g + i), hn::Mul(decay, old));
    const auto velocity = hn::Add(hn::Mul(momentum, hn::LoadU(d, v + i)), gradient);
    const auto now = hn::Sub(old, hn::Mul(rate, velocity));
    hn::StoreU(velocity, d, v + i);
    hn::StoreU(now, d, w + i);
    largest = larger_magnitude(d, largest, now);
  }
  return is_finite_magnitude(d, largest);
}

template <class D>
bool adam_lanes(D d, float* w, const float* g, float* m, float* v, size_t n, const AdamStep& step) {
  const auto rate = hn::Set(d, step.rate), epsilon = hn::Set(d, step.epsilon), decay = hn::Set(d, step.decay);
  const auto keep1 = hn::Set(d, step.beta1), keep2 = hn::Set(d, step.beta2);
  const auto take1 = hn::Set(d, 1 - step.beta1), take2 = hn::Set(d, 1 - step.beta2);
  auto largest = hn::Zero(hn::RebindToSigned<D>());
  for (size_t i = 0; i < n; i += hn::Lanes(d)) {
    const auto old = hn::LoadU(d, w + i);
    const auto gradient = hn::Add(hn::LoadU(d, g + i), hn::Mul(decay, old));
    const auto first = hn::Add(hn::Mul(keep1, hn::LoadU(d, m + i)), hn::Mul(take1, gradient));
    const auto second = hn::Add(hn::Mul(keep2, hn::LoadU(d, v + i)), hn::Mul(take2, hn::Mul(gradient, gradient)));
    const auto now = hn::Sub(old, hn::Div(hn::Mul(rate, first), hn::Add(hn::Sqrt(second), epsilon)));
    hn::StoreU(first, d, m + i);
    hn::StoreU(second, d, v + i);
    hn::StoreU(now, d, w + i);
    largest = larger_magnitude(d, largest, now);
  }
  return is_finite_magnitude(d, largest);
}

// Whole vectors, then the rest one by one.
bool sgd(float* w, const float* g, float* v, size_t n, const SgdStep& step) {
  const hn::ScalableTag<float> d;
  const size_t whole = n - n % hn::Lanes(d);
  const bool finite = sgd_lanes(d, w, g, v, whole, step);
  return sgd_lanes(hn::CappedTag<float, 1>(), w + whole, g + whole, v + whole, n - whole, step) && finite;
}

bool adam(float* w, const float* g, float* m, float* v, size_t n, const AdamStep& step) {
  const hn::ScalableTag<float> d;
  const size_t whole = n - n % hn::Lanes(d);
  const bool finite = adam_lanes(d, w, g, m, v, whole, step);
  return adam_lanes(hn::CappedTag<float, 1>(), w + whole, g + whole, m + whole, v + whole, n - whole, step) && finite;
}

const OptimiserKernels& table() {
  static constexpr OptimiserKernels kTable{sgd, adam};
  return kTable;
}

}  // namespace
}  // namespace rectify::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rectify {

HWY_EXPORT(table);
const OptimiserKernels& optimiser_kernels() { return RECTIFY_DISPATCH(table)(); }

}  // namespace rectify
#endif
