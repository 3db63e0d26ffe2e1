#include "rectify/theory/moments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <string>

#include "rectify/base/error.h"

namespace rectify {
namespace {

struct Row {
  const char* spec;
  double mean, second, slope_second;
  double forward, backward;  // gains
};

// Computed apart from this code, to 6 digits; any row again with (for tanh, E f^2):
// python3 -c "from math import *; h=1e-4; print(h*sum(tanh(x)**2*exp(-x*x/2) for x in (h*i for i in range(-130000,130001)))/sqrt(2*pi))"
constexpr Row kTable[] = {
    {"x > 0 ? x : 0", .398942, .5, .5, 1.41421, 1.41421},
    {"x > 0 ? x : 0.01 * x", .394953, .50005, .50005, 1.41414, 1.41414},
    {"x > 0 ? x : 0.1 * x", .359048, .505, .505, 1.40720, 1.40720},
    {"x > 0 ? x : a * x; a = 0.25 learn", .299207, .53125, .53125, 1.37199, 1.37199},
    {"sigmoid(x)", .5, .293379, .044836, 1.84623, 4.72265},
    {"tanh(x)", 0, .394294, .464403, 1.59254, 1.46741},
    {"1.7159 * tanh(2 * x / 3)", 0, .750430, .803989, 1.15437, 1.11526},
    {"clip(x, -1, 1)", 0, .516059, .682689, 1.39204, 1.21029},
    {"x / (1 + abs(x))", 0, .183014, .227671, 2.33753, 2.09578},
    {"atan(x)", 0, .449701, .5, 1.49121, 1.41421},
    {"erf(x)", 0, .464559, .569410, 1.46717, 1.32522},
    {"sin(x)", 0, .432332, .567668, 1.52087, 1.32725},
    {"softplus(x)", .806059, .921246, .293379, 1.04187, 1.84623},
    {"x > 0 ? x : expm1(x)", .160521, .644945, .668102, 1.24520, 1.22343},
    {"x > 0 ? x : 2 * expm1(x / 2)", .098180, .749362, .761578, 1.15519, 1.14589},
    {"1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * expm1(x))", 0, 1, 1.071575, 1, .96603},
    {"0.5 * x * erfc(-x / sqrt(2))", .282095, .425221, .455851, 1.53353, 1.48111},
    {"x * sigmoid(x)", .206621, .355776, .379482, 1.67653, 1.62332},
    {"x * tanh(softplus(x))", .240404, .452342, .479084, 1.48685, 1.44476},
    {"x * clip(x / 6 + 0.5, 0, 1)", .166217, .331567, .358532, 1.73666, 1.67008},
    {"max(x, 0)^2", .5, 1.5, 2, .81650, .70711},
    {"(sqrt(x^2 + 1) - 1) / 2 + x", .177265, 1.072735, 1.086080, .96550, .95955},
};

TEST(GaussianMoments, agree_with_the_published_table_to_its_digits) {
  for (const Row& row : kTable) {
    SCOPED_TRACE(row.spec);
    const Activation f(row.spec);
    const GaussianMoments moments = gaussian_moments(f);
    EXPECT_NEAR(moments.mean, row.mean, 6e-7);
    EXPECT_NEAR(moments.second, row.second, 6e-7);
    EXPECT_NEAR(moments.slope_second, row.slope_second, 6e-7);
    EXPECT_NEAR(forward_gain(f), row.forward, 6e-6);
    EXPECT_NEAR(backward_gain(f), row.backward, 6e-6);
  }
}

TEST(GaussianMoments, are_exact_where_a_closed_form_is_known) {
  const GaussianMoments relu = gaussian_moments(Activation("x > 0 ? x : 0"));
  EXPECT_NEAR(relu.mean, std::numbers::inv_sqrtpi / std::numbers::sqrt2, 1e-12);
  EXPECT_NEAR(relu.second, 0.5, 1e-12);
  EXPECT_NEAR(relu.linear_share, 0.25 / (0.5 - 0.5 * std::numbers::inv_pi), 1e-12);
  // E sin(x)^2 = (1 - exp(-2 q)) / 2; kinks at +-1 / sqrt(q) of clip: the probability that |x| < 1.
  EXPECT_NEAR(gaussian_moments(Activation("sin(x)"), 3).second, (1 - std::exp(-6.0)) / 2, 1e-12);
  EXPECT_NEAR(gaussian_moments(Activation("clip(x, -1, 1)"), 7).slope_second, std::erf(1 / std::sqrt(14.0)), 1e-12);
}

TEST(GaussianMoments, scale_with_the_variance) {
  EXPECT_NEAR(gaussian_moments(Activation("x > 0 ? x : 0"), 9).second, 4.5, 1e-11);
  EXPECT_NEAR(gaussian_moments(Activation("x^2"), 4).second, 3 * 16, 1e-9);
}

// Computed like the table above, at a standard deviation of x, to the digits given.
TEST(GaussianMoments, tell_how_much_of_the_non_linearity_is_used) {
  const auto used = [](const char* spec, double deviation) {
    return 1 - gaussian_moments(Activation(spec), deviation * deviation).linear_share;
  };
  for (const double deviation : {0.1, 0.5, 1.0, 2.0}) EXPECT_NEAR(used("x > 0 ? x : 0", deviation), .267, 6e-4);
  EXPECT_NEAR(used("tanh(x)", 0.1), .0001, 6e-5);
  EXPECT_NEAR(used("tanh(x)", 1), .070, 6e-4);
  EXPECT_NEAR(used("tanh(x)", 2), .162, 6e-4);
  EXPECT_NEAR(used("sigmoid(x)", 1), .016, 6e-4);
  EXPECT_NEAR(used("0.5 * x * erfc(-x / sqrt(2))", 0.5), .173, 6e-4);
  EXPECT_NEAR(used("3 * x - 2", 1), 0, 1e-12);
  EXPECT_EQ(gaussian_moments(Activation("floor(sigmoid(x) / 2) + 0.1")).linear_share, 1);
}

TEST(Gains, of_maxout_follow_from_the_largest_of_independent_pieces) {
  EXPECT_NEAR(maxout_gain(1), 1, 1e-12);
  EXPECT_NEAR(maxout_gain(2), 1, 1e-12);
  // E m^2 = 1 + sqrt(3) / (2 pi) for three (Godwin 1949).
  EXPECT_NEAR(maxout_gain(3), 1 / std::sqrt(1 + std::numbers::sqrt3 / (2 * std::numbers::pi)), 1e-12);
  EXPECT_NEAR(maxout_gain(4), .803, 6e-4);
  EXPECT_NEAR(maxout_gain(5), .745, 6e-4);
}

TEST(Gains, that_do_not_exist_are_an_error) {
  const auto message = [](auto gain, const char* spec) -> std::string {
    try {
      gain(Activation(spec));
      return "no error";
    } catch (const Error& e) {
      return e.what();
    }
  };
  EXPECT_EQ(message(forward_gain, "exp(x^2)"),
            "[theory] E f(x)^2 of exp(x^2) is inf for x ~ N(0, 1), so no gain keeps it: set the initial weights with gain=G");
  EXPECT_THAT(message(forward_gain, "floor(sigmoid(x) / 2)"), testing::StartsWith("[theory] E f(x)^2 of floor(sigmoid(x) / 2) is 0"));
  EXPECT_THAT(message(forward_gain, "log(x)"), testing::StartsWith("[theory] E f(x)^2 of log(x) is not a number"));
  EXPECT_THAT(message(backward_gain, "floor(x)"), testing::StartsWith("[theory] E f'(x)^2 of floor(x) is 0"));
  EXPECT_NEAR(forward_gain(Activation("exp(x)")), std::exp(-1.0), 1e-12);
}

TEST(Moments, poles_make_them_infinite_and_what_is_not_resolved_is_not_a_number) {
  EXPECT_TRUE(std::isinf(gaussian_moments(Activation("1 / x")).second));
  EXPECT_TRUE(std::isnan(gaussian_moments(Activation("1 / x")).mean));
  EXPECT_TRUE(std::isnan(gaussian_moments(Activation("tan(x)")).mean));
  EXPECT_TRUE(std::isinf(gaussian_moments(Activation("log(abs(x))")).slope_second));
  EXPECT_FALSE(std::isfinite(gaussian_moments(Activation("1 / (x - 0.3)")).second));
  EXPECT_NEAR(gaussian_moments(Activation("log(abs(x))")).second, std::numbers::pi * std::numbers::pi / 8 + 0.40336, 1e-2);
}

TEST(PairMoments, of_relu_are_those_of_the_arc_cosine_kernel) {
  const PairOf relu(Activation("relu"), 4);
  for (const double c : {-0.5, 0.0, 0.3, 0.9}) {
    const double angle = std::acos(c);
    EXPECT_NEAR(relu.at(c).values, 4 * (std::sin(angle) + (std::numbers::pi - angle) * c) / (2 * std::numbers::pi), 1e-7) << c;
    EXPECT_NEAR(relu.at(c).slopes, (std::numbers::pi - angle) / (2 * std::numbers::pi), 1e-6) << c;
  }
}

TEST(PairMoments, of_equal_samples_are_those_of_one) {
  const Activation tanh("tanh");
  EXPECT_NEAR(PairOf(tanh, 2).at(1).values, gaussian_moments(tanh, 2).second, 1e-9);
  EXPECT_NEAR(PairOf(tanh, 2).at(1).slopes, gaussian_moments(tanh, 2).slope_second, 1e-9);
  EXPECT_NEAR(PairOf(tanh, 2).at(0).values, 0, 1e-12);
}

}  // namespace
}  // namespace rectify
