#include "rectify/activation/tile_trust.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace rectify {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// Tiles that compute `got` where the true value is `want`, of a function whose |x f'(x)| is no larger than its value.
template <class Got, class Want>
TileTrust trust_in(const Got& got, const Want& want, TileTrial::Output output = TileTrial::Output::kValue) {
  return try_tiles({output, [&](std::span<float> x) { std::ranges::transform(x, x.begin(), got); },
                    [&](float x) {
                      return Bounded{static_cast<double>(want(x)), 0};
                    },
                    [&](float x) { return std::isfinite(x) ? std::abs(static_cast<double>(want(x))) : 0; }});
}

float twice(float x) { return 2 * x; }
double exactly_twice(float x) { return 2.0 * x; }

bool has(const TileRange& range, float x) { return (std::bit_cast<std::uint32_t>(x) & 0x7fffffffu) - range.lowest <= range.span; }

TEST(TileTrust, is_everywhere_where_all_is_right) {
  const TileTrust trust = trust_in(twice, exactly_twice);
  EXPECT_TRUE(trust.everywhere());
  for (const float x : {0.0f, -0.0f, 1.0f, -1e-45f, 3e38f, kInfinity, -kInfinity, NAN}) {
    EXPECT_TRUE(trust.at(x)) << x;
    EXPECT_EQ(has(trust.about_one(), x), std::isfinite(x)) << x;
  }
}

TEST(TileTrust, is_nowhere_where_nothing_is_right) {
  const TileTrust trust = trust_in([](float x) { return 3 * x + 1; }, exactly_twice);
  EXPECT_FALSE(trust.everywhere());
  for (const float x : {0.0f, -0.0f, 1.0f, -1e-45f, 3e38f}) {
    EXPECT_FALSE(trust.at(x)) << x;
    EXPECT_FALSE(has(trust.about_one(), x)) << x;
  }
  EXPECT_FALSE(has(TileTrust().about_one(), 1));
}

TEST(TileTrust, ends_with_the_binade_in_which_something_else_than_tiny_fails) {
  const TileTrust trust = trust_in([](float x) { return x > 100 ? 0 : 2 * x; }, exactly_twice);
  EXPECT_TRUE(trust.at(63));
  for (const float x : {64.0f, 90.0f, 120.0f, 1e9f}) {
    EXPECT_FALSE(trust.at(x)) << x;
    EXPECT_TRUE(trust.at(-x)) << "the other sign";
    EXPECT_FALSE(has(trust.about_one(), -x)) << "a range is for both signs";
  }
}

TEST(TileTrust, goes_on_behind_values_that_are_tiny) {
  const auto bell = [](float x) { return std::exp(-std::abs(double{x})); };
  const auto flushed = [&](float x) { return std::isnan(x) || std::abs(x) < 87 ? static_cast<float>(bell(x)) : 0.0f; };
  const TileTrust trust = trust_in(flushed, bell);
  EXPECT_TRUE(trust.at(79));
  EXPECT_FALSE(trust.at(87.5f));
  EXPECT_FALSE(trust.at(-90));
  for (const float x : {120.0f, -200.0f, 1e30f, kInfinity}) EXPECT_TRUE(trust.at(x)) << x;
  EXPECT_FALSE(has(trust.about_one(), 120));
}

TEST(TileTrust, is_not_where_tiles_overflow_before_the_true_value_does) {
  const auto want = [](float x) { return x * 0x1p120; };
  const auto early = [&](float x) { return std::abs(want(x)) < 3.3e38 ? static_cast<float>(want(x)) : std::copysign(kInfinity, x); };
  const TileTrust trust = trust_in(early, want);
  EXPECT_FALSE(trust.at(250)) << "3.32e38 is a float";
  EXPECT_FALSE(trust.at(-250));
  for (const float x : {200.0f, 300.0f, -1e30f}) EXPECT_TRUE(trust.at(x)) << x;
}

TEST(TileTrust, is_not_where_a_finite_result_should_be_infinite) {
  const auto want = [](float x) { return std::abs(x) > 1e10f ? std::copysign(INFINITY, x) : double{x}; };
  const TileTrust trust = trust_in([](float x) { return x; }, want);
  EXPECT_TRUE(trust.at(1e9f));
  EXPECT_FALSE(trust.at(1e11f));
}

TEST(TileTrust, takes_a_slope_that_cancels_beside_larger_ones_but_not_a_value) {
  const auto want = [](float x) { return std::pow(double{x} - 1.7246, 2); };
  const auto rounded = [&](float x) { return static_cast<float>(want(x) + 0x1p-25); };
  EXPECT_TRUE(trust_in(rounded, want, TileTrial::Output::kSlope).at(1.72f));
  const auto small = [](float x) { return std::abs(x) * 1e-9; };
  const auto cancelled = [&](float x) { return static_cast<float>(small(x) + 0x1p-25); };
  EXPECT_FALSE(trust_in(cancelled, small, TileTrial::Output::kSlope).at(1.5f)) << "no larger one is beside it";
  EXPECT_FALSE(trust_in(cancelled, small).at(1.5f));
}

TEST(TileTrust, minds_the_sign_of_a_zero_and_special_values) {
  const TileTrust zero = trust_in([](float x) { return x == 0 ? 0.0f : 2 * x; }, exactly_twice);
  EXPECT_FALSE(zero.at(-0.0f));
  EXPECT_TRUE(zero.at(-1e-45f));
  EXPECT_FALSE(has(zero.about_one(), 0));
  EXPECT_TRUE(has(zero.about_one(), 1e-45f));
  const TileTrust infinity = trust_in([](float x) { return std::isinf(x) ? 0 : 2 * x; }, exactly_twice);
  EXPECT_FALSE(infinity.at(kInfinity));
  EXPECT_FALSE(infinity.at(NAN)) << "they go together";
  EXPECT_TRUE(infinity.at(3e38f));
}

TEST(TileTrust, of_two_is_what_is_in_both) {
  TileTrust trust = trust_in([](float x) { return x > 100 ? 0 : 2 * x; }, exactly_twice);
  trust &= trust_in([](float x) { return x < -100 ? 0 : 2 * x; }, exactly_twice);
  EXPECT_TRUE(trust.at(50));
  EXPECT_FALSE(trust.at(200));
  EXPECT_FALSE(trust.at(-200));
  const TileRange low{0, 10}, high{8, 10}, apart{20, 1};
  EXPECT_EQ(in_both(low, high).lowest, 8u);
  EXPECT_EQ(in_both(low, high).span, 2u);
  EXPECT_FALSE(has(in_both(low, apart), 0));
  EXPECT_FALSE(has(in_both(kNothing, low), 0));
}

}  // namespace
}  // namespace rectify
