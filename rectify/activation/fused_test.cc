#include "rectify/activation/fused.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <tuple>
#include <vector>

#include "rectify/base/error.h"
#include "rectify/base/random.h"
#include "rectify/simd/target.h"

namespace rectify {
namespace {

using testing::HasSubstr;

std::vector<float> samples(std::size_t n, std::uint64_t stream) {
  Random random(7, stream);
  std::vector<float> x(n);
  for (float& value : x) value = static_cast<float>(2 * random.normal());
  return x;
}

std::vector<std::uint32_t> bits(const std::vector<float>& values) {
  std::vector<std::uint32_t> patterns;
  for (const float v : values) patterns.push_back(std::bit_cast<std::uint32_t>(v));
  return patterns;
}

/// What dropout.h says of element i.
bool kept(const Dropout& dropout, std::size_t i) {
  const std::uint64_t counter = 16 * (i / 128) + 8 * (i % 2) + i % 16 / 2;
  const std::uint32_t word = philox(dropout.seed, dropout.stream, counter)[i / 16 % 4];
  return (i % 128 < 64 ? word & 0xffff : word >> 16) < std::lround(dropout.keep * 65536);
}

class EveryTarget : public testing::TestWithParam<std::string> {
 protected:
  ScopedTarget target_{GetParam()};
};

TEST_P(EveryTarget, drops_by_philox) {
  for (const Dropout& dropout : {Dropout{0.8, 1, 2}, Dropout{0.5, 0xfedcba9876543210, 0x123456789abcdef0}, Dropout{1.0 / 65536, 3, 4}}) {
    const std::vector<float> x(3000, 2.0f);
    std::vector<float> y(x.size());
    apply_dropout(dropout, x.data(), y.data(), x.size());
    const float raised = 2.0f * static_cast<float>(65536.0 / static_cast<double>(std::lround(dropout.keep * 65536)));
    for (std::size_t i = 0; i < y.size(); ++i) {
      ASSERT_EQ(std::bit_cast<std::uint32_t>(y[i]), std::bit_cast<std::uint32_t>(kept(dropout, i) ? raised : 0.0f)) << i;
    }
  }
}

TEST_P(EveryTarget, drops_far_into_an_array) {
  const Dropout dropout{0.6, 9, 1};
  const std::size_t first = (std::size_t{1} << 36) + 77;  // beyond 32-bit counters
  const std::vector<float> x(300, 1.0f);
  std::vector<float> y(x.size());
  apply_dropout(dropout, x.data(), y.data(), x.size(), first);
  for (std::size_t i = 0; i < y.size(); ++i) ASSERT_EQ(y[i] != 0, kept(dropout, first + i)) << i;
}

TEST_P(EveryTarget, drops_parts_like_the_whole) {
  const Dropout dropout{0.7, 5, 6};
  const std::vector<float> x = samples(1000, 0);
  std::vector<float> whole(x.size());
  apply_dropout(dropout, x.data(), whole.data(), x.size());
  for (const std::size_t step : {1, 7, 100, 128, 129, 400}) {
    std::vector<float> parts = x;
    for (std::size_t i = 0; i < x.size(); i += step) {
      apply_dropout(dropout, parts.data() + i, parts.data() + i, std::min(step, x.size() - i), i);
    }
    EXPECT_EQ(bits(parts), bits(whole)) << step;
  }
}

TEST_P(EveryTarget, drops_what_is_not_finite) {
  const Dropout dropout{0.5, 1, 1};
  const std::vector<float> x(1000, NAN);
  std::vector<float> y(x.size());
  apply_dropout(dropout, x.data(), y.data(), x.size());
  for (std::size_t i = 0; i < y.size(); ++i) ASSERT_TRUE(kept(dropout, i) ? std::isnan(y[i]) : y[i] == 0) << i;
}

TEST_P(EveryTarget, keeps_the_mean) {
  const std::size_t n = 1 << 20;
  const std::vector<float> x(n, 1.0f);
  std::vector<float> y(n);
  for (const double keep : {0.1, 0.5, 0.9}) {
    apply_dropout({keep, 11, 12}, x.data(), y.data(), n);
    double sum = 0;
    for (const float v : y) sum += v;
    EXPECT_NEAR(sum / n, 1, 5 * std::sqrt((1 - keep) / keep / n)) << keep;
  }
}

TEST_P(EveryTarget, sums_columns) {
  for (const Extent extent : {Extent{200, 37}, Extent{3, 2000}, Extent{64, 1}, Extent{0, 8}, Extent{129, 100}}) {
    const std::vector<float> values = samples(extent.rows * extent.cols, 1);
    std::vector<float> sums(extent.cols, 0.5f);
    add_column_sums(values.data(), sums.data(), extent);
    for (std::size_t c = 0; c < extent.cols; ++c) {
      double want = 0.5;
      for (std::size_t r = 0; r < extent.rows; ++r) want += values[r * extent.cols + c];
      ASSERT_NEAR(sums[c], want, 1e-5 * (1 + static_cast<double>(extent.rows))) << c;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, EveryTarget, testing::ValuesIn(targets()));

TEST(Dropout, refuses_what_is_no_probability) {
  float x = 1;
  for (const double keep : {0.0, -0.5, 1.5, 1e-6, static_cast<double>(NAN)}) {
    try {
      apply_dropout({keep, 0, 0}, &x, &x, 1);
      FAIL() << keep;
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("wanted a probability from 1/65536 to 1"));
    }
    EXPECT_THROW(forward(FusedPass{Activation("relu"), nullptr, {keep}}, &x, &x, {1, 1}, {}), Error);
    EXPECT_THROW(grad_from_input(FusedPass{Activation("relu"), nullptr, {keep}}, &x, &x, &x, nullptr, {0, 1}, {}), Error);
  }
}

TEST(Dropout, changes_nothing_where_all_is_kept) {
  const std::vector<float> x = samples(100, 2);
  std::vector<float> y(x.size());
  apply_dropout({}, x.data(), y.data(), x.size());
  EXPECT_EQ(bits(y), bits(x));
}

/// Shapes with rows shorter and longer than a block, and not of whole vectors.
class EveryFusedPass : public testing::TestWithParam<std::tuple<std::string, std::string, Sharing>> {
 protected:
  ScopedTarget target_{std::get<0>(GetParam())};
  Activation f_{std::get<1>(GetParam())};

  void expect_like_separate_passes(Extent extent, double keep) const {
    const std::size_t n = extent.rows * extent.cols, count = f_.parameters().size();
    const std::vector<float> x = samples(n, 3), dy = samples(n, 4), bias = samples(extent.cols, 5);
    std::vector<float> p(count * (std::get<2>(GetParam()) == Sharing::kShared ? 1 : extent.cols));
    for (std::size_t i = 0; i < p.size(); ++i) p[i] = 0.5f + 0.001f * static_cast<float>(i);
    const ParameterView view{p.data(), std::get<2>(GetParam())};
    const FusedPass pass{f_, bias.data(), {keep, 21, 22}};

    std::vector<float> input(n), want(n), y = x;
    add_bias(x.data(), bias.data(), input.data(), extent);
    f_.forward(input.data(), want.data(), extent, view);
    apply_dropout(pass.dropout, want.data(), want.data(), n);
    forward(pass, y.data(), y.data(), extent, view);
    EXPECT_EQ(bits(y), bits(want));

    std::vector<float> dropped(n), want_dx(n), dx = dy, want_sums(extent.cols, 0.25f), sums = want_sums;
    apply_dropout(pass.dropout, dy.data(), dropped.data(), n);
    f_.grad_from_input(input.data(), dropped.data(), want_dx.data(), extent, view);
    add_column_sums(want_dx.data(), want_sums.data(), extent);
    grad_from_input(pass, x.data(), dx.data(), dx.data(), sums.data(), extent, view);
    EXPECT_EQ(bits(dx), bits(want_dx));
    EXPECT_EQ(bits(sums), bits(want_sums));
  }
};

TEST_P(EveryFusedPass, equals_separate_passes_bit_for_bit) {
  for (const Extent extent :
       {Extent{300, 7}, Extent{130, 100}, Extent{5, 784}, Extent{70, 1500}, Extent{1, 1}, Extent{0, 3}, Extent{3, 0}}) {
    expect_like_separate_passes(extent, 0.75);
  }
  expect_like_separate_passes({70, 33}, 1);
}

INSTANTIATE_TEST_SUITE_P(Targets, EveryFusedPass,
                         testing::Combine(testing::ValuesIn(targets()),
                                          testing::Values("relu", "tanh", "elu", "x > 0 ? a * x : b * tanh(x); a = 1; b = 0.5"),
                                          testing::Values(Sharing::kShared, Sharing::kPerColumn)));

TEST(FusedPass, may_have_no_bias) {
  const Activation f("tanh");
  const std::vector<float> x = samples(500, 6);
  std::vector<float> y(x.size()), want(x.size());
  forward(FusedPass{f}, x.data(), y.data(), {5, 100}, {});
  f.forward(x.data(), want.data(), x.size());
  EXPECT_EQ(bits(y), bits(want));
  std::vector<float> dx = x;
  grad_from_input(FusedPass{f}, x.data(), dx.data(), dx.data(), nullptr, {5, 100}, {});
  f.grad_from_input(x.data(), x.data(), want.data(), x.size());
  EXPECT_EQ(bits(dx), bits(want));
}

}  // namespace
}  // namespace rectify
