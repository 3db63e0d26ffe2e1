#include "limits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace rectify::certify {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(Limits, know_the_roots_of_slopes) {
  const Limits silu = limits_of(Activation("silu"), Direction::kGradient);
  EXPECT_THAT(silu.roots, ElementsAre(DoubleNear(-1.2784645, 1e-6)));
  EXPECT_NEAR(silu.near_root, 0x1p-23 * 1.0998393, 1e-12);
  EXPECT_THAT(limits_of(Activation("silu"), Direction::kForward).roots, IsEmpty());
  EXPECT_THAT(limits_of(Activation("sine"), Direction::kGradient).roots, IsEmpty()) << "too many to set aside";
  EXPECT_THAT(limits_of(Activation("relu"), Direction::kGradient).roots, IsEmpty()) << "a jump";
}

TEST(Limits, know_the_roots_of_slopes_without_bound) {
  const Limits xielu = limits_of(Activation("xielu"), Direction::kGradient);
  EXPECT_THAT(xielu.roots, ElementsAre(DoubleNear(std::log(0.375), 1e-9)));
  EXPECT_NEAR(xielu.near_root, 0x1p-23 * 5.3, 1e-12) << "of the largest slope on [-3, 3]";
  EXPECT_THAT(limits_of(Activation("relu_squared"), Direction::kGradient).roots, IsEmpty());
}

}  // namespace
}  // namespace rectify::certify
