#include "rectify/compare/portrait.h"

#include <gtest/gtest.h>

#include <cmath>

namespace rectify {
namespace {

Difference between(const char* a, const char* b, double low = -10, double high = 10) {
  return largest_difference(Activation(a), Activation(b), low, high);
}

TEST(Portrait, holds_what_follows_from_the_formula) {
  const Portrait relu = portray(Activation("relu"));
  EXPECT_EQ(relu.formula, "max(x, 0)");
  EXPECT_EQ(relu.lower, 0);
  EXPECT_TRUE(std::isinf(relu.upper));
  EXPECT_EQ(relu.kinks, std::vector<double>{0});
  EXPECT_EQ(relu.saturates, "left");
  EXPECT_NEAR(relu.mean.value(), 0.3989423, 1e-7);
  EXPECT_NEAR(relu.forward_gain.value(), std::sqrt(2), 1e-7);
  EXPECT_FALSE(relu.known_as);
  EXPECT_TRUE(relu.has_kernel);
  EXPECT_EQ(relu.curve.front().x, -6);
  EXPECT_EQ(relu.curve.back().value, 6);
}

TEST(Portrait, recognises_a_known_function) {
  EXPECT_EQ(portray(Activation("max(0, x)")).known_as, "relu");
  EXPECT_FALSE(portray(Activation("x * x * x")).known_as);
}

TEST(Portrait, leaves_moments_empty_that_do_not_exist) {
  const Portrait log = portray(Activation("log(x)"));
  EXPECT_FALSE(log.mean);
  EXPECT_FALSE(log.forward_gain);
}

TEST(Portrait, marks_learnt_parameters) { EXPECT_EQ(portray(Activation("prelu")).learnt.size(), 1u); }

// 2 sigmoid(2) = 1.761594 against 2, and by symmetry 0.238406 against 0.
TEST(Difference, of_two_relus_and_a_sigmoid_is_at_their_kinks) {
  const Difference d = between("relu(x+1) - relu(x-1)", "2*sigmoid(2*x)");
  EXPECT_NEAR(d.largest, 2 - 2 / (1 + std::exp(-2)), 1e-12);
  EXPECT_EQ(std::abs(d.at), 1);
  EXPECT_NEAR(std::abs(d.a - d.b), d.largest, 1e-12);
}

TEST(Difference, of_equal_functions_is_0_also_where_rounding_makes_one) {
  EXPECT_EQ(between("relu6", "relu(x) - relu(x-6)").largest, 0);
  EXPECT_EQ(between("relu6", "relu(x) - relu(x-6)", -1e30, 1e30).largest, 0);
  EXPECT_EQ(between("sigmoid", "1 / (1 + exp(-x))").largest, 0);
}

TEST(Difference, is_refined_between_the_places_searched) {
  const Difference d = between("x + sin(x)", "x", 0, 3);
  EXPECT_NEAR(d.at, std::acos(0), 1e-6);
  EXPECT_NEAR(d.largest, 1, 1e-12);
}

TEST(Difference, sees_what_is_near_0_on_a_wide_interval) { EXPECT_NEAR(between("x + exp(-x^2)", "x", -1e6, 1e6).largest, 1, 1e-4); }

TEST(Difference, is_infinite_where_only_one_is_a_number) { EXPECT_TRUE(std::isinf(between("log(x)", "x").largest)); }

}  // namespace
}  // namespace rectify
