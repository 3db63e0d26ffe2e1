#include "rectify/theory/dead_units.h"

#include <gtest/gtest.h>

#include <cmath>

namespace rectify {
namespace {

TEST(DeadUnits, of_unlike_samples_each_halves_what_is_left) {
  EXPECT_NEAR(predicted_dead_share({.depth = 1, .samples = 1}), 0.5, 1e-6);
  EXPECT_NEAR(predicted_dead_share({.depth = 1, .samples = 5}), std::pow(2.0, -5), 1e-6);
}

TEST(DeadUnits, of_samples_half_alike_one_in_n_and_one_is_dead) {
  // With the correlation 1/2 a unit is dead where the common part is the least of n + 1 normal variables.
  for (const int n : {1, 7, 99}) {
    EXPECT_NEAR(predicted_dead_share({.depth = 1, .correlation = 0.5, .samples = n}), 1.0 / (n + 1), 1e-6) << n;
  }
}

TEST(DeadUnits, the_second_layer_sees_the_correlation_that_relu_makes) {
  // Cho and Saul: unlike samples leave relu with the correlation 1/pi; the tetrachoric share of two that are negative is 1/4 + asin(c)/(2
  // pi).
  const double pi = std::acos(-1.0), second = 0.25 + std::asin(1 / pi) / (2 * pi);
  EXPECT_NEAR(predicted_dead_share({.depth = 2, .samples = 2}), (0.25 + second) / 2, 1e-6);
}

TEST(DeadUnits, grow_with_depth_and_with_likeness_and_shrink_with_the_bias_of_a_single_layer) {
  const double few = predicted_dead_share({.depth = 4});
  EXPECT_GT(predicted_dead_share({.depth = 20}), 10 * few);
  EXPECT_GT(predicted_dead_share({.depth = 4, .correlation = 0.5}), few);
  EXPECT_LT(predicted_dead_share({.depth = 1, .bias = 0.1, .correlation = 0.5}), predicted_dead_share({.depth = 1, .correlation = 0.5}));
}

}  // namespace
}  // namespace rectify
