// Results do not depend on where an array lies, how long it is and whether it is overwritten.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <tuple>

#include "rectify/activation/activation.h"
#include "rectify/base/aligned.h"
#include "rectify/simd/target.h"

namespace rectify {
namespace {

class EveryPlacement : public testing::TestWithParam<std::tuple<std::string, std::string>> {
 protected:
  EveryPlacement() : target_(std::get<1>(GetParam())), activation_(std::get<0>(GetParam())) {}
  ScopedTarget target_;
  Activation activation_;
};

// Kernels end on a vector, formulas on a strip of eight vectors: 8 to 128 values by target. These lengths have several ends of each.
constexpr std::size_t kLongest = 257, kOffsets = 64, kRoom = kOffsets + kLongest + 1;
constexpr float kUntouched = -777;

/// An array before and after a call: outside of [offset, offset + n) nothing may have changed.
::testing::AssertionResult is_right(const float* got, const float* before, const float* want, std::size_t offset, std::size_t n) {
  const auto same = [&](const float* a, const float* b, std::size_t begin, std::size_t end) {
    return std::memcmp(a + begin, b + begin, (end - begin) * sizeof(float)) == 0;
  };
  if (!same(got, before, 0, offset)) return testing::AssertionFailure() << "something before it is overwritten";
  if (!same(got, before, offset + n, kRoom)) return testing::AssertionFailure() << "something behind it is overwritten";
  if (!same(got, want, offset, offset + n)) return testing::AssertionFailure() << "values differ";
  return testing::AssertionSuccess();
}

TEST_P(EveryPlacement, gives_the_same_results) {
  AlignedVector<float> x(kRoom), dy(kRoom), want(kRoom), want_dx(kRoom), got(kRoom);
  for (std::size_t i = 0; i < kRoom; ++i) {
    x[i] = static_cast<float>(std::sin(static_cast<double>(i) * 1.7) * 6);
    dy[i] = static_cast<float>(std::cos(static_cast<double>(i) * 0.3));
  }
  x[70] = INFINITY, x[71] = -INFINITY, x[72] = -0.0f, x[90] = -95, x[100] = 1e30f, x[101] = -1e30f, x[110] = 1e-40f;
  for (std::size_t i = 0; i < kRoom; ++i) {
    activation_.forward(&x[i], &want[i], 1);
    activation_.grad_from_input(&x[i], &dy[i], &want_dx[i], 1);
  }
  const AlignedVector<float> untouched(kRoom, kUntouched);
  for (std::size_t offset = 0; offset < kOffsets; ++offset) {
    for (std::size_t n = 0; n <= kLongest; ++n) {
      got = untouched;
      activation_.forward(&x[offset], &got[offset], n);
      ASSERT_TRUE(is_right(got.data(), untouched.data(), want.data(), offset, n)) << "forward, " << n << " from " << offset;
      got = x;
      activation_.forward(&got[offset], &got[offset], n);
      ASSERT_TRUE(is_right(got.data(), x.data(), want.data(), offset, n)) << "forward in place, " << n << " from " << offset;
      got = untouched;
      activation_.grad_from_input(&x[offset], &dy[offset], &got[offset], n);
      ASSERT_TRUE(is_right(got.data(), untouched.data(), want_dx.data(), offset, n)) << "gradient, " << n << " from " << offset;
      got = x;
      activation_.grad_from_input(&got[offset], &dy[offset], &got[offset], n);
      ASSERT_TRUE(is_right(got.data(), x.data(), want_dx.data(), offset, n)) << "gradient over x, " << n << " from " << offset;
      got = dy;
      activation_.grad_from_input(&x[offset], &got[offset], &got[offset], n);
      ASSERT_TRUE(is_right(got.data(), dy.data(), want_dx.data(), offset, n)) << "gradient over dy, " << n << " from " << offset;
    }
  }
}

/// Where input and output are shifted against each other.
TEST_P(EveryPlacement, gives_the_same_results_from_one_place_to_another) {
  AlignedVector<float> x(kRoom), want(kRoom);
  for (std::size_t i = 0; i < kRoom; ++i) x[i] = static_cast<float>(std::sin(static_cast<double>(i)) * 6);
  for (std::size_t i = 0; i < kRoom; ++i) activation_.forward(&x[i], &want[i], 1);
  for (const std::size_t n : {1, 17, 64, 257}) {
    for (std::size_t to = 0; to < 17; ++to) {
      AlignedVector<float> got(kRoom, kUntouched);
      activation_.forward(&x[3], &got[to], n);
      ASSERT_EQ(std::memcmp(&got[to], &want[3], n * sizeof(float)), 0) << n << " from 3 to " << to;
      ASSERT_EQ(got[to + n], kUntouched);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Catalogue, EveryPlacement, testing::Combine(testing::ValuesIn(catalogue_names()), testing::ValuesIn(targets())),
                         [](const auto& test) { return std::get<0>(test.param) + "_" + std::get<1>(test.param); });

}  // namespace
}  // namespace rectify
