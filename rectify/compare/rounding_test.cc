#include "rectify/compare/rounding.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "rectify/simd/target.h"

namespace rectify {
namespace {

class RoundingTest : public testing::TestWithParam<std::string> {
 protected:
  ScopedTarget target_{GetParam()};
};

TEST_P(RoundingTest, of_kernels_is_what_is_certified_of_them) {
  for (const char* exact : {"relu", "linear", "hard_shrink"}) {
    const Rounding r = measure_rounding(Activation(exact));
    EXPECT_EQ(r.target, GetParam());
    EXPECT_EQ(r.value.most, 0) << exact;
    EXPECT_EQ(r.slope.most, 0) << exact;
    EXPECT_GT(r.value.told, 0.999) << exact;
  }
  const Rounding tanh = measure_rounding(Activation("tanh"));
  EXPECT_GT(tanh.value.most, 0.5);
  EXPECT_LT(tanh.value.most, 3);
  EXPECT_LE(tanh.value.usual, tanh.value.most);
  EXPECT_LE(tanh.value.mean, tanh.value.usual);
  EXPECT_LT(tanh.slope.most, 4);
}

TEST_P(RoundingTest, takes_parameters_as_the_kernels_do) {
  EXPECT_LE(measure_rounding(Activation("0.1 * x")).value.most, 1);
  EXPECT_LE(measure_rounding(Activation("leaky_relu(slope=0.1)")).value.most, 0.57);
}

// Kernels where these are good, tiles elsewhere; at a root of f' errors relative to it are large. celu of a negative alpha overflows.
TEST_P(RoundingTest, is_small_for_all_parameters) {
  for (const char* f : {"elu(alpha=", "celu(alpha=", "softplus(beta="}) {
    for (const double size : {1e-30, 1e-6, 0.1, 10.0, 1e10, 1e38}) {
      for (const double value : {size, -size}) {
        if (value < 0 && f == std::string("celu(alpha=")) continue;
        const Rounding r = measure_rounding(Activation(f + fmt::format("{})", value)));
        for (const ArrayError& error : {r.value, r.slope}) {
          EXPECT_TRUE(error.at_root || error.most <= 512) << f << value << ": " << error.most << " at " << error.at;
        }
      }
    }
  }
}

// x - 1 cancels exactly, x^2 - 1 does not: near its roots the rounding of x^2 is most of it.
TEST_P(RoundingTest, shows_what_cancels) {
  const Rounding r = measure_rounding(Activation("x^2 - 1"));
  EXPECT_LE(measure_rounding(Activation("x - 1")).value.most, 0.5);
  EXPECT_NEAR(std::abs(r.value.at), 1, 0.01) << r.value.most;
  EXPECT_TRUE(r.value.at_root);
  EXPECT_FALSE(r.slope.at_root);
  EXPECT_LT(r.value.usual, 2);
}

TEST(Rounding, says_nothing_where_double_is_not_enough) {
  const Rounding r = measure_rounding(Activation("sin(1e9 * x)"));
  EXPECT_LT(r.value.told, 0.9);
  EXPECT_GT(r.value.told, 0.3);
  EXPECT_EQ(measure_rounding(Activation("log(-1 - x^2)")).value.told, 0);
}

INSTANTIATE_TEST_SUITE_P(Targets, RoundingTest, testing::ValuesIn(targets()), [](const auto& target) { return target.param; });

}  // namespace
}  // namespace rectify
