#include "rectify/activation/from_output.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "rectify/simd/target.h"

namespace rectify {
namespace {

std::string text_of(const char* spec) { return derivative_from_output_text(Activation(spec)).value_or("none"); }

TEST(FromOutput, is_found_where_the_output_tells) {
  EXPECT_EQ(text_of("linear"), "1");
  EXPECT_EQ(text_of("sigmoid"), "y * (1 - y)");
  EXPECT_EQ(text_of("tanh"), "1 - y^2");
  EXPECT_EQ(text_of("relu"), "y > 0 ? 1 : 0");
  EXPECT_EQ(text_of("leaky_relu"), "y > 0 ? 1 : slope");
  EXPECT_EQ(text_of("elu"), "y > 0 ? 1 : y + alpha");
  EXPECT_EQ(text_of("celu"), "y > 0 ? 1 : (y + alpha) / alpha");
  EXPECT_EQ(text_of("softplus"), "-expm1(-beta * y)");
  EXPECT_EQ(text_of("log_sigmoid"), "-expm1(y)");
  EXPECT_EQ(text_of("softsign"), "(1 - abs(y))^2");
  EXPECT_EQ(text_of("hard_tanh"), "y < max ? (y > min ? 1 : 0) : 0");
  EXPECT_EQ(text_of("isrlu"), "y < 0 ? (1 - alpha * y^2)^1.5 : 1");
  EXPECT_EQ(text_of("squareplus"), "y^2 / (y^2 + b / 4)");
  EXPECT_EQ(text_of("squareplus(b=0)"), "none") << "y = 0 is 0 / 0 there";
}

TEST(FromOutput, is_not_claimed_where_the_output_does_not_tell) {
  for (const char* spec : {"gelu", "silu", "mish", "hard_swish", "lisht", "gaussian", "sine", "abs(x)", "x^2", "tanh(x)^2", "x > 0 ? x : 2",
                           "leaky_relu(slope=-0.1)", "elu(alpha=-1)", "threshold(value=3)"}) {
    EXPECT_EQ(text_of(spec), "none") << spec;
  }
}

TEST(FromOutput, is_not_found_where_no_closed_form_is_known) {
  EXPECT_EQ(text_of("erf"), "none");
  EXPECT_EQ(text_of("x + tanh(x)"), "none");
}

TEST(FromOutput, is_found_though_the_function_overflows_far_out) { EXPECT_EQ(derivative_from_output_text(Activation("exp(x)")), "y"); }

TEST(FromOutput, of_a_long_chain_is_given_up) {
  std::string chain = "x";
  for (int i = 0; i < 60; ++i) chain = "tanh(" + chain + ")";
  EXPECT_EQ(derivative_from_output_text(Activation(chain)), std::nullopt);
  EXPECT_EQ(derivative_from_output_text(Activation("x > 50 ? 0 : tanh(x)")), std::nullopt) << "0 and 100 give the same output";
}

TEST(FromOutput, is_printed_in_latex) {
  EXPECT_EQ(derivative_from_output_latex(Activation("elu")), "\\begin{cases} 1 & y > 0 \\\\ y + \\alpha & \\text{otherwise} \\end{cases}");
}

/// All of the catalogue that has one, and formulas that take each rule.
std::vector<std::string> claims() {
  std::vector<std::string> specs{"exp(x)",
                                 "2 * exp(3 * x) - 1",
                                 "log1p(exp(x))",
                                 "sqrt(1 + exp(x))",
                                 "log(1 + exp(2 * x))",
                                 "3 - tanh(1 - x / 2)",
                                 "1 / (1 + exp(-x))",
                                 "expm1(tanh(x))",
                                 "tanh(atan(x))",
                                 "x > 1 ? x : 1 + expm1(x - 1)",
                                 "min(x, 2)",
                                 "x >= 0 ? 2 * x : 0.5 * x",
                                 "-elu(x)",
                                 "elu(alpha=0.3)",
                                 "softplus(beta=3)",
                                 "celu(alpha=2)",
                                 "max(x, 0)^2",
                                 "hard_shrink(lambda=1)",
                                 "soft_shrink(lambda=0.2)",
                                 "isru(alpha=3)",
                                 "squareplus(b=1)"};
  for (const std::string& name : catalogue_names()) {
    if (derivative_from_output(Activation(name))) specs.push_back(name);
  }
  return specs;
}

TEST(FromOutput, is_the_derivative) {
  int found = 0;
  for (const std::string& spec : claims()) {
    const Activation activation(spec);
    const auto slope = derivative_from_output(activation);
    if (!slope) continue;
    ++found;
    std::vector<double> parameters;
    for (const FormulaParameter& p : activation.parameters()) parameters.push_back(p.value);
    const Program program = lower(*slope);
    for (double x = -9.17; x < 9; x += 0.0437) {
      const double h = 1e-6 * (1 + std::abs(x));
      const double want = (activation.value(x + h) - activation.value(x - h)) / (2 * h);
      EXPECT_NEAR(evaluate(program, activation.value(x), parameters), want, 1e-5 * (1 + std::abs(want))) << spec << " at " << x;
    }
  }
  EXPECT_GE(found, 36);
}

class GradientFromOutputTest : public testing::TestWithParam<std::string> {
 protected:
  ScopedTarget target_{GetParam()};
};

TEST_P(GradientFromOutputTest, is_dy_times_the_derivative) {
  for (const std::string& spec : claims()) {
    const Activation activation(spec);
    const auto gradient = GradientFromOutput::of(activation);
    ASSERT_TRUE(gradient) << spec;
    std::vector<double> parameters;
    for (const FormulaParameter& p : activation.parameters()) parameters.push_back(p.value);
    const Program slope = lower(*derivative_from_output(activation));
    std::vector<float> x, dy, y, dx;
    for (double at = -9.17; at < 9; at += 0.0437) x.push_back(static_cast<float>(at)), dy.push_back(static_cast<float>(std::cos(3 * at)));
    y.resize(x.size()), dx.resize(x.size());
    activation.forward(x.data(), y.data(), x.size());
    gradient->run(y.data(), dy.data(), dx.data(), x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double want = dy[i] * evaluate(slope, y[i], parameters);
      ASSERT_NEAR(dx[i], want, 1e-6 * (std::abs(want) + std::abs(dy[i]))) << spec << " at y = " << y[i];
    }
    std::vector<float> over_y = y, over_dy = dy;
    gradient->run(over_y.data(), dy.data(), over_y.data(), x.size());
    gradient->run(y.data(), over_dy.data(), over_dy.data(), x.size());
    EXPECT_EQ(over_y, dx) << spec;
    EXPECT_EQ(over_dy, dx) << spec;
  }
}

TEST(FromOutput, has_no_backward_pass_where_the_output_does_not_tell) { EXPECT_FALSE(GradientFromOutput::of(Activation("gelu"))); }

INSTANTIATE_TEST_SUITE_P(Targets, GradientFromOutputTest, testing::ValuesIn(targets()), [](const auto& target) { return target.param; });

TEST(FromOutput, of_a_flat_function_is_not_held_to_the_measure_of_a_steep_one) {
  EXPECT_FALSE(derivative_from_output(Activation("1e-9 * tanh(x)^2"))) << "its slope has the sign of x, which the output does not tell";
  EXPECT_TRUE(derivative_from_output(Activation("1e-9 * tanh(x)")));
}

}  // namespace
}  // namespace rectify
