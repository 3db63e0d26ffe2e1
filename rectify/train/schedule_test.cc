#include "rectify/train/schedule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rectify/base/error.h"

namespace rectify {
namespace {

TEST(Schedule, constant_stays) {
  EXPECT_EQ(rate_at(ScheduleKind::kConstant, 0.3, 0, 10), 0.3);
  EXPECT_EQ(rate_at(ScheduleKind::kConstant, 0.3, 9, 10), 0.3);
}

TEST(Schedule, cosine_begins_at_the_rate_and_ends_near_zero) {
  EXPECT_EQ(rate_at(ScheduleKind::kCosine, 0.3, 0, 1000), 0.3);
  EXPECT_NEAR(rate_at(ScheduleKind::kCosine, 0.3, 500, 1000), 0.15, 1e-15);
  EXPECT_NEAR(rate_at(ScheduleKind::kCosine, 0.3, 1000, 1000), 0, 1e-15);
  const double last = rate_at(ScheduleKind::kCosine, 0.3, 999, 1000);
  EXPECT_GT(last, 0);
  EXPECT_LT(last, 1e-6);
  for (int step = 1; step < 1000; ++step) {
    EXPECT_LT(rate_at(ScheduleKind::kCosine, 0.3, step, 1000), rate_at(ScheduleKind::kCosine, 0.3, step - 1, 1000));
  }
}

TEST(Schedule, names_are_read_and_wrong_ones_explained) {
  EXPECT_EQ(parse_schedule("constant"), ScheduleKind::kConstant);
  EXPECT_EQ(parse_schedule("cosine"), ScheduleKind::kCosine);
  try {
    parse_schedule("cosin");
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "[schedule] there is no schedule \"cosin\": use constant or cosine; did you mean cosine?");
  }
}

}  // namespace
}  // namespace rectify
