#include "rectify/simd/pooling.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "rectify/base/random.h"
#include "rectify/simd/target.h"

namespace rectify {
namespace {

const PoolSize kSizes[] = {{2, 4, 4, 3, 2, 2, 2, 0},  {1, 5, 7, 16, 2, 2, 2, 0}, {2, 6, 5, 9, 3, 3, 2, 1},
                           {3, 7, 7, 17, 7, 7, 1, 0}, {1, 4, 4, 8, 3, 3, 1, 1},  {2, 3, 3, 1, 1, 1, 1, 0}};

std::vector<float> draw(std::int64_t n, int stream) {
  Random random(5, stream);
  std::vector<float> values(n);
  for (float& value : values) value = static_cast<float>(random.normal());
  return values;
}

std::int64_t inputs(const PoolSize& s) { return s.images * s.height * s.width * s.channels; }
std::int64_t outputs(const PoolSize& s) { return s.images * s.output_height() * s.output_width() * s.channels; }

/// Calls body(place in y, place in x, position in the window) for all that lies in the image.
template <class Body>
void for_each_pair(const PoolSize& s, const Body& body) {
  for (std::int64_t y = 0; y < outputs(s); ++y) {
    const std::int64_t c = y % s.channels, ox = y / s.channels % s.output_width(),
                       oy = y / (s.channels * s.output_width()) % s.output_height(),
                       image = y / (s.channels * s.output_width() * s.output_height());
    for (std::int64_t k = 0; k < s.kernel_height * s.kernel_width; ++k) {
      const std::int64_t row = oy * s.stride - s.padding + k / s.kernel_width, column = ox * s.stride - s.padding + k % s.kernel_width;
      if (row < 0 || row >= s.height || column < 0 || column >= s.width) continue;
      body(y, ((image * s.height + row) * s.width + column) * s.channels + c, k);
    }
  }
}

class PoolKernelsTest : public testing::TestWithParam<std::string> {
 protected:
  ScopedTarget target_{GetParam()};
};

TEST_P(PoolKernelsTest, max_finds_the_first_largest_and_its_place) {
  for (const PoolSize& s : kSizes) {
    auto x = draw(inputs(s), 0);
    for (float& value : x) value = std::round(value);  // equal ones
    std::vector<float> y(outputs(s), -1), want(outputs(s), -std::numeric_limits<float>::infinity());
    std::vector<std::uint8_t> chosen(outputs(s)), place(outputs(s));
    pool_kernels().max(s, x.data(), y.data(), chosen.data());
    for_each_pair(s, [&](std::int64_t out, std::int64_t in, std::int64_t k) {
      if (x[in] > want[out]) want[out] = x[in], place[out] = static_cast<std::uint8_t>(k);
    });
    EXPECT_EQ(y, want);
    EXPECT_EQ(chosen, place);
  }
}

TEST_P(PoolKernelsTest, max_of_relu_is_that_of_the_values_that_relu_gives) {
  for (const PoolSize& s : kSizes) {
    auto x = draw(inputs(s), 0);
    for (float& value : x) value = std::round(value - 1);  // many windows without any above 0, and zeros of both signs
    auto rectified = x;
    for (float& value : rectified) value = value < 0 ? 0 : value;
    std::vector<float> y(outputs(s)), want(outputs(s));
    std::vector<std::uint8_t> chosen(outputs(s)), place(outputs(s));
    pool_kernels().max(s, rectified.data(), want.data(), place.data());
    pool_kernels().max_of_relu(s, x.data(), y.data(), chosen.data());
    for (std::size_t i = 0; i < y.size(); ++i) {
      ASSERT_EQ(std::bit_cast<std::uint32_t>(y[i]), std::bit_cast<std::uint32_t>(want[i]));
      ASSERT_EQ(chosen[i], want[i] > 0 ? place[i] : kNoPosition);
    }
    const auto dy = draw(outputs(s), 1);
    std::vector<float> dx(inputs(s), NAN), sum(inputs(s));
    pool_kernels().max_backward(s, dy.data(), chosen.data(), dx.data());
    for_each_pair(s, [&](std::int64_t out, std::int64_t in, std::int64_t k) {
      if (chosen[out] == k) sum[in] += dy[out];
    });
    EXPECT_EQ(dx, sum);
  }
}

TEST_P(PoolKernelsTest, max_of_a_function_keeps_what_the_function_was_given) {
  for (const PoolSize& s : kSizes) {
    const auto x = draw(inputs(s), 0);
    auto f = x;
    for (float& value : f) value = std::round(value * value);  // equal ones of different x
    std::vector<float> y(outputs(s)), want(outputs(s)), chosen_inputs(outputs(s));
    std::vector<std::uint8_t> chosen(outputs(s)), place(outputs(s));
    pool_kernels().max(s, f.data(), want.data(), place.data());
    pool_kernels().max_of_function(s, x.data(), f.data(), y.data(), chosen.data(), chosen_inputs.data());
    EXPECT_EQ(y, want);
    EXPECT_EQ(chosen, place);
    for_each_pair(s, [&](std::int64_t out, std::int64_t in, std::int64_t k) {
      if (place[out] == k) {
        ASSERT_EQ(chosen_inputs[out], x[in]);
      }
    });
  }
}

TEST_P(PoolKernelsTest, max_keeps_nan) {
  const PoolSize s{1, 2, 2, 9, 2, 2, 2, 0};
  for (int at = 0; at < 4; ++at) {
    auto x = draw(inputs(s), 0);
    x[at * 9 + 4] = NAN;
    std::vector<float> y(9);
    std::vector<std::uint8_t> chosen(9);
    pool_kernels().max(s, x.data(), y.data(), chosen.data());
    for (int c = 0; c < 9; ++c) EXPECT_EQ(std::isnan(y[c]), c == 4);
    EXPECT_EQ(chosen[4], at);
    pool_kernels().max_of_relu(s, x.data(), y.data(), chosen.data());
    for (int c = 0; c < 9; ++c) EXPECT_EQ(std::isnan(y[c]), c == 4);
    EXPECT_EQ(chosen[4], kNoPosition);
  }
}

TEST_P(PoolKernelsTest, gradients_go_back_to_where_values_came_from) {
  for (const PoolSize& s : kSizes) {
    const auto x = draw(inputs(s), 0), dy = draw(outputs(s), 1);
    std::vector<float> y(outputs(s)), largest(inputs(s), NAN), mean(inputs(s), NAN);
    std::vector<std::uint8_t> chosen(outputs(s));
    pool_kernels().max(s, x.data(), y.data(), chosen.data());
    pool_kernels().max_backward(s, dy.data(), chosen.data(), largest.data());
    pool_kernels().average_backward(s, dy.data(), mean.data());
    std::vector<double> want_largest(inputs(s)), want_mean(inputs(s));
    for_each_pair(s, [&](std::int64_t out, std::int64_t in, std::int64_t k) {
      if (chosen[out] == k) want_largest[in] += dy[out];
      want_mean[in] += static_cast<double>(dy[out]) / static_cast<double>(s.kernel_height * s.kernel_width);
    });
    for (std::int64_t i = 0; i < inputs(s); ++i) {
      ASSERT_NEAR(largest[i], want_largest[i], 1e-5);
      ASSERT_NEAR(mean[i], want_mean[i], 1e-5);
    }
  }
}

TEST_P(PoolKernelsTest, average_counts_padding_as_zeros) {
  for (const PoolSize& s : kSizes) {
    const auto x = draw(inputs(s), 0);
    std::vector<float> y(outputs(s), NAN);
    std::vector<double> want(outputs(s));
    pool_kernels().average(s, x.data(), y.data());
    for_each_pair(s, [&](std::int64_t out, std::int64_t in, std::int64_t) {
      want[out] += static_cast<double>(x[in]) / static_cast<double>(s.kernel_height * s.kernel_width);
    });
    for (std::int64_t i = 0; i < outputs(s); ++i) ASSERT_NEAR(y[i], want[i], 1e-5);
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, PoolKernelsTest, testing::ValuesIn(targets()), [](const auto& target) { return target.param; });

}  // namespace
}  // namespace rectify
