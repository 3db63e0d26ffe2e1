#include "rectify/activation/kernels.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "rectify/activation/test_references.h"
#include "rectify/base/random.h"
#include "rectify/base/timing.h"
#include "rectify/base/ulp.h"
#include "rectify/formula/formula.h"
#include "rectify/simd/target.h"

namespace rectify {
namespace {

using test::Reference;
using test::references;
using test::square;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kDenormal = std::numeric_limits<float>::denorm_min();
constexpr float kSentinel = -777;

// The families with kernels, and where in them one has its name.
std::vector<Family> families() { return {lecture_family(), piecewise_family(), exponential_family(), gated_family()}; }

struct Place {
  Family family;
  size_t index = 0;
};

Place find(std::string_view name) {
  for (const Family& family : families()) {
    for (size_t i = 0; i < family.entries.size(); ++i) {
      if (family.entries[i].name == name) return {family, i};
    }
  }
  ADD_FAILURE() << "no kernel is called " << name;
  return {lecture_family(), 0};
}

TEST(Kernels, all_have_a_reference) {
  for (const Family& family : families()) {
    EXPECT_EQ(family.kernels().size(), family.entries.size());
    for (const CatalogueEntry& entry : family.entries) {
      EXPECT_TRUE(std::ranges::any_of(references(), [&](const Reference& r) { return r.name == entry.name; })) << entry.name;
    }
  }
}

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
  const Reference& reference_ = references()[std::get<0>(GetParam())];
  Place place_ = find(reference_.name);
  Kernels kernels_ = place_.family.kernels()[place_.index];
  size_t parameters_ = reference_.parameter_slopes.size();
  std::array<float, 2> values_{static_cast<float>(reference_.parameters[0]), static_cast<float>(reference_.parameters[1])};
  ParameterView view_{values_.data()};

  double f(float x) const { return std::isnan(x) ? x : reference_.f(x, reference_.parameters.data()); }
  double slope(float x) const { return std::isnan(x) ? x : reference_.slope(x, reference_.parameters.data()); }

  std::vector<float> forward(const std::vector<float>& x) const {
    std::vector<float> y(x.size());
    kernels_.forward(x.data(), y.data(), {1, x.size()}, view_);
    return y;
  }
  std::vector<float> grad(const std::vector<float>& x, const std::vector<float>& dy) const {
    std::vector<float> dx(x.size());
    kernels_.grad_from_input(x.data(), dy.data(), dx.data(), {1, x.size()}, view_);
    return dx;
  }
};

TEST_P(EveryKernel, has_parameter_slopes_where_its_formula_has_parameters) {
  EXPECT_EQ(kernels_.grad_parameters != nullptr, parameters_ != 0);
  EXPECT_EQ(parse_formula(place_.family.entries[place_.index].formula).parameters.size(), parameters_);
}

// Whether `got` is as near to `want` as promised: `ulp` for normal values, `units` of 2^-149 for others, or an absolute error.
bool is_near(float got, double want, double ulp, double units, double error) {
  return ulp_error(got, want) <= (std::abs(want) < 0x1p-126 ? units : ulp) || std::abs(got - want) <= error;
}

TEST(TwoSlopes, a_slope_of_zero_gives_zero_at_minus_infinity) {
  for (const char* function : {"leaky_relu", "prelu", "rrelu"}) {
    const Place place = find(function);
    for (const std::string& name : targets()) {
      const ScopedTarget target(name);
      const Kernels kernels = place.family.kernels()[place.index];
      const auto forward = [&](float slope, float x) {
        float y = kSentinel;
        kernels.forward(&x, &y, {1, 1}, {&slope});
        return y;
      };
      for (const float none : {0.0f, -0.0f}) {
        for (const float x : {-kInfinity, -std::numeric_limits<float>::max(), -1.0f})
          EXPECT_EQ(forward(none, x), 0) << function << x << name;
        EXPECT_EQ(forward(none, kInfinity), kInfinity) << function << " on " << name;
        EXPECT_TRUE(std::isnan(forward(none, NAN))) << function << " on " << name;
      }
      EXPECT_EQ(forward(0.01f, -kInfinity), -kInfinity) << function << " on " << name;
      EXPECT_EQ(forward(-1, -kInfinity), kInfinity) << function << " on " << name;
    }
  }
}

TEST(Swish, is_good_for_slopes_down_to_zero) {
  for (const std::string& name : targets()) {
    const ScopedTarget target(name);
    const Place place = find("swish");
    const Kernels kernels = place.family.kernels()[place.index];
    for (const float beta : {0.0f, 0.2f, 0.1f, -0.1f, 0.01f, 1e-3f, 1e-10f, -1e-20f, 1e-38f, 1e-40f}) {
      const double exact = beta;
      std::vector<float> x{kInfinity, -kInfinity, 0.0f, -0.0f};
      for (std::uint32_t bits = 1; bits < 0x7f800000; bits += 500009) {
        for (const std::uint32_t sign : {0u, 0x80000000u}) x.push_back(std::bit_cast<float>(bits | sign));
      }
      std::vector<float> y(x.size()), dx(x.size()), ones(x.size(), 1.0f);
      kernels.forward(x.data(), y.data(), {1, x.size()}, {&beta});
      kernels.grad_from_input(x.data(), ones.data(), dx.data(), {1, x.size()}, {&beta});
      for (size_t i = 0; i < x.size(); ++i) {
        const double want = beta == 0 ? x[i] / 2 : test::swish(x[i], &exact), slope = beta == 0 ? 0.5 : test::swish_slope(x[i], &exact);
        EXPECT_TRUE(is_near(y[i], want, 3, 1.5, 0))
            << name << " beta " << beta << ": f(" << x[i] << ") gives " << y[i] << ", true " << want;
        EXPECT_NEAR(dx[i], slope, 0x1p-22) << name << " beta " << beta << " at " << x[i];
      }
    }
  }
}

TEST_P(EveryKernel, stays_within_its_error_over_all_floats) {
  constexpr std::uint32_t kStride = 4099;
  const std::vector<float> ones(4096, 1.0f);
  std::vector<float> x(ones.size());
  for (std::uint64_t bits = 0; bits < (1ull << 32);) {
    for (float& value : x) value = std::bit_cast<float>(static_cast<std::uint32_t>(bits)), bits += kStride;
    const std::vector<float> y = forward(x), dx = grad(x, ones);
    for (size_t i = 0; i < x.size(); ++i) {
      const double value = f(x[i]), steepness = slope(x[i]);
      const double near_root = std::abs(x[i] - reference_.root) < 0.8 ? 0x1p-23 * reference_.steepest : 0;
      ASSERT_TRUE(is_near(y[i], value, reference_.forward_ulp, 1.5, 0)) << "f(" << x[i] << ") gives " << y[i] << ", true " << value;
      ASSERT_TRUE(is_near(dx[i], steepness, reference_.grad_ulp, std::fmax(1, reference_.grad_ulp), near_root))
          << "f'(" << x[i] << ") gives " << dx[i] << ", true " << steepness;
    }
  }
}

TEST_P(EveryKernel, is_exact_at_infinities_and_nan_and_gives_zeros_the_formulas_sign) {
  const std::vector<float> x{0.0f, -0.0f, kDenormal, -kDenormal, kInfinity, -kInfinity, NAN, -NAN};
  const std::vector<float> y = forward(x), dx = grad(x, std::vector<float>(x.size(), 2.0f));
  for (size_t i = 0; i < x.size(); ++i) {
    const double want = f(x[i]);
    const bool finite = std::isfinite(x[i]);
    EXPECT_LE(ulp_error(y[i], want), finite ? std::fmax(0.5, reference_.forward_ulp) : 0.5) << x[i];
    EXPECT_LE(ulp_error(dx[i], 2 * slope(x[i])), finite ? std::fmax(0.5, reference_.grad_ulp) : 0.5) << x[i];
    if (want == 0 && !std::isnan(x[i])) {
      EXPECT_EQ(std::signbit(y[i]), std::signbit(want)) << x[i];
    }
  }
}

TEST_P(EveryKernel, is_finite_for_finite_values) {
  std::vector<float> x;
  for (float size = kDenormal; size < 0x1p-126f; size *= 2) x.push_back(size), x.push_back(-size);
  for (float size = 0x1p-126f; size < kInfinity; size *= 1.37f) x.push_back(size), x.push_back(-size);
  x.push_back(std::numeric_limits<float>::max()), x.push_back(-x.back());
  const std::vector<float> y = forward(x), dx = grad(x, std::vector<float>(x.size(), 1.0f));
  for (size_t i = 0; i < x.size(); ++i) {
    EXPECT_TRUE(std::isfinite(y[i]) || std::abs(f(x[i])) > 3.4e38) << x[i];
    EXPECT_TRUE(std::isfinite(dx[i]) || std::abs(slope(x[i])) > 3.4e38) << x[i];
  }
}

TEST_P(EveryKernel, overflows_where_the_true_value_does) {
  const auto overflows = [this](float x) { return std::isinf(static_cast<float>(f(x))); };
  for (const float sign : {1.0f, -1.0f}) {
    std::uint32_t below = 0, above = 0x7f800000;  // bits of |x|
    if (!overflows(sign * std::numeric_limits<float>::max())) continue;
    while (above - below > 1) {
      const std::uint32_t middle = below + (above - below) / 2;
      (overflows(sign * std::bit_cast<float>(middle)) ? above : below) = middle;
    }
    std::vector<float> x;
    for (std::uint32_t bits = below - 3; bits <= above + 3; ++bits) x.push_back(sign * std::bit_cast<float>(bits));
    const std::vector<float> y = forward(x);
    for (size_t i = 0; i < x.size(); ++i) EXPECT_EQ(std::isinf(y[i]), overflows(x[i])) << x[i];
  }
}

TEST_P(EveryKernel, takes_no_longer_where_results_underflow) {
  constexpr size_t kCount = 2048;
  const std::vector<float> ones(kCount, 1.0f);
  const auto seconds_at = [&](float x) {
    const std::vector<float> inputs(kCount, x);
    std::vector<float> y(kCount);
    double least = 1;
    for (int round = 0; round < 20; ++round) {
      const Stopwatch watch;
      kernels_.forward(inputs.data(), y.data(), {1, kCount}, view_);
      kernels_.grad_from_input(inputs.data(), ones.data(), y.data(), {1, kCount}, view_);
      least = std::min(least, watch.seconds());
    }
    return least;
  };
  // Processors take ten times as long over a sum, product or quotient that underflows.
  const double usual = std::max(seconds_at(1.5f), seconds_at(-1.5f));
  std::vector<float> far{200.0f, -200.0f, 1e9f, -1e9f};
  // The left of these is an exponential, which is not to be computed on the right.
  if (std::string_view(reference_.name).ends_with("elu") && !std::string_view(reference_.name).ends_with("gelu")) far.push_back(72.0f);
  for (const float x : far) EXPECT_LE(seconds_at(x), 4 * usual) << x;
}

TEST_P(EveryKernel, upstream_gradient_is_multiplied_even_where_the_slope_is_zero) {
  EXPECT_TRUE(std::isnan(grad({-1.0f}, {NAN})[0]));
  EXPECT_TRUE(std::isnan(grad({NAN}, {0.0f})[0]));
  EXPECT_EQ(std::isnan(grad({-200.0f}, {kInfinity})[0]), std::abs(slope(-200)) < 0x1p-150);
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
      kernels_.forward(x.data() + offset, y.data() + offset, extent, view_);
      kernels_.forward(y_in_place.data() + offset, y_in_place.data() + offset, extent, view_);
      kernels_.grad_from_input(x.data() + offset, dy.data() + offset, dx.data() + offset, extent, view_);
      kernels_.grad_from_input(dx_in_x.data() + offset, dy.data() + offset, dx_in_x.data() + offset, extent, view_);
      kernels_.grad_from_input(x.data() + offset, dx_in_dy.data() + offset, dx_in_dy.data() + offset, extent, view_);
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

// The sums of one column, and of the sizes of their terms, added up one by one in double.
struct ColumnReference {
  double sum[6] = {}, size[6] = {};  // in the order of ColumnSums
  std::int64_t zero = 0, flat = 0;

  void add(double x, double y, double slope, double threshold) {
    const double terms[] = {x, x * x, y, y * y, x * y, slope * slope};
    for (int k = 0; k < 6; ++k) sum[k] += terms[k], size[k] += std::abs(terms[k]);
    zero += slope == 0;
    flat += std::abs(slope) < threshold;
  }
};

TEST_P(EveryKernel, recording_gives_the_same_values_and_the_sums_of_every_column) {
  const float threshold = 0.05f;
  for (const Extent extent : {Extent{1, 1}, Extent{16, 5}, Extent{65, 16}, Extent{130, 37}, Extent{64, 64}, Extent{0, 8}}) {
    const size_t n = extent.rows * extent.cols;
    std::vector<float> x = finite_samples(n, n);
    for (size_t i = 0; i < n; i += 7) x[i] *= 40;  // into saturation
    const std::vector<float> plain = forward(x), slopes = grad(x, std::vector<float>(n, 1.0f));

    std::vector<double> sums(6 * extent.cols, 1.0);  // begins at 1: sums are added to
    std::vector<std::int64_t> counts(2 * extent.cols, 1), bins(49, 1), want_bins(49, 1);
    const auto to = [&](std::vector<double>& s) {
      const auto column = [&](int k) { return s.data() + k * extent.cols; };
      return ColumnSums{column(0),   column(1), column(2), column(3), column(4), column(5), counts.data(), counts.data() + extent.cols,
                        bins.data(), threshold};
    };
    std::vector<float> y(n + 1, kSentinel), in_place = x;
    kernels_.forward_recording(x.data(), y.data(), extent, view_, to(sums));
    EXPECT_EQ(y[n], kSentinel);
    for (size_t i = 0; i < n; ++i) expect_same_bits(y[i], plain[i], "y", i);

    for (size_t c = 0; c < extent.cols; ++c) {
      ColumnReference want;
      for (size_t r = 0; r < extent.rows; ++r) {
        const size_t i = r * extent.cols + c;
        want.add(x[i], plain[i], slopes[i], threshold);
        if (r % kHistogramStride == 0) ++want_bins[histogram_bin(x[i])];
      }
      for (size_t k = 0; k < 6; ++k) EXPECT_NEAR(sums[k * extent.cols + c], 1 + want.sum[k], 1e-5 * (1 + want.size[k])) << "sum " << k;
      EXPECT_EQ(counts[c], 1 + want.zero);
      EXPECT_EQ(counts[extent.cols + c], 1 + want.flat);
    }
    EXPECT_EQ(bins, want_bins);

    std::vector<double> other_sums(6 * extent.cols, 1.0);
    kernels_.forward_recording(in_place.data(), in_place.data(), extent, view_, to(other_sums));
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
      x.data(), y.data(), {1, cols}, view_,
      {column(0), column(1), column(2), column(3), column(4), column(5), counts.data(), counts.data() + cols, bins.data(), 0.05f});
  for (const float value : x) ++want[histogram_bin(value)];
  EXPECT_EQ(bins, want);
}

TEST_P(EveryKernel, parameters_may_differ_from_column_to_column) {
  if (parameters_ == 0) return;
  for (const Extent extent : {Extent{3, 1}, Extent{7, 20}, Extent{130, 33}}) {
    const size_t n = extent.rows * extent.cols;
    const std::vector<float> x = finite_samples(n, 4), dy = finite_samples(n, 5);
    std::vector<float> p(parameters_ * extent.cols);
    for (size_t i = 0; i < p.size(); ++i) p[i] = 0.1f + 0.05f * static_cast<float>(i);
    const ParameterView view{p.data(), Sharing::kPerColumn};
    std::vector<float> y(n), dx(n), recorded(n), dp(p.size(), 1.0f);
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
      double mine[2] = {}, want_dp[2] = {1, 1}, size[2] = {1, 1}, want_dd = 0;
      for (size_t j = 0; j < parameters_; ++j) mine[j] = p[j * extent.cols + c];
      for (size_t r = 0; r < extent.rows; ++r) {
        const size_t i = r * extent.cols + c;
        const double value = reference_.f(x[i], mine), steepness = reference_.slope(x[i], mine);
        ASSERT_TRUE(is_near(y[i], value, reference_.forward_ulp + 2, 4, 0)) << "row " << r << ", column " << c;
        ASSERT_TRUE(is_near(dx[i], dy[i] * steepness, reference_.grad_ulp + 2, 6, 0x1p-22 * std::abs(dy[i])))
            << "row " << r << ", column " << c;
        want_dd += square(steepness);
        for (size_t j = 0; j < parameters_; ++j) {
          const double term = dy[i] * reference_.parameter_slopes[j](x[i], mine);
          want_dp[j] += term, size[j] += std::abs(term);
        }
      }
      for (size_t j = 0; j < parameters_; ++j) EXPECT_NEAR(dp[j * extent.cols + c], want_dp[j], 1e-6 * size[j]) << "column " << c;
      EXPECT_NEAR(sums[5 * extent.cols + c], want_dd, 1e-5 * (1 + want_dd)) << "column " << c;
    }
  }
}

TEST_P(EveryKernel, gradient_of_a_shared_parameter_is_the_sum_over_all_values) {
  if (parameters_ == 0) return;
  for (const size_t n : {size_t{0}, size_t{1}, size_t{19}, size_t{64}, size_t{5000}}) {
    const std::vector<float> x = finite_samples(n, 6), dy = finite_samples(n, 7);
    std::vector<float> dp(parameters_, 1.0f);
    kernels_.grad_parameters(x.data(), dy.data(), dp.data(), {1, n}, view_);
    for (size_t j = 0; j < parameters_; ++j) {
      double want = 1, size = 1;
      for (size_t i = 0; i < n; ++i) {
        const double term = dy[i] * reference_.parameter_slopes[j](x[i], reference_.parameters.data());
        want += term, size += std::abs(term);
      }
      EXPECT_NEAR(dp[j], want, 1e-6 * size) << "parameter " << j;
    }
  }
}

TEST_P(EveryKernel, parameter_slopes_are_limits_at_infinities_and_nan_for_nan) {
  for (size_t j = 0; j < parameters_; ++j) {
    for (const float x : {0.0f, -0.0f, 1e-3f, -1e-3f, 0.3f, -0.3f, 80.0f, -80.0f, 1e30f, -1e30f, kInfinity, -kInfinity, NAN}) {
      std::vector<float> dp(parameters_);
      const float one = 1;
      kernels_.grad_parameters(&x, &one, dp.data(), {1, 1}, view_);
      const double want = std::isnan(x) ? x : reference_.parameter_slopes[j](x, reference_.parameters.data());
      EXPECT_LE(ulp_error(dp[j], want), 24) << "parameter " << j << " at " << x;
    }
  }
}

std::string name_of(const testing::TestParamInfo<EveryKernel::ParamType>& test) {
  const size_t index = std::get<0>(test.param);
  const Reference& reference = references()[index];
  const auto before = std::count_if(references().begin(), references().begin() + static_cast<std::ptrdiff_t>(index),
                                    [&](const Reference& r) { return std::string_view(r.name) == reference.name; });
  return std::string(reference.name) + (before == 0 ? "" : "_" + std::to_string(before + 1)) + "_" + std::get<1>(test.param);
}

INSTANTIATE_TEST_SUITE_P(AllFamilies, EveryKernel,
                         testing::Combine(testing::Range(size_t{0}, references().size()), testing::ValuesIn(targets())), name_of);

}  // namespace
}  // namespace rectify
