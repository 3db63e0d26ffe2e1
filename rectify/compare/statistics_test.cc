#include "rectify/compare/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "rectify/base/error.h"

namespace rectify {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// From the tables: Abramowitz and Stegun 1964, table 26.10, column A = 0.95.
TEST(Statistics, student_quantiles_are_those_of_the_tables) {
  EXPECT_NEAR(student_t95(1), 12.706, 5e-4);
  EXPECT_NEAR(student_t95(2), 4.303, 5e-4);
  EXPECT_NEAR(student_t95(3), 3.182, 5e-4);
  EXPECT_NEAR(student_t95(4), 2.776, 5e-4);
  EXPECT_NEAR(student_t95(9), 2.262, 5e-4);
  EXPECT_NEAR(student_t95(30), 2.042, 5e-4);
  EXPECT_NEAR(student_t95(120), 1.980, 5e-4);
}

TEST(Statistics, an_estimate_has_the_mean_and_the_margin_of_its_values) {
  const Estimate e = estimate(std::vector<double>{1, 2, 3, 4, 5});
  EXPECT_DOUBLE_EQ(e.mean, 3);
  EXPECT_NEAR(e.margin, 2.776 * std::sqrt(2.5 / 5), 1e-3);
  EXPECT_EQ(e.count, 5);
}

TEST(Statistics, equal_values_have_no_margin_at_all) {
  const Estimate e = estimate(std::vector<double>{0.1, 0.1, 0.1});
  EXPECT_EQ(e.mean, 0.1);
  EXPECT_EQ(e.margin, 0);
}

TEST(Statistics, one_value_is_sure_of_nothing) {
  const Estimate e = estimate(std::vector<double>{7});
  EXPECT_EQ(e.mean, 7);
  EXPECT_TRUE(std::isnan(e.margin));
  EXPECT_FALSE(surely_above(e, 0));
  EXPECT_FALSE(surely_below(e, 100));
}

TEST(Statistics, what_is_no_number_is_left_out) {
  const Estimate e = estimate(std::vector<double>{1, kNan, 3});
  EXPECT_EQ(e.mean, 2);
  EXPECT_EQ(e.count, 2);
  EXPECT_TRUE(std::isnan(estimate(std::vector<double>{kNan}).mean));
}

TEST(Statistics, pairs_find_a_difference_that_the_spread_over_seeds_hides) {
  const std::vector<double> a{1, 5, 9}, b{0.9, 4.88, 8.9};
  EXPECT_FALSE(surely_above(estimate(a), estimate(b).mean));
  EXPECT_TRUE(surely_above(paired_difference(a, b), 0));
  EXPECT_THROW(paired_difference(a, std::vector<double>{1}), Error);
}

/// Of five seeds, with such a chance to come about by itself, in multiples of the margin: 4 degrees of freedom.
Estimate sure_by(double margins) { return {margins, 1, 5}; }

TEST(Statistics, of_several_differences_fewer_are_sure_than_of_each_by_itself) {
  using Sure = std::vector<bool>;
  EXPECT_EQ(surely_not_zero(std::vector<Estimate>{sure_by(1.01)}), Sure{true}) << "alone it is as sure as its interval";
  EXPECT_EQ(surely_not_zero(std::vector<Estimate>{sure_by(-1.01)}), Sure{true});
  EXPECT_EQ(surely_not_zero(std::vector<Estimate>{sure_by(0.99)}), Sure{false});
  EXPECT_EQ(surely_not_zero(std::vector<Estimate>{sure_by(1.01), sure_by(0.5)}), (Sure{false, false})) << "wants 0.025";
  EXPECT_EQ(surely_not_zero(std::vector<Estimate>{sure_by(1.01), sure_by(1.3)}), (Sure{true, true})) << "after one, the other wants 0.05";
  EXPECT_EQ(surely_not_zero(std::vector<Estimate>{{}, {1, kNan, 1}, {0, 0, 5}, {1, 0, 5}}), (Sure{false, false, false, true}));
}

TEST(Statistics, a_difference_is_more_less_within_the_limit_or_not_decided) {
  EXPECT_EQ(outcome({0.3, 0.1, 5}, 0.1), Outcome::kMore);
  EXPECT_EQ(outcome({-0.3, 0.1, 5}, 0.1), Outcome::kLess);
  EXPECT_EQ(outcome({0.05, 0.04, 5}, 0.1), Outcome::kWithin);
  EXPECT_EQ(outcome({-0.05, 0.04, 5}, 0.1), Outcome::kWithin);
  EXPECT_EQ(outcome({0.52, 0.5, 5}, 0.1), Outcome::kOpen) << "above 0, but not surely above the limit";
  EXPECT_EQ(outcome({0, 0.2, 5}, 0.1), Outcome::kOpen) << "not surely far is not near";
  EXPECT_EQ(outcome({0, kNan, 1}, 0.1), Outcome::kOpen);
  EXPECT_EQ(outcome({}, 0.1), Outcome::kOpen);
}

}  // namespace
}  // namespace rectify
