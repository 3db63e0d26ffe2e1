#include "rectify/train/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "rectify/base/error.h"

namespace rectify {
namespace {

/// All rates of `steps` steps at rate 1.
std::vector<double> rates(const char* text, std::int64_t steps) {
  const Schedule schedule = Schedule::parse(text);
  std::vector<double> all;
  for (std::int64_t step = 0; step < steps; ++step) all.push_back(schedule.rate_at(1, step, steps));
  return all;
}

void expect_near(const std::vector<double>& got, const std::vector<double>& want, double tolerance = 1e-12) {
  ASSERT_EQ(got.size(), want.size());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], want[i], tolerance) << i;
}

TEST(Schedule, constant_stays) {
  EXPECT_EQ(Schedule::parse("constant").rate_at(0.3, 0, 10), 0.3);
  EXPECT_EQ(Schedule::parse("constant").rate_at(0.3, 9, 10), 0.3);
}

TEST(Schedule, cosine_begins_at_the_rate_and_ends_near_its_floor) {
  const double root = std::sqrt(0.5);
  expect_near(rates("cosine", 4), {1, (1 + root) / 2, 0.5, (1 - root) / 2});
  expect_near(rates("cosine,floor=0.2", 4), {1, 0.2 + 0.4 * (1 + root), 0.6, 0.2 + 0.4 * (1 - root)});
  const std::vector<double> many = rates("cosine", 1000);
  for (int step = 1; step < 1000; ++step) EXPECT_LT(many[step], many[step - 1]);
  EXPECT_GT(many.back(), 0);
  EXPECT_LT(many.back(), 1e-5);
}

TEST(Schedule, step_multiplies_at_its_places) {
  expect_near(rates("step", 8), {1, 1, 1, 1, 0.1, 0.1, 0.01, 0.01});
  expect_near(rates("step,at=0.25,factor=0.5", 8), {1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5});
  EXPECT_EQ(Schedule::parse("step").rate_at(0.3, 0, 1), 0.3);
}

TEST(Schedule, warmup_rises_in_equal_steps_and_the_rest_follows_in_what_is_left) {
  expect_near(rates("constant,warmup=0.5", 8), {0.2, 0.4, 0.6, 0.8, 1, 1, 1, 1});
  const double root = std::sqrt(0.5);
  expect_near(rates("cosine,warmup=0.2", 5), {0.5, 1, (1 + root) / 2, 0.5, (1 - root) / 2});
  expect_near(rates("step,warmup=0.5,at=0.5", 8), {0.2, 0.4, 0.6, 0.8, 1, 1, 0.1, 0.1});
  expect_near(rates("cosine,warmup=0.01", 4), rates("cosine", 4));
}

// Expected: torch 2.15, OneCycleLR(SGD([p], lr=1), max_lr=1, total_steps=10).get_last_lr() before each of 10 steps, which for rise 0.3 has
// its top at step 2 and its end at step 9: start + (1 - start) / 2 (1 - cos(pi s / 2)), end + (1 - end) / 2 (1 + cos(pi (s - 2) / 7)).
TEST(Schedule, one_cycle_rises_and_then_falls_to_next_to_nothing) {
  std::vector<double> want{0.04, 0.52, 1};
  for (int s = 3; s < 10; ++s) want.push_back(4e-6 + (1 - 4e-6) / 2 * (1 + std::cos(M_PI * (s - 2) / 7)));
  expect_near(rates("one-cycle", 10), want);
  expect_near(rates("one-cycle,rise=0.5,start=0,end=1", 4), {0, 1, 1, 1});
  for (const char* text : {"one-cycle,rise=0", "one-cycle,rise=1"}) {
    for (const double rate : rates(text, 5)) EXPECT_TRUE(rate >= 0 && rate <= 1) << text;
  }
  EXPECT_EQ(rates("one-cycle", 1), std::vector<double>{1});
}

TEST(Schedule, text_is_what_parse_reads) {
  for (const char* text : {"constant", "cosine", "cosine,warmup=0.1,floor=0.01", "step,factor=0.5,at=0.3+0.6+0.9", "one-cycle,rise=0.2",
                           "constant,warmup=0.05"}) {
    EXPECT_EQ(Schedule::parse(text).text(), text);
  }
  EXPECT_EQ(Schedule::parse("step,at=0.5+0.75").text(), "step");
}

TEST(Schedule, mistakes_are_explained) {
  const auto message = [](const char* text) -> std::string {
    try {
      Schedule::parse(text);
      return "no error";
    } catch (const Error& e) {
      return e.what();
    }
  };
  using testing::HasSubstr;
  EXPECT_EQ(
      message("cosin"),
      "[schedule] there is no schedule \"cosin\": use constant, step, cosine, one-cycle, as in cosine,warmup=0.1; did you mean cosine?");
  EXPECT_THAT(message("cosine,warmpu=0.1"), HasSubstr("cosine has no setting \"warmpu\": it has warmup, floor"));
  EXPECT_THAT(message("cosine,warmup=1"), HasSubstr("must be below 1"));
  EXPECT_THAT(message("cosine,warmup=-0.1"), HasSubstr("must be at least 0"));
  EXPECT_THAT(message("cosine,warmup"), HasSubstr("write warmup="));
  EXPECT_THAT(message("one-cycle,warmup=0.1"), HasSubstr("it has rise, start, end"));
  EXPECT_THAT(message("step,factor=0"), HasSubstr("out of range"));
  for (const char* text : {"step,at=", "step,at", "step,at=0.5+", "step,at=0.5+0.4", "step,at=1", "step,at=0", "step,at=x"}) {
    EXPECT_THAT(message(text), HasSubstr("write at=0.5+0.75")) << text;
  }
}

}  // namespace
}  // namespace rectify
