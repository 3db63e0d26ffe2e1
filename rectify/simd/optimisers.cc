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

// A rule gives the new w from the old one and the gradient, and updates the state at place i.
struct Plain {
  template <class D, class V>
  static V apply(D d, const UpdateStep& step, V w, V g, float*, float*, size_t) {
    return hn::Sub(w, hn::Mul(hn::Set(d, step.rate), g));
  }
};

template <class D, class V>
V next_velocity(D d, const UpdateStep& step, V g, float* m) {
  const auto velocity = hn::Add(hn::Mul(hn::Set(d, step.first), hn::LoadU(d, m)), g);
  hn::StoreU(velocity, d, m);
  return velocity;
}

struct Momentum {
  template <class D, class V>
  static V apply(D d, const UpdateStep& step, V w, V g, float* m, float*, size_t i) {
    return hn::Sub(w, hn::Mul(hn::Set(d, step.rate), next_velocity(d, step, g, m + i)));
  }
};

struct Nesterov {
  template <class D, class V>
  static V apply(D d, const UpdateStep& step, V w, V g, float* m, float*, size_t i) {
    const auto ahead = hn::Mul(hn::Set(d, step.first), next_velocity(d, step, g, m + i));
    return hn::Sub(w, hn::Mul(hn::Set(d, step.rate), hn::Add(g, ahead)));
  }
};

/// sqrt(v) + epsilon, v the new running mean of squares.
template <class D, class V>
V next_size(D d, const UpdateStep& step, V g, float* v) {
  const auto old = hn::Mul(hn::Set(d, step.second), hn::LoadU(d, v));
  const auto square = hn::Add(old, hn::Mul(hn::Set(d, step.second_new), hn::Mul(g, g)));
  hn::StoreU(square, d, v);
  return hn::Add(hn::Sqrt(square), hn::Set(d, step.epsilon));
}

struct Adam {
  template <class D, class V>
  static V apply(D d, const UpdateStep& step, V w, V g, float* m, float* v, size_t i) {
    const auto old = hn::Mul(hn::Set(d, step.first), hn::LoadU(d, m + i));
    const auto mean = hn::Add(old, hn::Mul(hn::Set(d, step.first_new), g));
    hn::StoreU(mean, d, m + i);
    return hn::Sub(w, hn::Div(hn::Mul(hn::Set(d, step.rate), mean), next_size(d, step, g, v + i)));
  }
};

struct Rmsprop {
  template <class D, class V>
  static V apply(D d, const UpdateStep& step, V w, V g, float*, float* v, size_t i) {
    return hn::Sub(w, hn::Div(hn::Mul(hn::Set(d, step.rate), g), next_size(d, step, g, v + i)));
  }
};

// Whether any value is infinite or NaN shows in the largest magnitude taken as an integer. The step is a copy, so that no store can change
// it and its vectors stay in registers.
template <class Rule, class D>
bool update_lanes(D d, float* w, const float* g, float* m, float* v, size_t n, const UpdateStep step) {
  const hn::RebindToSigned<D> di;
  const auto scale = hn::Set(d, step.scale), decay = hn::Set(d, step.decay), keep = hn::Set(d, step.keep);
  auto largest = hn::Zero(di);
  for (size_t i = 0; i < n; i += hn::Lanes(d)) {
    const auto old = hn::LoadU(d, w + i);
    const auto gradient = hn::Add(hn::Mul(scale, hn::LoadU(d, g + i)), hn::Mul(decay, old));
    const auto now = Rule::apply(d, step, hn::Mul(keep, old), gradient, m, v, i);
    hn::StoreU(now, d, w + i);
    largest = hn::Max(largest, hn::And(hn::BitCast(di, now), hn::Set(di, 0x7fffffff)));
  }
  return hn::GetLane(hn::MaxOfLanes(di, largest)) < 0x7f800000;
}

// Whole vectors, then the rest one by one.
template <class Rule>
bool update(float* w, const float* g, float* m, float* v, size_t n, const UpdateStep& step) {
  const hn::ScalableTag<float> d;
  const size_t whole = n - n % hn::Lanes(d);
  const bool finite = update_lanes<Rule>(d, w, g, m, v, whole, step);
  const auto rest = [whole](float* state) { return state == nullptr ? nullptr : state + whole; };
  return update_lanes<Rule>(hn::CappedTag<float, 1>(), w + whole, g + whole, rest(m), rest(v), n - whole, step) && finite;
}

const OptimiserKernels& table() {
  static constexpr OptimiserKernels kTable{update<Plain>, update<Momentum>, update<Nesterov>, update<Adam>, update<Rmsprop>};
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
