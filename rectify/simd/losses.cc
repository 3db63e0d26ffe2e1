#include "rectify/simd/losses.h"

#include <cmath>
#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rectify/simd/losses.cc"
#include <hwy/foreach_target.h>
//
#include "rectify/simd/math-inl.h"
#include "rectify/simd/parts-inl.h"
#include "rectify/simd/target.h"

HWY_BEFORE_NAMESPACE();
namespace rectify::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using V = hn::Vec<Floats>;

/// The sum of the lanes that a part has.
template <class Part>
HWY_INLINE float sum_of_lanes(Part part, V v) {
  return hn::GetLane(hn::SumOfLanes(Floats(), within(part, v, hn::Zero(Floats()))));
}

HWY_FLATTEN float largest_of(const float* values, std::int64_t n) {
  const Floats d;
  V largest = hn::Set(d, -std::numeric_limits<float>::infinity());
  each_vector(n, [&](auto part, size_t i) HWY_ATTR { largest = within(part, hn::Max(largest, part.load(d, values + i)), largest); });
  return hn::GetLane(hn::MaxOfLanes(d, largest));
}

/// The sum of exp(x - largest); the terms are kept where `terms` is not null.
HWY_FLATTEN float exponentials(const float* x, float largest, std::int64_t n, float* terms) {
  const Floats d;
  V sum = hn::Zero(d);
  each_vector(n, [&](auto part, size_t i) HWY_ATTR {
    const V term = vec_exp(d, hn::Sub(part.load(d, x + i), hn::Set(d, largest)));
    if (terms != nullptr) part.store(term, d, terms + i);
    sum = hn::Add(sum, within(part, term, hn::Zero(d)));
  });
  return hn::GetLane(hn::SumOfLanes(d, sum));
}

HWY_FLATTEN double cross_entropy(const float* logits, const std::int32_t* labels, std::int64_t rows, std::int64_t classes,
                                 LabelTarget target, float scale, float* gradient) {
  const Floats d;
  double loss = 0;
  for (std::int64_t r = 0; r < rows; ++r, logits += classes) {
    const float largest = largest_of(logits, classes);
    const float sum = exponentials(logits, largest, classes, gradient);
    double wanted = target.on * (static_cast<double>(logits[labels[r]]) - largest);
    if (target.off != 0) {
      for (std::int64_t c = 0; c < classes; ++c) wanted += target.off * (static_cast<double>(logits[c]) - largest);
    }
    loss += std::log(static_cast<double>(sum)) - wanted;
    if (gradient == nullptr) continue;
    const V share = hn::Set(d, scale / sum), off = hn::Set(d, scale * target.off);
    each_vector(classes, [=](auto part, size_t i)
                             HWY_ATTR { part.store(hn::Sub(hn::Mul(part.load(d, gradient + i), share), off), d, gradient + i); });
    gradient[labels[r]] -= scale * target.on;
    gradient += classes;
  }
  return loss;
}

HWY_FLATTEN double binary_cross_entropy(const float* logits, const float* targets, std::int64_t n, float scale, float* gradient) {
  const Floats d;
  double loss = 0;
  each_vector(n, [&](auto part, size_t i) HWY_ATTR {
    const V z = part.load(d, logits + i), t = part.load(d, targets + i);
    // max(z, 0) - z t is exact for a target of 0 or 1, and the rest is small and positive.
    const V rest = log1p_of_fraction(d, vec_exp(d, hn::Neg(hn::Abs(z))));
    loss += sum_of_lanes(part, hn::Add(hn::Sub(at_least(z, hn::Zero(d)), hn::Mul(z, t)), rest));
    if (gradient != nullptr) part.store(hn::Mul(hn::Set(d, scale), hn::Sub(vec_sigmoid(d, z), t)), d, gradient + i);
  });
  return loss;
}

HWY_FLATTEN double squared_error(const float* outputs, const float* targets, std::int64_t n, float scale, float* gradient) {
  const Floats d;
  double loss = 0;
  each_vector(n, [&](auto part, size_t i) HWY_ATTR {
    const V error = hn::Sub(part.load(d, outputs + i), part.load(d, targets + i));
    loss += sum_of_lanes(part, hn::Mul(error, error));
    if (gradient != nullptr) part.store(hn::Mul(hn::Set(d, 2 * scale), error), d, gradient + i);
  });
  return loss;
}

const LossKernels& table() {
  static constexpr LossKernels kTable{cross_entropy, binary_cross_entropy, squared_error};
  return kTable;
}

}  // namespace
}  // namespace rectify::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rectify {

HWY_EXPORT(table);
const LossKernels& loss_kernels() { return RECTIFY_DISPATCH(table)(); }

}  // namespace rectify
#endif
