#include "rectify/activation/kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <tuple>
#include <vector>

#include "rectify/base/random.h"
#include "rectify/base/ulp.h"
#include "rectify/simd/target.h"

namespace rectify {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kDenormal = std::numeric_limits<float>::denorm_min();
constexpr float kSentinel = -777;

// A definition in double that does not cancel, with its derivatives with respect to x and to the parameter, and the errors in ULP allowed
// in normal results.
struct Reference {
  const char* name;
  double (*f)(double x, double p);
  double (*slope)(double x, double p);
  double (*parameter_slope)(double x, double p);  // null without a parameter
  float parameter;
  double forward_ulp, grad_ulp;
};

double square(double x) { return x * x; }

const Reference kReferences[] = {
    {"linear", [](double x, double) { return x; }, [](double, double) { return 1.0; }, nullptr, 0, 0, 0},
    {"sigmoid", [](double x, double) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); },
     [](double x, double) { return std::exp(-std::abs(x)) / square(1 + std::exp(-std::abs(x))); }, nullptr, 0, 2.4, 2.5},
    {"tanh", [](double x, double) { return std::tanh(x); },
     [](double x, double) { return 4 * std::exp(-2 * std::abs(x)) / square(1 + std::exp(-2 * std::abs(x))); }, nullptr, 0, 2.0, 2.4},
    {"relu", [](double x, double) { return x > 0 ? x : 0; }, [](double x, double) { return x > 0 ? 1.0 : 0.0; }, nullptr, 0, 0, 0},
    {"leaky_relu", [](double x, double p) { return x > 0 ? x : p * x; }, [](double x, double p) { return x > 0 ? 1 : p; },
     [](double x, double) { return x > 0 ? 0 : x; }, 0.01f, 0.5, 0},
    {"prelu", [](double x, double p) { return x > 0 ? x : p * x; }, [](double x, double p) { return x > 0 ? 1 : p; },
     [](double x, double) { return x > 0 ? 0 : x; }, 0.25f, 0.5, 0},
    {"elu", [](double x, double p) { return x > 0 ? x : p * std::expm1(x); },
     [](double x, double p) { return x > 0 ? 1 : p * std::exp(x); }, [](double x, double) { return x > 0 ? 0 : std::expm1(x); }, 1, 1.1,
     1.1},
};

// Values with every sign and size, all special ones among them.
std::vector<float> samples(size_t n, std::uint64_t stream) {
  Random random(1, stream);
  const float special[] = {0.0f, -0.0f, kInfinity, -kInfinity, NAN, -NAN, kDenormal, -kDenormal, 100.0f, -100.0f, -87.5f, -103.9f};
  std::vector<float> x(n);
  for (size_t i = 0; i < n; ++i) x[i] = i % 5 == 4 ? special[i / 5 % std::size(special)] : static_cast<float>(3 * random.normal());
  return x;
}

std::vector<float> finite_samples(size_t n, std::uint64_t stream) {
  Random random(1, stream);
  std::vector<float> x(n);
  for (float& value : x) value = static_cast<float>(3 * random.normal());
  return x;
}

void expect_same_bits(float got, float want, const char* what, size_t i) {
  if (std::isnan(want)) {
    ASSERT_TRUE(std::isnan(got)) << what << " " << i;
  } else {
    ASSERT_EQ(std::bit_cast<std::uint32_t>(got), std::bit_cast<std::uint32_t>(want)) << what << " " << i << ": " << got << " " << want;
  }
}

class EveryKernel : public testing::TestWithParam<std::tuple<size_t, std::string>> {
 protected:
  ScopedTarget target_{std::get<1>(GetParam())};
  const Reference& reference_ = kReferences[std::get<0>(GetParam())];
  Kernels kernels_ = lecture_family().kernels()[std::get<0>(GetParam())];
  ParameterView parameter_{&reference_.parameter};

  std::vector<float> forward(const std::vector<float>& x) const {
    std::vector<float> y(x.size());
    kernels_.forward(x.data(), y.data(), {1, x.size()}, parameter_);
    return y;
  }
  std::vector<float> grad(const std::vector<float>& x, const std::vector<float>& dy) const {
    std::vector<float> dx(x.size());
    kernels_.grad_from_input(x.data(), dy.data(), dx.data(), {1, x.size()}, parameter_);
    return dx;
  }
};

TEST_P(EveryKernel, stands_beside_its_entry) {
  EXPECT_EQ(lecture_family().entries.size(), std::size(kReferences));
  EXPECT_EQ(lecture_family().kernels().size(), std::size(kReferences));
  EXPECT_EQ(lecture_family().entries[std::get<0>(GetParam())].name, reference_.name);
  EXPECT_EQ(kernels_.grad_parameters != nullptr, reference_.parameter_slope != nullptr);
}

TEST_P(EveryKernel, stays_within_its_error_over_all_floats) {
  constexpr std::uint32_t kStride = 4099;
  const std::vector<float> ones(4096, 1.0f);
  std::vector<float> x(ones.size());
  double worst_forward = 0, worst_grad = 0;
  const auto check = [&](const char* what, float at, float got, double want, double allowed, double& worst) {
    if (std::isnan(at)) want = at;
    const double error = ulp_error(got, want);
    ASSERT_LE(error, std::abs(want) < 0x1p-126 ? 1.5 : allowed) << what << " at " << at << " gives " << got << ", true " << want;
    worst = std::max(worst, error);
  };
  for (std::uint64_t bits = 0; bits < (1ull << 32);) {
    for (float& value : x) value = std::bit_cast<float>(static_cast<std::uint32_t>(bits)), bits += kStride;
    const std::vector<float> y = forward(x), dx = grad(x, ones);
    for (size_t i = 0; i < x.size(); ++i) {
      check("f", x[i], y[i], reference_.f(x[i], reference_.parameter), reference_.forward_ulp, worst_forward);
      check("f'", x[i], dx[i], reference_.slope(x[i], reference_.parameter), reference_.grad_ulp, worst_grad);
    }
    if (HasFatalFailure()) return;
  }
  RecordProperty("forward", std::to_string(worst_forward));
  RecordProperty("grad", std::to_string(worst_grad));
}

TEST_P(EveryKernel, is_exact_at_zeros_infinities_and_nan) {
  const std::vector<float> x{0.0f, -0.0f, kInfinity, -kInfinity, NAN, -NAN, kDenormal, -kDenormal};
  const std::vector<float> y = forward(x), dx = grad(x, std::vector<float>(x.size(), 2.0f));
  for (size_t i = 0; i < x.size(); ++i) {
    const double want = reference_.f(x[i], reference_.parameter);
    EXPECT_LE(ulp_error(y[i], std::isnan(x[i]) ? x[i] : want), 0.5) << x[i];
    EXPECT_LE(ulp_error(dx[i], std::isnan(x[i]) ? x[i] : 2 * reference_.slope(x[i], reference_.parameter)), 0.5) << x[i];
    if (x[i] == 0 && want == 0) {
      EXPECT_EQ(std::signbit(y[i]), std::signbit(x[i])) << "zeros keep their sign";
    }
  }
}

TEST_P(EveryKernel, upstream_gradient_is_multiplied_even_where_the_slope_is_zero) {
  EXPECT_TRUE(std::isnan(grad({-1.0f}, {NAN})[0]));
  EXPECT_TRUE(std::isnan(grad({NAN}, {0.0f})[0]));
  EXPECT_EQ(std::isnan(grad({-200.0f}, {kInfinity})[0]), reference_.slope(-200, reference_.parameter) < 0x1p-150);
}

TEST_P(EveryKernel, value_depends_on_neither_length_nor_place_nor_aliasing) {
  const size_t most = 67;
  const std::vector<float> x = samples(most + 3, 1), dy = finite_samples(most + 3, 2);
  std::vector<float> want_y(x.size()), want_dx(x.size());
  for (size_t i = 0; i < x.size(); ++i) want_y[i] = forward({x[i]})[0], want_dx[i] = grad({x[i]}, {dy[i]})[0];
  for (size_t offset = 0; offset < 4; ++offset) {
    for (size_t n = 0; n <= most; ++n) {
      const Extent extent{1, n};
      std::vector<float> y(x.size() + 1, kSentinel), dx(y), y_in_place(x), dx_in_x(x), dx_in_dy(dy);
      kernels_.forward(x.data() + offset, y.data() + offset, extent, parameter_);
      kernels_.forward(y_in_place.data() + offset, y_in_place.data() + offset, extent, parameter_);
      kernels_.grad_from_input(x.data() + offset, dy.data() + offset, dx.data() + offset, extent, parameter_);
      kernels_.grad_from_input(dx_in_x.data() + offset, dy.data() + offset, dx_in_x.data() + offset, extent, parameter_);
      kernels_.grad_from_input(x.data() + offset, dx_in_dy.data() + offset, dx_in_dy.data() + offset, extent, parameter_);
      for (size_t i = 0; i < x.size(); ++i) {
        const bool inside = i >= offset && i < offset + n;
        expect_same_bits(y[i], inside ? want_y[i] : kSentinel, "y", i);
        expect_same_bits(dx[i], inside ? want_dx[i] : kSentinel, "dx", i);
        expect_same_bits(y_in_place[i], inside ? want_y[i] : x[i], "y in place", i);
        expect_same_bits(dx_in_x[i], inside ? want_dx[i] : x[i], "dx in x", i);
        expect_same_bits(dx_in_dy[i], inside ? want_dx[i] : dy[i], "dx in dy", i);
      }
      if (HasFatalFailure()) return;
    }
  }
}

// The sums of one column, added up one by one in double.
struct ColumnReference {
  double x = 0, xx = 0, y = 0, yy = 0, xy = 0, dd = 0;
  std::int64_t zero = 0, flat = 0;
};

TEST_P(EveryKernel, recording_gives_the_same_values_and_the_sums_of_every_column) {
  const float threshold = 0.05f;
  for (const Extent extent : {Extent{1, 1}, Extent{16, 5}, Extent{65, 16}, Extent{130, 37}, Extent{64, 64}, Extent{0, 8}}) {
    const size_t n = extent.rows * extent.cols;
    std::vector<float> x = finite_samples(n, n);
    for (size_t i = 0; i < n; i += 7) x[i] *= 40;  // into saturation
    const std::vector<float> plain = forward(x), slope = grad(x, std::vector<float>(n, 1.0f));

    std::vector<double> sums(6 * extent.cols, 1.0);  // begins at 1: sums are added to
    std::vector<std::int64_t> counts(2 * extent.cols, 1), bins(49, 1), want_bins(49, 1);
    const auto column = [&](int k) { return sums.data() + k * extent.cols; };
    const ColumnSums to{column(0),   column(1), column(2), column(3), column(4), column(5), counts.data(), counts.data() + extent.cols,
                        bins.data(), threshold};
    std::vector<float> y(n + 1, kSentinel), in_place = x;
    kernels_.forward_recording(x.data(), y.data(), extent, parameter_, to);
    EXPECT_EQ(y[n], kSentinel);
    for (size_t i = 0; i < n; ++i) expect_same_bits(y[i], plain[i], "y", i);

    for (size_t c = 0; c < extent.cols; ++c) {
      ColumnReference want;
      for (size_t r = 0; r < extent.rows; ++r) {
        const size_t i = r * extent.cols + c;
        const double a = x[i], b = plain[i], s = slope[i];
        want.x += a, want.xx += a * a, want.y += b, want.yy += b * b, want.xy += a * b, want.dd += s * s;
        want.zero += s == 0, want.flat += std::abs(s) < threshold;
        if (r % kHistogramStride == 0) ++want_bins[histogram_bin(x[i])];
      }
      const double rounding = 1e-5 * (1 + want.xx);
      EXPECT_NEAR(to.x[c], 1 + want.x, rounding);
      EXPECT_NEAR(to.xx[c], 1 + want.xx, rounding);
      EXPECT_NEAR(to.y[c], 1 + want.y, rounding);
      EXPECT_NEAR(to.yy[c], 1 + want.yy, rounding);
      EXPECT_NEAR(to.xy[c], 1 + want.xy, rounding);
      EXPECT_NEAR(to.dd[c], 1 + want.dd, rounding);
      EXPECT_EQ(to.zero[c], 1 + want.zero);
      EXPECT_EQ(to.flat[c], 1 + want.flat);
    }
    EXPECT_EQ(bins, want_bins);

    std::vector<double> other_sums(6 * extent.cols, 1.0);
    const auto other = [&](int k) { return other_sums.data() + k * extent.cols; };
    kernels_.forward_recording(
        in_place.data(), in_place.data(), extent, parameter_,
        {other(0), other(1), other(2), other(3), other(4), other(5), counts.data(), counts.data() + extent.cols, bins.data(), threshold});
    EXPECT_EQ(in_place, plain);
    EXPECT_EQ(other_sums, sums) << "recording in place";
    if (HasFatalFailure()) return;
  }
}

TEST_P(EveryKernel, histogram_counts_every_kind_of_value) {
  std::vector<float> x = samples(60, 3);
  for (int e = -149; e < 128; ++e) {
    for (const float mantissa : {1.0f, 1.999f}) x.push_back(std::ldexp(mantissa, e)), x.push_back(-x.back());
  }
  const size_t cols = x.size();
  std::vector<double> sums(6 * cols);
  std::vector<std::int64_t> counts(2 * cols), bins(49), want(49);
  const auto column = [&](int k) { return sums.data() + k * cols; };
  std::vector<float> y(cols);
  kernels_.forward_recording(
      x.data(), y.data(), {1, cols}, parameter_,
      {column(0), column(1), column(2), column(3), column(4), column(5), counts.data(), counts.data() + cols, bins.data(), 0.05f});
  for (const float value : x) ++want[histogram_bin(value)];
  EXPECT_EQ(bins, want);
}

TEST_P(EveryKernel, parameters_may_differ_from_column_to_column) {
  if (reference_.parameter_slope == nullptr) return;
  for (const Extent extent : {Extent{3, 1}, Extent{7, 20}, Extent{130, 33}}) {
    const size_t n = extent.rows * extent.cols;
    const std::vector<float> x = finite_samples(n, 4), dy = finite_samples(n, 5);
    std::vector<float> p(extent.cols);
    for (size_t c = 0; c < extent.cols; ++c) p[c] = 0.1f + 0.05f * static_cast<float>(c);
    const ParameterView view{p.data(), Sharing::kPerColumn};
    std::vector<float> y(n), dx(n), recorded(n), dp(extent.cols, 1.0f);
    std::vector<double> sums(6 * extent.cols);
    std::vector<std::int64_t> counts(2 * extent.cols), bins(49);
    const auto column = [&](int k) { return sums.data() + k * extent.cols; };
    kernels_.forward(x.data(), y.data(), extent, view);
    kernels_.grad_from_input(x.data(), dy.data(), dx.data(), extent, view);
    kernels_.grad_parameters(x.data(), dy.data(), dp.data(), extent, view);
    kernels_.forward_recording(
        x.data(), recorded.data(), extent, view,
        {column(0), column(1), column(2), column(3), column(4), column(5), counts.data(), counts.data() + extent.cols, bins.data(), 0.05f});
    EXPECT_EQ(recorded, y);
    for (size_t c = 0; c < extent.cols; ++c) {
      double want_dp = 1, size = 1, want_dd = 0;
      for (size_t r = 0; r < extent.rows; ++r) {
        const size_t i = r * extent.cols + c;
        ASSERT_LE(ulp_error(y[i], reference_.f(x[i], p[c])), 2) << "row " << r << ", column " << c;
        ASSERT_LE(ulp_error(dx[i], dy[i] * reference_.slope(x[i], p[c])), 2) << "row " << r << ", column " << c;
        const double term = dy[i] * reference_.parameter_slope(x[i], p[c]);
        want_dp += term, size += std::abs(term), want_dd += square(reference_.slope(x[i], p[c]));
      }
      EXPECT_NEAR(dp[c], want_dp, 1e-6 * size) << "column " << c;
      EXPECT_NEAR(sums[5 * extent.cols + c], want_dd, 1e-5 * (1 + want_dd)) << "column " << c;
    }
  }
}

TEST_P(EveryKernel, gradient_of_a_shared_parameter_is_the_sum_over_all_values) {
  if (reference_.parameter_slope == nullptr) return;
  for (const size_t n : {size_t{0}, size_t{1}, size_t{19}, size_t{64}, size_t{5000}}) {
    const std::vector<float> x = finite_samples(n, 6), dy = finite_samples(n, 7);
    float dp = 1;
    kernels_.grad_parameters(x.data(), dy.data(), &dp, {1, n}, parameter_);
    double want = 1, size = 1;
    for (size_t i = 0; i < n; ++i) {
      const double term = dy[i] * reference_.parameter_slope(x[i], reference_.parameter);
      want += term, size += std::abs(term);
    }
    EXPECT_NEAR(dp, want, 1e-6 * size);
  }
  float dp = 0;
  const float nan = NAN, one = 1;
  kernels_.grad_parameters(&nan, &one, &dp, {1, 1}, parameter_);
  EXPECT_TRUE(std::isnan(dp));
}

TEST_P(EveryKernel, subnormal_slopes_are_rounded_once_whatever_the_parameter) {
  if (std::string(reference_.name) != "elu") return;
  const float alpha = 100;
  for (float x = -112; x < -87; x += 0.01f) {
    float dx;
    const float one = 1;
    kernels_.grad_from_input(&x, &one, &dx, {1, 1}, {&alpha});
    ASSERT_LE(ulp_error(dx, alpha * std::exp(double{x})), 1.5) << x;
  }
}

INSTANTIATE_TEST_SUITE_P(Lecture, EveryKernel,
                         testing::Combine(testing::Range(size_t{0}, std::size(kReferences)), testing::ValuesIn(targets())),
                         [](const auto& kernel) {
                           return std::string(kReferences[std::get<0>(kernel.param)].name) + "_" + std::get<1>(kernel.param);
                         });

}  // namespace
}  // namespace rectify
