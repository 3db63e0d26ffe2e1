#include "rectify/simd/target.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <cctype>

#include "rectify/base/error.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rectify/simd/target_test.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace rectify::HWY_NAMESPACE {

const char* running() { return hwy::TargetName(HWY_TARGET); }

// A sum whose instructions are this target's.
float sum_of_ones() {
  const hwy::HWY_NAMESPACE::ScalableTag<float> d;
  HWY_ALIGN float lanes[hwy::HWY_NAMESPACE::MaxLanes(d)];
  hwy::HWY_NAMESPACE::Store(hwy::HWY_NAMESPACE::Set(d, 1.0f), d, lanes);
  float sum = 0;
  for (const float lane : lanes) sum += lane;
  return sum;
}

}  // namespace rectify::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rectify {
HWY_EXPORT(running);
HWY_EXPORT(sum_of_ones);
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::ThrowsMessage;

std::string runs() { return RECTIFY_DISPATCH(running)(); }

// In a process of its own, since the variable is read once. Exits with 0 if `expected` runs, prints what is thrown.
void run_with_variable(const char* value, const std::string& expected) {
  setenv("RECTIFY_TARGET", value, 1);
  try {
    _exit(runs() == expected && current_target() == expected ? 0 : 1);
  } catch (const Error& e) {
    fputs(e.what(), stderr);
    _exit(2);
  }
}

class TargetDeathTest : public testing::Test {
 protected:
  // Before anything in this process chooses a target: each death test starts the program again.
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(TargetDeathTest, the_environment_names_the_target_from_the_first_call_on) {
  for (const std::string& name : targets()) EXPECT_EXIT(run_with_variable(name.c_str(), name), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(run_with_variable("", targets().front()), testing::ExitedWithCode(0), "");
}

TEST_F(TargetDeathTest, an_unknown_name_in_the_environment_is_an_error_at_the_first_call) {
  EXPECT_EXIT(run_with_variable("AVX9", ""), testing::ExitedWithCode(2), "\\[target\\] RECTIFY_TARGET: \"AVX9\" is no SIMD target");
}

TEST(Target, names_the_best_first_and_the_baseline_last) {
  ASSERT_FALSE(targets().empty());
  EXPECT_EQ(targets().back(), hwy::TargetName(HWY_STATIC_TARGET));
  EXPECT_THAT(targets(), testing::Not(testing::Contains("SSSE3")));
  set_target("best");
  EXPECT_EQ(current_target(), targets().front());
}

TEST(Target, each_that_is_named_runs_when_chosen) {
  for (const std::string& name : targets()) {
    set_target(name);
    EXPECT_EQ(current_target(), name);
    EXPECT_EQ(runs(), name);
    EXPECT_GE(RECTIFY_DISPATCH(sum_of_ones)(), 1);
  }
  set_target("best");
  EXPECT_EQ(runs(), targets().front());
}

TEST(Target, is_put_back_at_the_end_of_a_scope) {
  set_target("best");
  {
    const ScopedTarget baseline(targets().back());
    EXPECT_EQ(runs(), targets().back());
  }
  EXPECT_EQ(runs(), targets().front());
}

TEST(Target, is_named_in_any_case) {
  std::string name = targets().back();
  for (char& c : name) c = static_cast<char>(std::tolower(c));
  set_target(name);
  EXPECT_EQ(runs(), targets().back());
  set_target("Best");
  EXPECT_EQ(runs(), targets().front());
}

TEST(Target, unknown_name_is_an_error_that_lists_the_known_and_changes_nothing) {
  set_target("best");
  EXPECT_THAT([] { set_target("AVX9"); },
              ThrowsMessage<Error>(AllOf(HasSubstr("[target] \"AVX9\" is no SIMD target"), HasSubstr(targets().back()))));
  EXPECT_EQ(runs(), targets().front());
}

}  // namespace
}  // namespace rectify
#endif
