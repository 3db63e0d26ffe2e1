#include "rectify/activation/activation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "rectify/base/error.h"
#include "rectify/base/ulp.h"
#include "rectify/formula/derivative.h"
#include "rectify/simd/target.h"

namespace rectify {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string error_of(const std::string& spec) {
  try {
    Activation activation(spec);
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(Spec, names_parameters_and_formulas) {
  EXPECT_EQ(Activation("relu").name(), "relu");
  EXPECT_EQ(Activation(" elu( alpha = 0.5 ) ").spec(), "elu(alpha=0.5)");
  EXPECT_DOUBLE_EQ(Activation("elu(alpha=0.5)").value(-1), 0.5 * std::expm1(-1));
  EXPECT_DOUBLE_EQ(Activation("leaky_relu(slope=1/4)").value(-1), -0.25);
  EXPECT_EQ(Activation("leaky_relu(slope=0.01)").spec(), "leaky_relu");
  EXPECT_TRUE(Activation("prelu").learns());
  EXPECT_TRUE(Activation("leaky_relu(slope=0.1 learn)").learns());
  EXPECT_EQ(Activation("leaky_relu(slope=0.1 learn)").spec(), "leaky_relu(slope=0.1 learn)");
  EXPECT_DOUBLE_EQ(Activation("x * tanh(softplus(x))").value(1), std::tanh(std::log1p(std::exp(1.0))));
  EXPECT_DOUBLE_EQ(Activation("relu(x + 1) - elu(x, alpha=2)").value(-3), -2 * std::expm1(-3));
  const Activation mine("mine = x * sigmoid(b*x); b = 1 learn");
  EXPECT_EQ(mine.name(), "mine");
  EXPECT_TRUE(mine.learns());
  EXPECT_EQ(Activation(mine.spec()).value(0.3), mine.value(0.3));
  EXPECT_EQ(Activation("x").value(3), 3);
}

TEST(Spec, bad_ones_get_a_clear_error) {
  EXPECT_EQ(error_of("rleu"), "[activation] unknown activation \"rleu\"; did you mean relu?");
  EXPECT_THAT(error_of("rleu(slope=1)"), HasSubstr("unknown activation \"rleu\""));
  EXPECT_THAT(error_of("leaky_relu(0.2)"), HasSubstr("does not depend on x; parameters are given by name"));
  EXPECT_THAT(error_of("elu(beta=1)"), HasSubstr("elu has no parameter \"beta\": it has alpha"));
  EXPECT_THAT(error_of("elu(alpha=0.5, alpha=0.6)"), HasSubstr("alpha is given twice in elu(alpha=0.5, alpha=0.6)"));
  EXPECT_THAT(error_of("relu(beta=1)"), HasSubstr("relu has no parameter \"beta\": it has none"));
  EXPECT_THAT(error_of("elu(alpha=one)"), HasSubstr("alpha of elu is \"one\", wanted a number"));
  EXPECT_THAT(error_of("maxout"), HasSubstr("maxout is a layer of its own"));
  EXPECT_THAT(error_of("x * y"), HasSubstr("unknown name \"y\""));
  EXPECT_THAT(error_of(""), HasSubstr("formula is empty"));
  EXPECT_THAT(error_of("3"), HasSubstr("does not depend on x"));
  EXPECT_THAT(error_of("leaky_relu(slope=1e39)"), HasSubstr("slope = 1e+39 in \"leaky_relu(slope=1e+39)\" is out of the range of floats"));
  EXPECT_THAT(error_of("snake(a=0)"), HasSubstr("not finite at x = 1 and x = -1 for a = 0"));
  EXPECT_THAT(error_of("softplus(beta=0)"), HasSubstr("not finite at x = 1 and x = -1 for beta = 0"));
  EXPECT_THAT(error_of("softplus(beta=1e-46)"), HasSubstr("out of the range of floats, which is from 1.4e-45"));
  EXPECT_THAT(error_of("celu(alpha=0)"), HasSubstr("not finite at x = -1 for alpha = 0"));
  for (const char* spec : {"hard_tanh(min=2)", "hard_tanh(min=2, max=1)"}) {
    EXPECT_EQ(error_of(spec), "[activation] min = 2 has to be below max = 1 in \"hard_tanh(min=2)\"; give a lower min or a higher max");
  }
  EXPECT_EQ(error_of("hard_tanh(min=2, max=3)"), "no error");
}

TEST(Facts, of_the_lectures_activations) {
  const Facts sigmoid = Activation("sigmoid").facts();
  EXPECT_EQ(sigmoid.lower, 0);
  EXPECT_EQ(sigmoid.upper, 1);
  EXPECT_TRUE(sigmoid.monotone);
  EXPECT_EQ(sigmoid.saturates, Saturates::kBoth);
  EXPECT_EQ(sigmoid.sup_slope, 0.25);
  EXPECT_TRUE(sigmoid.kinks.empty());

  const Facts relu = Activation("relu").facts();
  EXPECT_EQ(relu.lower, 0);
  EXPECT_EQ(relu.upper, kInfinity);
  EXPECT_EQ(relu.saturates, Saturates::kLeft);
  EXPECT_THAT(relu.kinks, ElementsAre(0));

  EXPECT_EQ(Activation("leaky_relu").facts().saturates, Saturates::kNone);
  EXPECT_EQ(Activation("tanh").facts().lower, -1);
  EXPECT_EQ(Activation("elu").facts().lower, -1);
  EXPECT_EQ(Activation("elu").facts().saturates, Saturates::kLeft);
  EXPECT_TRUE(Activation("elu").facts().kinks.empty());
  EXPECT_THAT(Activation("elu(alpha=0.5)").facts().kinks, ElementsAre(0));
}

TEST(Facts, of_typed_formulas) {
  const Facts gelu = Activation("0.5 * x * erfc(-x / sqrt(2))").facts();
  EXPECT_NEAR(gelu.lower, -0.16997120747990369, 1e-15);  // the minimum of x Phi(x)
  EXPECT_NEAR(gelu.sup_slope, 1.1289041451, 1e-9);
  EXPECT_FALSE(gelu.monotone);
  EXPECT_EQ(gelu.saturates, Saturates::kLeft);
  EXPECT_THAT(Activation("clip(x / 6 + 0.5, 0, 1)").facts().kinks, ElementsAre(-3, testing::DoubleNear(3, 1e-12)));
  EXPECT_THAT(Activation("x > 1 / 3 ? 1 + x : 0").facts().kinks, ElementsAre(testing::DoubleNear(1.0 / 3, 1e-12)));
  EXPECT_EQ(Activation("floor(x) / 2").facts().kinks.size(), 128u);  // 65 integers but for those on the border
  const Facts square = Activation("max(x, 0)^2").facts();
  EXPECT_EQ(square.sup_slope, kInfinity);
  EXPECT_NEAR(square.flat_threshold, 0.05 * 6, 1e-9);
  EXPECT_EQ(Activation("x / sqrt(1 + x^2)").facts().upper, 1);
}

TEST(Facts, of_functions_that_are_not_everywhere) {
  const Facts pole = Activation("1 / x").facts();
  EXPECT_EQ(pole.lower, -kInfinity);
  EXPECT_EQ(pole.upper, kInfinity);
  EXPECT_FALSE(pole.monotone);
  EXPECT_EQ(Activation("1 / (x - 0.3)").facts().lower, -kInfinity);
  EXPECT_EQ(Activation("log(x)").facts().saturates, Saturates::kRight);
  EXPECT_TRUE(std::isnan(Activation("sqrt(-1) * x").facts().upper));
  const Facts tangent = Activation("tan(x)").facts();
  EXPECT_EQ(tangent.lower, -kInfinity);
  EXPECT_EQ(tangent.upper, kInfinity);
  EXPECT_EQ(Activation("x > 0 ? x : 0 / 0").facts().lower, 0);
  EXPECT_NEAR(Activation("1 / (1e-8 + (x - 0.3)^2)").facts().upper, 1e8, 1) << "steep, but no pole";
}

TEST(Facts, of_swings_that_grow_without_end_are_infinite) {
  for (const char* spec : {"x * sin(x)", "sin(x) * log1p(abs(x))", "floor(x) * sin(x)"}) {
    const Facts facts = Activation(spec).facts();
    EXPECT_EQ(facts.lower, -kInfinity) << spec;
    EXPECT_EQ(facts.upper, kInfinity) << spec;
    EXPECT_EQ(facts.sup_slope, kInfinity) << spec;
    EXPECT_EQ(facts.saturates, Saturates::kNone) << spec;
  }
  EXPECT_NEAR(Activation("x * sin(x)").facts().flat_threshold, 0.05 * 2.82886, 1e-6) << "of the maximum on [-3, 3]";
  const Facts chirp = Activation("sin(x^2)").facts();
  EXPECT_EQ(chirp.lower, -1);
  EXPECT_EQ(chirp.upper, 1);
  EXPECT_EQ(chirp.sup_slope, kInfinity);
  EXPECT_EQ(Activation("x^2 * sin(x)^2").facts().lower, 0);
}

TEST(Facts, of_swings_that_stay_within_bounds_are_not) {
  for (const char* spec : {"sin(x)", "sin(x / 1e9)", "-2 - cos(x)", "1 / (1.0001 + sin(x))", "cos(x) * (1 - 1 / log(3 + abs(x)))"}) {
    const Facts facts = Activation(spec).facts();
    EXPECT_TRUE(std::isfinite(facts.lower)) << spec;
    EXPECT_TRUE(std::isfinite(facts.upper)) << spec;
    EXPECT_TRUE(std::isfinite(facts.sup_slope)) << spec;
  }
}

TEST(KnownAs, finds_equal_functions) {
  EXPECT_EQ(known_as(Activation("relu(x) - 0.01 * relu(-x)")), "leaky_relu");
  EXPECT_EQ(known_as(Activation("1 / (1 + exp(-x))")), "sigmoid");
  EXPECT_EQ(known_as(Activation("leaky_relu(slope=0)")), "relu");
  for (const char* other :
       {"clip(x, 0, 30)", "min(relu(x), 25)", "relu(x) + relu(x - 21)", "x > 50 ? 0 : tanh(x)", "x + 1e-10", "sqrt(x)^2", "x * cos(x)",
        "x > 0.01 ? x : 0", "x > 1e-5 ? x : 0", "hard_shrink(lambda=0.01)", "clip(x, -1e6, 1e6)", "min(max(x, 0), 1e6)"}) {
    EXPECT_EQ(known_as(Activation(other)), std::nullopt) << other;
  }
}

TEST(Squareplus, without_its_rounding_is_relu) {
  const Activation relu("relu"), sharp("squareplus(b=0)");
  const std::vector<float> x{-3, -0x1p-100f, -0.0f, 0, 0x1p-100f, 3}, ones(x.size(), 1);
  for (const double at : x) {
    EXPECT_EQ(sharp.value(at), relu.value(at)) << at;
    EXPECT_EQ(sharp.slope(at), relu.slope(at)) << at;
  }
  for (const std::string& target : targets()) {
    const ScopedTarget on(target);
    std::vector<float> y(x.size()), dx(x.size());
    sharp.forward(x.data(), y.data(), x.size());
    sharp.grad_from_input(x.data(), ones.data(), dx.data(), x.size());
    EXPECT_THAT(y, ElementsAre(0, 0, 0, 0, 0x1p-100f, 3)) << target;
    EXPECT_THAT(dx, ElementsAre(0, 0, 0, 0, 1, 1)) << target;
  }
  EXPECT_DOUBLE_EQ(sharp.parameter_slope(-1, 0), 0.25) << "b can be learnt from there";
  EXPECT_EQ(Activation("squareplus").slope(0), 0.5);
}

TEST(Histogram, bins_by_sign_and_exponent) {
  EXPECT_EQ(histogram_bin(0.0f), 24);
  EXPECT_EQ(histogram_bin(0x1p-13f), 24);
  EXPECT_EQ(histogram_bin(0x1p-12f), 25);
  EXPECT_EQ(histogram_bin(-0x1p-12f), 23);
  EXPECT_EQ(histogram_bin(1.5f), 37);
  EXPECT_EQ(histogram_bin(1e30f), 48);
  EXPECT_EQ(histogram_bin(-std::numeric_limits<float>::infinity()), 0);
}

/// The catalogue on every target, with hand-written kernels and as tiles.
class EveryActivation : public testing::TestWithParam<std::tuple<std::string, std::string, Implementation>> {
 protected:
  EveryActivation()
      : target_(std::get<1>(GetParam())),
        activation_(std::get<2>(GetParam()) == Implementation::kTiles ? Activation(std::get<0>(GetParam())).as_tiles()
                                                                      : Activation(std::get<0>(GetParam()))) {}
  ScopedTarget target_;
  Activation activation_;
};

/// Every `stride`-th bit pattern, infinities and NaN among them, and the neighbourhood of 0 and 1.
std::vector<float> inputs(std::uint32_t stride) {
  std::vector<float> x;
  for (std::uint64_t bits = 0; bits <= 0xffffffff; bits += stride) x.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  for (const float special :
       {0.0f, -0.0f, 0x1p-149f, -0x1p-149f, 0x1p-126f, 1.0f, -1.0f, 3.4028235e38f, -3.4028235e38f, INFINITY, -INFINITY, NAN}) {
    x.push_back(special);
  }
  return x;
}

/// What a few ULP of error in x do to a value whose relative derivative is `magnified`, as long as that leaves digits.
double slack(double value, double magnified, double size) {
  const double most = 64 * std::max(std::abs(value), size);
  return 0x1p-20 * (std::abs(value) + (std::isfinite(magnified) ? std::min(std::abs(magnified), most) : 0));
}

TEST_P(EveryActivation, agrees_with_the_formula) {
  const std::vector<float> x = inputs(65537);
  std::vector<float> y(x.size()), dy(x.size(), 1.0f), dx(x.size());
  activation_.forward(x.data(), y.data(), x.size());
  activation_.grad_from_input(x.data(), dy.data(), dx.data(), x.size());
  const Program curvature = lower(derivative(activation_.derivative()));
  std::vector<double> parameters;
  for (const FormulaParameter& p : activation_.parameters()) parameters.push_back(p.value);
  for (std::size_t i = 0; i < x.size(); ++i) {
    // What a few ULP of error in x would do, and near a root as good as x or the slopes around. Kernels are held to more: see
    // kernels_test.cc and accuracy/sample.
    const Bounded value = activation_.value_bounded(x[i]), slope = activation_.slope_bounded(x[i]);
    const double size = std::abs(x[i]);
    const double value_slack = 4 * slack(value.value, size * slope.value, std::min(1.0, size)) + 0x1p-21 * size;
    const double slope_slack = 4 * slack(slope.value, size * evaluate(curvature, x[i], parameters), 1) + 0x1p-21;
    EXPECT_TRUE(ulp_error(y[i], value.value) <= 8 || std::abs(y[i] - value.value) <= value_slack + value.error)
        << "f(" << x[i] << ") gave " << y[i] << ", not " << value.value;
    EXPECT_TRUE(ulp_error(dx[i], slope.value) <= 8 || std::abs(dx[i] - slope.value) <= slope_slack + slope.error)
        << "f'(" << x[i] << ") gave " << dx[i] << ", not " << slope.value;
  }
}

TEST_P(EveryActivation, is_a_number_for_every_finite_x_and_tends_to_its_limits) {
  std::vector<float> x;
  for (int exponent = -149; exponent <= 127; ++exponent) {
    for (const float size : {1.0f, 1.7f}) x.insert(x.end(), {std::ldexp(size, exponent), -std::ldexp(size, exponent)});
  }
  std::vector<float> y(x.size()), dy(x.size(), 1.0f), dx(x.size());
  activation_.forward(x.data(), y.data(), x.size());
  activation_.grad_from_input(x.data(), dy.data(), dx.data(), x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    ASSERT_FALSE(std::isnan(y[i])) << "f(" << x[i] << ")";
    ASSERT_FALSE(std::isnan(dx[i])) << "f'(" << x[i] << ")";
    if (std::abs(x[i]) < 1e25f) continue;
    const double infinity = std::copysign(kInfinity, x[i]), value = activation_.value(infinity), slope = activation_.slope(infinity);
    EXPECT_TRUE(!std::isfinite(value) || std::abs(y[i] - value) <= 1e-6 * std::abs(value) + 1e-24) << "f(" << x[i] << ") gave " << y[i];
    EXPECT_TRUE(!std::isfinite(slope) || std::abs(dx[i] - slope) <= 1e-6 * std::abs(slope) + 1e-24) << "f'(" << x[i] << ") gave " << dx[i];
  }
}

TEST_P(EveryActivation, does_not_depend_on_position_length_or_place) {
  const std::size_t most = 300;
  std::vector<float> x(most);
  for (std::size_t i = 0; i < most; ++i) x[i] = static_cast<float>(std::sin(i * 1.7) * 4);
  x[7] = INFINITY;
  x[100] = NAN;
  std::vector<float> want(most);
  activation_.forward(x.data(), want.data(), most);
  for (const std::size_t length : {0, 1, 3, 15, 16, 17, 31, 64, 100, 255, 256, 257}) {
    for (const std::size_t offset : {0, 1, 5}) {
      std::vector<float> y(most + 1, -7.0f);
      activation_.forward(x.data() + offset, y.data() + offset, length);
      std::vector<float> in_place = x;
      activation_.forward(in_place.data() + offset, in_place.data() + offset, length);
      for (std::size_t i = offset; i < offset + length; ++i) {
        ASSERT_EQ(std::bit_cast<std::uint32_t>(y[i]), std::bit_cast<std::uint32_t>(want[i])) << i;
        ASSERT_EQ(std::bit_cast<std::uint32_t>(in_place[i]), std::bit_cast<std::uint32_t>(want[i])) << i;
      }
      ASSERT_EQ(y[offset + length], -7.0f);
    }
  }
}

/// Holds a recording pass to forward(), to grad_from_input() and to sums in double.
void expect_recording_right(const Activation& activation, Extent extent, Sharing sharing) {
  const auto [rows, cols] = extent;
  std::vector<float> x(rows * cols);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(std::sin(i * 0.37) * 5);
  std::vector<float> parameters;
  for (const FormulaParameter& p : activation.parameters()) {
    for (std::size_t c = 0; c < (sharing == Sharing::kShared ? 1 : cols); ++c) {
      parameters.push_back(static_cast<float>(p.value * (1 + 0.001 * static_cast<double>(c))));
    }
  }
  const ParameterView p{parameters.data(), sharing};
  std::vector<float> plain(x.size()), recorded = x, slope(x.size()), ones(x.size(), 1.0f);
  activation.forward(x.data(), plain.data(), extent, p);
  activation.grad_from_input(x.data(), ones.data(), slope.data(), extent, p);
  std::vector<std::vector<double>> s(6, std::vector<double>(cols));
  std::vector<std::int64_t> zero(cols), flat(cols), histogram(49);
  const float threshold = static_cast<float>(activation.facts().flat_threshold);
  activation.forward_recording(recorded.data(), recorded.data(), extent, p,
                               {s[0].data(), s[1].data(), s[2].data(), s[3].data(), s[4].data(), s[5].data(), zero.data(), flat.data(),
                                histogram.data(), threshold});
  EXPECT_EQ(plain, recorded);
  std::vector<std::int64_t> want_histogram(49);
  for (std::size_t c = 0; c < cols; ++c) {
    double want[6] = {};
    std::int64_t zeros = 0, flats = 0;
    for (std::size_t r = 0; r < rows; ++r) {
      const std::size_t i = r * cols + c;
      const double xi = x[i], yi = plain[i], di = slope[i];
      const double terms[] = {xi, xi * xi, yi, yi * yi, xi * yi, di * di};
      for (int k = 0; k < 6; ++k) want[k] += terms[k];
      zeros += di == 0;
      flats += std::abs(slope[i]) < threshold;
      if (r % kHistogramStride == 0) ++want_histogram[histogram_bin(x[i])];
    }
    for (int k = 0; k < 6; ++k) EXPECT_NEAR(s[k][c], want[k], 1e-4 * (1 + std::abs(want[k]))) << "sum " << k;
    EXPECT_EQ(zero[c], zeros);
    EXPECT_EQ(flat[c], flats);
  }
  EXPECT_EQ(histogram, want_histogram);
}

TEST_P(EveryActivation, recording_changes_nothing_and_counts_right) {
  // Rows that fill no vector, many of them, wide ones, a single one, none of either.
  for (const Extent extent : {Extent{37, 67}, Extent{1500, 3}, Extent{20, 300}, Extent{1, 70}, Extent{3, 0}, Extent{0, 5}}) {
    SCOPED_TRACE(extent.cols);
    expect_recording_right(activation_, extent, Sharing::kShared);
    expect_recording_right(activation_, extent, Sharing::kPerColumn);
  }
}

TEST_P(EveryActivation, parameters_may_differ_by_column) {
  const std::size_t parameters = activation_.parameters().size(), rows = 5, cols = 35;
  if (parameters == 0) return;
  std::vector<float> x(rows * cols), dy(rows * cols), y(x.size()), dx(x.size()), p(parameters * cols), dp(p.size(), 1.0f);
  for (std::size_t i = 0; i < x.size(); ++i)
    x[i] = static_cast<float>(std::sin(i * 0.91) * 3), dy[i] = static_cast<float>(std::cos(i * 0.3));
  for (std::size_t i = 0; i < p.size(); ++i) p[i] = 0.5f + 0.01f * static_cast<float>(i);
  const Extent extent{rows, cols};
  activation_.forward(x.data(), y.data(), extent, {p.data(), Sharing::kPerColumn});
  activation_.grad_from_input(x.data(), dy.data(), dx.data(), extent, {p.data(), Sharing::kPerColumn});
  activation_.grad_parameters(x.data(), dy.data(), dp.data(), extent, {p.data(), Sharing::kPerColumn});
  for (std::size_t c = 0; c < cols; ++c) {
    std::vector<float> mine(parameters), shared_dp(parameters, 1.0f);
    for (std::size_t j = 0; j < parameters; ++j) mine[j] = p[j * cols + c];
    std::vector<float> column(rows), upstream(rows), want(rows), slope(rows);
    for (std::size_t r = 0; r < rows; ++r) column[r] = x[r * cols + c], upstream[r] = dy[r * cols + c];
    activation_.forward(column.data(), want.data(), {rows, 1}, {mine.data()});
    activation_.grad_from_input(column.data(), upstream.data(), slope.data(), {rows, 1}, {mine.data()});
    activation_.grad_parameters(column.data(), upstream.data(), shared_dp.data(), {rows, 1}, {mine.data()});
    for (std::size_t r = 0; r < rows; ++r) {
      EXPECT_EQ(y[r * cols + c], want[r]);
      EXPECT_EQ(dx[r * cols + c], slope[r]);
    }
    for (std::size_t j = 0; j < parameters; ++j) EXPECT_NEAR(dp[j * cols + c], shared_dp[j], 1e-5);
  }
}

TEST_P(EveryActivation, parameter_slopes_match_the_formula) {
  std::vector<float> p;
  for (const FormulaParameter& q : activation_.parameters()) p.push_back(static_cast<float>(q.value));
  for (std::size_t j = 0; j < p.size(); ++j) {
    for (const float x : {-3.0f, -0.5f, -0.0f, 0.7f, 4.0f}) {
      std::vector<float> dp(p.size());
      const float dy = 2;
      activation_.grad_parameters(&x, &dy, dp.data(), {1, 1}, {p.data()});
      const double want = 2 * activation_.parameter_slope(x, static_cast<int>(j));
      EXPECT_NEAR(dp[j], want, 1e-5 * std::abs(want)) << x;
    }
  }
}

std::string name_of(const testing::TestParamInfo<EveryActivation::ParamType>& test) {
  const auto& [name, target, implementation] = test.param;
  return name + "_" + target + (implementation == Implementation::kTiles ? "_tiles" : "");
}

INSTANTIATE_TEST_SUITE_P(Catalogue, EveryActivation,
                         testing::Combine(testing::ValuesIn(catalogue_names()), testing::ValuesIn(targets()),
                                          testing::Values(Implementation::kKernel, Implementation::kTiles)),
                         name_of);

}  // namespace
}  // namespace rectify
