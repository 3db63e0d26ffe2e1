// The tables of a family of hand-written kernels, compiled once per SIMD target.
#if defined(RECTIFY_ACTIVATION_FAMILY_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef RECTIFY_ACTIVATION_FAMILY_INL_H_
#undef RECTIFY_ACTIVATION_FAMILY_INL_H_
#else
#define RECTIFY_ACTIVATION_FAMILY_INL_H_
#endif

#include "rectify/activation/loops-inl.h"
#include "rectify/activation/recording-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rectify::HWY_NAMESPACE {

template <class A>
constexpr Kernels kernels_of() {
  Kernels kernels{&Loops<A>::forward, &Loops<A>::grad_from_input, nullptr, &Recording<A>::forward};
  if constexpr (A::kParameters > 0) kernels.grad_parameters = &Loops<A>::grad_parameters;
  return kernels;
}

/// The entries of some kernels and what runs them, in the same order.
template <class... A>
struct FamilyOf {
  static constexpr CatalogueEntry kEntries[] = {A::kEntry...};
  static constexpr Kernels kKernels[] = {kernels_of<A>()...};
};

}  // namespace rectify::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
