#include "judge.h"

#include <gtest/gtest.h>

#include <cfloat>
#include <cmath>
#include <limits>

#include "rectify/base/random.h"
#include "rectify/simd/target.h"

namespace rectify::certify {
namespace {

Measure look(const Limits& limits, const std::vector<float>& x, const std::vector<double>& want, const std::vector<float>& got) {
  Measure measure;
  Judge(limits).look_at(x.data(), want.data(), got.data(), x.size(), measure);
  return measure;
}
Measure look(const Limits& limits, float x, double want, float got) {
  return look(limits, std::vector<float>{x}, std::vector<double>{want}, std::vector<float>{got});
}

TEST(Judge, counts_units_in_the_last_place_of_the_true_value) {
  EXPECT_EQ(look({}, 3, 1, 1 + FLT_EPSILON).ulp.error, 1);
  EXPECT_EQ(look({}, 3, 1 + 0.25 * FLT_EPSILON, 1).ulp.error, 0.25);
  EXPECT_EQ(look({}, 3, 1, 1 - FLT_EPSILON).ulp.error, 1);
  EXPECT_EQ(look({}, 3, -0x1p-126, 0x1p-126f).ulp.error, 0x1p24);
  EXPECT_EQ(look({}, 3, 1.5 * FLT_MAX, FLT_MAX).ulp.error, 0) << "where infinity is wanted there is no such error";
  const Measure m = look({}, 3, 1, 1 + FLT_EPSILON);
  EXPECT_EQ(m.normal, 1);
  EXPECT_EQ(m.ulp.x, 3);
  EXPECT_EQ(m.mean_ulp(), 1);
  EXPECT_DOUBLE_EQ(m.share.error, 1.0 / 3);
}

TEST(Judge, subnormal_results_count_in_units_of_the_smallest_float) {
  const Measure m = look({}, 3, 2.5 * 0x1p-149, 0x1p-149f);
  EXPECT_EQ(m.subnormal.error, 1.5);
  EXPECT_EQ(m.normal, 0);
  EXPECT_EQ(m.share.error, 1);
  EXPECT_EQ(look({}, 3, 1e-60, 0).subnormal.error, 1e-60 * 0x1p149);
}

TEST(Judge, special_values_are_right_or_wrong) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const Limits forward;
  const auto wrong = [&](float x, double want, float got) { return look(forward, x, want, got).wrong; };
  EXPECT_EQ(wrong(NAN, NAN, NAN), 0);
  EXPECT_EQ(wrong(NAN, NAN, 0), 1);
  EXPECT_EQ(wrong(NAN, NAN, INFINITY), 1);
  EXPECT_EQ(wrong(1, 1, NAN), 1);
  EXPECT_EQ(wrong(INFINITY, NAN, NAN), 0) << "no limit";
  EXPECT_EQ(wrong(INFINITY, NAN, 1), 1);
  EXPECT_EQ(wrong(INFINITY, kInfinity, INFINITY), 0);
  EXPECT_EQ(wrong(INFINITY, kInfinity, -INFINITY), 1);
  EXPECT_EQ(wrong(FLT_MAX, FLT_MAX, INFINITY), 1) << "overflow that is none";
  EXPECT_EQ(wrong(FLT_MAX, 1e40, INFINITY), 0);
  EXPECT_EQ(wrong(FLT_MAX, kInfinity, INFINITY), 0) << "a value beyond doubles";
  EXPECT_EQ(wrong(FLT_MAX, 1e40, FLT_MAX), 1);
  EXPECT_EQ(wrong(-INFINITY, -0.0, -0.0f), 0);
  EXPECT_EQ(wrong(-INFINITY, -0.0, 0.0f), 1);
  EXPECT_EQ(wrong(-1, -1e-60, 0.0f), 1);
  EXPECT_EQ(look({.signed_zeros = false}, -1, -1e-60, 0.0f).wrong, 0);
  EXPECT_EQ(look(forward, 5, 1, NAN).first_wrong, 5);
}

TEST(Judge, a_finite_input_without_a_true_value_is_not_judged) {
  const Measure m = look({}, 1, NAN, 7);
  EXPECT_EQ(m.unjudged, 1);
  EXPECT_EQ(m.wrong, 0);
}

TEST(Judge, near_a_root_an_absolute_error_is_asked_for) {
  const Limits limits{.ulp = 4, .near_root = 1e-7, .roots = {-0.75}};
  const Measure m = look(limits, -1.5f, 1e-6, 1.05e-6f);
  EXPECT_NEAR(m.near_root.error, 5e-8, 1e-12);
  EXPECT_EQ(m.ulp.error, 0);
  EXPECT_EQ(m.normal, 0);
  EXPECT_NEAR(m.share.error, 0.5, 1e-4);
  const Measure beyond = look(limits, -1.56f, 1e-6, 1.05e-6f);
  EXPECT_GT(beyond.ulp.error, 1000);
  EXPECT_GT(beyond.share.error, 100);
}

TEST(Judge, an_absolute_error_may_make_up_for_units) {
  const Limits limits{.ulp = 30, .absolute = 1e-7};
  EXPECT_NEAR(look(limits, -10, -1e-9, -2e-9f).share.error, 1e-9 / 1e-6, 1e-6);
  EXPECT_NEAR(look(limits, -10, -1e-9, -2e-9f).absolute.error, 1e-10, 1e-15);
  EXPECT_DOUBLE_EQ(look(limits, 0.5f, 1, 1 + 15 * FLT_EPSILON).share.error, 0.5);
}

TEST(Judge, an_error_is_a_miss_where_the_reference_can_tell) {
  Measure m;
  m.share.error = 1.000001;
  EXPECT_FALSE(m.is_missed());
  m.share.error = 1.01;
  EXPECT_TRUE(m.is_missed());
}

TEST(Judge, nothing_is_asked_without_a_limit) { EXPECT_EQ(look({.ulp = std::numeric_limits<double>::infinity()}, 1, 1, 2).share.error, 0); }

/// Results off by up to some units, a few of them subnormal, near a root or special.
struct Many {
  std::vector<float> x, got;
  std::vector<double> want;

  explicit Many(std::size_t count, bool special) {
    Random random(1, 2);
    for (std::size_t i = 0; i < count; ++i) {
      x.push_back(static_cast<float>(4 * random.normal()));
      want.push_back(random.normal() * (i % 7 == 0 ? 1e-39 : 1));
      got.push_back(static_cast<float>(want.back() * (1 + 3e-7 * random.normal())));
      if (special && i % 50 == 3) got.back() = i % 100 == 3 ? NAN : 0.0f;
      if (special && i % 90 == 7) want.back() = std::numeric_limits<double>::infinity();
    }
  }
};

TEST(Judge, vectors_see_what_one_by_one_is_seen_on_every_target) {
  for (const Limits& limits : {Limits{}, Limits{.ulp = 2, .near_root = 1e-7, .roots = {-0.75, 2}}, Limits{.ulp = 2, .absolute = 1e-7},
                               Limits{.signed_zeros = false}}) {
    for (const bool special : {false, true}) {
      const Many many(1000, special);
      Measure one_by_one;
      for (std::size_t i = 0; i < many.x.size(); ++i) one_by_one.merge(look(limits, many.x[i], many.want[i], many.got[i]));
      for (const std::string& target : targets()) {
        const ScopedTarget scope(target);
        const Judge judge(limits);
        Measure m;
        for (int twice = 0; twice < 2; ++twice) judge.look_at(many.x.data(), many.want.data(), many.got.data(), many.x.size(), m);
        EXPECT_EQ(m.normal, 2 * one_by_one.normal) << target;
        EXPECT_NEAR(m.ulp_sum, 2 * one_by_one.ulp_sum, 1e-9 * one_by_one.ulp_sum) << target;
        EXPECT_EQ(m.ulp.error, one_by_one.ulp.error) << target;
        EXPECT_EQ(m.ulp.x, one_by_one.ulp.x) << target;
        EXPECT_EQ(m.subnormal.error, one_by_one.subnormal.error) << target;
        EXPECT_EQ(m.absolute.error, one_by_one.absolute.error) << target;
        EXPECT_EQ(m.near_root.error, one_by_one.near_root.error) << target;
        EXPECT_EQ(m.share.error, one_by_one.share.error) << target;
        EXPECT_EQ(m.wrong, 2 * one_by_one.wrong) << target;
        EXPECT_EQ(m.first_wrong, one_by_one.first_wrong) << target;
      }
    }
  }
}

}  // namespace
}  // namespace rectify::certify
