#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cfloat>
#include <cmath>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "rectify/base/ulp.h"
#include "rectify/simd/target.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rectify/simd/math_test.cc"
#include <hwy/foreach_target.h>
//
#include "rectify/simd/math-inl.h"

#ifndef RECTIFY_SIMD_MATH_TEST_
#define RECTIFY_SIMD_MATH_TEST_
namespace rectify {
// y[i] = f(x[i]) for n values, n a multiple of 16.
using ArrayFunction = void (*)(const float* x, float* y, size_t n);
struct VectorFunction {
  const char* name;
  ArrayFunction run;
};
using PowerFunction = void (*)(const float* a, const float* b, float* y, size_t n);
}  // namespace rectify
#endif

HWY_BEFORE_NAMESPACE();
namespace rectify::HWY_NAMESPACE {

#define RECTIFY_VECTOR_FUNCTION(name)                                                                                   \
  {                                                                                                                     \
#name, [](const float* x, float* y, size_t n) HWY_ATTR {                                                              \
      const hn::ScalableTag<float> d;                                                                                     \
      for (size_t i = 0; i < n; i += hn::Lanes(d)) hn::StoreU(vec_##name(d, hn::LoadU(d, x + i)), d, y + i);              \
    } \
  }

std::span<const VectorFunction> vector_functions() {
  static const VectorFunction kAll[] = {
      RECTIFY_VECTOR_FUNCTION(exp),  RECTIFY_VECTOR_FUNCTION(expm1),   RECTIFY_VECTOR_FUNCTION(log),     RECTIFY_VECTOR_FUNCTION(log1p),
      RECTIFY_VECTOR_FUNCTION(sin),  RECTIFY_VECTOR_FUNCTION(cos),     RECTIFY_VECTOR_FUNCTION(tan),     RECTIFY_VECTOR_FUNCTION(atan),
      RECTIFY_VECTOR_FUNCTION(sinh), RECTIFY_VECTOR_FUNCTION(cosh),    RECTIFY_VECTOR_FUNCTION(tanh),    RECTIFY_VECTOR_FUNCTION(erf),
      RECTIFY_VECTOR_FUNCTION(erfc), RECTIFY_VECTOR_FUNCTION(sigmoid), RECTIFY_VECTOR_FUNCTION(softplus)};
  return kAll;
}

void power(const float* a, const float* b, float* y, size_t n) {
  const hn::ScalableTag<float> d;
  for (size_t i = 0; i < n; i += hn::Lanes(d)) hn::StoreU(vec_pow(d, hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, y + i);
}
PowerFunction power_function() { return power; }

}  // namespace rectify::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rectify {
HWY_EXPORT(vector_functions);
HWY_EXPORT(power_function);
namespace {

struct Reference {
  const char* name;
  double (*f)(double);
  double ulp;  // allowed in normal results; subnormal ones get 1.5 units of 2^-149
};

const Reference kReferences[] = {
    {"exp", std::exp, 1.1},
    {"expm1", std::expm1, 1.8},
    {"log", std::log, 0.9},
    {"log1p", std::log1p, 1.0},
    {"sin", std::sin, 1.8},
    {"cos", std::cos, 1.8},
    {"tan", std::tan, 3.6},
    {"atan", std::atan, 1.9},
    {"sinh", std::sinh, 1.7},
    {"cosh", std::cosh, 1.6},
    {"tanh", std::tanh, 2.0},
    {"erf", std::erf, 1.2},
    {"erfc", std::erfc, 3.5},
    {"sigmoid", [](double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }, 2.4},
    {"softplus", [](double x) { return std::fmax(x, 0) + std::log1p(std::exp(-std::abs(x))); }, 2.5},
};

class VectorMath : public testing::TestWithParam<std::string> {
 protected:
  ScopedTarget target_{GetParam()};
};

TEST_P(VectorMath, stays_within_its_error_over_all_floats) {
  const auto functions = RECTIFY_DISPATCH(vector_functions)();
  ASSERT_EQ(functions.size(), std::size(kReferences));
  constexpr std::uint32_t kStride = 4099, kBlock = 4096;
  std::vector<float> x(kBlock), y(kBlock);
  for (size_t f = 0; f < functions.size(); ++f) {
    const Reference& reference = kReferences[f];
    ASSERT_STREQ(functions[f].name, reference.name);
    double worst = 0;
    for (std::uint64_t bits = 0; bits < (1ull << 32);) {
      for (float& value : x) value = std::bit_cast<float>(static_cast<std::uint32_t>(bits)), bits += kStride;
      functions[f].run(x.data(), y.data(), kBlock);
      for (size_t i = 0; i < kBlock; ++i) {
        const double want = std::isnan(x[i]) ? x[i] : reference.f(x[i]), error = ulp_error(y[i], want);
        const double allowed = std::abs(want) < 0x1p-126 ? 1.5 : reference.ulp;
        ASSERT_LE(error, allowed) << reference.name << " of " << x[i] << " gives " << y[i] << ", true " << want;
        worst = std::max(worst, error);
      }
    }
    RecordProperty(reference.name, std::to_string(worst));
  }
}

TEST_P(VectorMath, is_exact_at_zeros_infinities_and_nan) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity(), kDenormal = std::numeric_limits<float>::denorm_min();
  const std::vector<float> x{0.0f,    -0.0f,    kInfinity, -kInfinity, std::nanf(""), -std::nanf(""), kDenormal, -kDenormal,
                             FLT_MAX, -FLT_MAX, FLT_MIN,   -FLT_MIN,   1.0f,          -1.0f,          88.72284f, 3.4e4f};
  std::vector<float> y(x.size());
  const auto functions = RECTIFY_DISPATCH(vector_functions)();
  for (size_t f = 0; f < functions.size(); ++f) {
    functions[f].run(x.data(), y.data(), x.size());
    for (size_t i = 0; i < x.size(); ++i) {
      const double want = kReferences[f].f(x[i]);
      EXPECT_LE(ulp_error(y[i], want), kReferences[f].ulp) << kReferences[f].name << " of " << x[i] << " gives " << y[i];
      if (x[i] == 0 && want == 0) {
        EXPECT_EQ(std::signbit(y[i]), std::signbit(want)) << kReferences[f].name << " of " << x[i];
      }
    }
  }
}

TEST_P(VectorMath, sin_cos_and_tan_keep_their_digits_next_to_multiples_of_a_quarter_turn) {
  std::vector<float> x(16), y(16);
  const auto functions = RECTIFY_DISPATCH(vector_functions)();
  for (int k = 1; k < 3000; ++k) {
    const float nearest = static_cast<float>(k * 1.5707963267948966);
    std::ranges::fill(x, nearest);
    for (const size_t f : {4, 5, 6}) {
      functions[f].run(x.data(), y.data(), x.size());
      ASSERT_LE(ulp_error(y[0], kReferences[f].f(nearest)), kReferences[f].ulp) << kReferences[f].name << " of " << nearest;
    }
  }
}

TEST_P(VectorMath, power_is_that_of_the_standard_library_and_nan_for_nan) {
  const std::vector<float> a{2, -2, -2, 0, -0.0f, 0, 9, NAN, 1, 1e30f, -8, 0.5f, INFINITY, 0, -1, 2},
      b{0.5f, 3, 0.5f, 2, 3, -1, 0.5f, 0, NAN, 2, 1.0f / 3, 149, -1, 0, INFINITY, -149};
  std::vector<float> y(16);
  RECTIFY_DISPATCH(power_function)()(a.data(), b.data(), y.data(), 16);
  for (size_t i = 0; i < 16; ++i) {
    const double want = std::isnan(a[i]) || std::isnan(b[i]) ? NAN : std::pow(double{a[i]}, double{b[i]});
    EXPECT_LE(ulp_error(y[i], want), 0.5) << a[i] << " ^ " << b[i];
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, VectorMath, testing::ValuesIn(targets()), [](const auto& target) { return target.param; });

}  // namespace
}  // namespace rectify
#endif
