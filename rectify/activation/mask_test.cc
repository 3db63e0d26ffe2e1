#include "rectify/activation/mask.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "rectify/base/error.h"
#include "rectify/base/random.h"
#include "rectify/simd/target.h"

namespace rectify {
namespace {

using testing::HasSubstr;

/// Values of both signs, zeros, subnormals and infinities among them, but no NaN.
std::vector<float> samples(std::size_t n, std::uint64_t stream) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const float special[] = {0.0f, -0.0f, kInfinity, -kInfinity, 0x1p-149f, -0x1p-149f, 3.4e38f};
  Random random(3, stream);
  std::vector<float> x(n);
  for (std::size_t i = 0; i < n; ++i) x[i] = i % 7 == 3 ? special[i / 7 % std::size(special)] : static_cast<float>(random.normal());
  return x;
}

void expect_same_bits(float got, float want, std::size_t i) {
  ASSERT_TRUE(std::bit_cast<std::uint32_t>(got) == std::bit_cast<std::uint32_t>(want) || (std::isnan(got) && std::isnan(want)))
      << i << ": " << got << ", not " << want;
}

TEST(MaskedActivation, takes_the_relu_family_and_formulas_like_it) {
  for (const char* spec :
       {"relu", "leaky_relu", "leaky_relu(slope=-0.3)", "prelu", "linear", "x > 0 ? x : 0.2 * x", "x > 0 ? 3 * x : -x"}) {
    EXPECT_TRUE(MaskedActivation::fits(Activation(spec))) << spec;
    EXPECT_TRUE(MaskedActivation::fits(Activation(spec).as_tiles())) << spec;
  }
}

TEST(MaskedActivation, refuses_all_others) {
  for (const char* spec : {"sigmoid", "tanh", "elu", "elu(alpha=0)", "clip(x, 0, 6)", "max(x, 0)^2", "x > 1 ? x : 0",
                           "x > 0 ? x : x * 1e-9 * x", "x >= 0 ? x : 0", "x > 1e-30 ? x : 0"}) {
    EXPECT_FALSE(MaskedActivation::fits(Activation(spec))) << spec;
  }
  try {
    MaskedActivation masked(Activation("tanh"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("[mask] the derivative of tanh is not decided by x > 0"));
  }
}

class EveryMask : public testing::TestWithParam<std::tuple<std::string, const char*>> {
 protected:
  ScopedTarget target_{std::get<0>(GetParam())};
  Activation f_{std::get<1>(GetParam())};
  MaskedActivation masked_{f_};
};

TEST_P(EveryMask, gives_what_the_input_gives_at_any_length_and_offset) {
  constexpr std::size_t kMost = 300, kOffsets = 5;
  const std::vector<float> x = samples(kMost + kOffsets, 0), dy = samples(kMost + kOffsets, 1);
  for (std::size_t n = 0; n <= kMost; n += n < 70 ? 1 : 23) {
    for (std::size_t offset = 0; offset < kOffsets; offset += 2) {
      std::vector<float> y(n + 1, -7.0f), want(n), dx(n + 1, -7.0f), want_dx(n);
      std::vector<std::uint8_t> mask(MaskedActivation::mask_bytes(n) + 1, 0xa5);
      masked_.forward(x.data() + offset, y.data(), mask.data(), n);
      f_.forward(x.data() + offset, want.data(), n);
      masked_.grad_from_mask(mask.data(), dy.data() + offset, dx.data(), n);
      f_.grad_from_input(x.data() + offset, dy.data() + offset, want_dx.data(), n);
      for (std::size_t i = 0; i < n; ++i) {
        expect_same_bits(y[i], want[i], i);
        expect_same_bits(dx[i], want_dx[i], i);
        ASSERT_EQ(mask[i / 8] >> (i % 8) & 1, x[offset + i] > 0 ? 1 : 0) << i;
      }
      ASSERT_EQ(y[n], -7.0f);
      ASSERT_EQ(dx[n], -7.0f);
      ASSERT_EQ(mask.back(), 0xa5);
      ASSERT_TRUE(n % 8 == 0 || mask[n / 8] >> (n % 8) == 0);
    }
  }
}

TEST_P(EveryMask, works_in_place_beyond_a_block) {
  const std::size_t n = 5003;
  std::vector<float> x = samples(n, 2), dy = samples(n, 3), want(n), want_dx(n);
  f_.forward(x.data(), want.data(), n);
  f_.grad_from_input(x.data(), dy.data(), want_dx.data(), n);
  std::vector<std::uint8_t> mask(MaskedActivation::mask_bytes(n));
  masked_.forward(x.data(), x.data(), mask.data(), n);
  masked_.grad_from_mask(mask.data(), dy.data(), dy.data(), n);
  for (std::size_t i = 0; i < n; ++i) {
    expect_same_bits(x[i], want[i], i);
    expect_same_bits(dy[i], want_dx[i], i);
  }
}

TEST_P(EveryMask, has_slopes_per_column) {
  const std::size_t parameters = f_.parameters().size();
  for (const Extent extent : {Extent{7, 37}, Extent{3, 2051}, Extent{41, 1}, Extent{0, 5}, Extent{5, 0}}) {
    const std::size_t n = extent.rows * extent.cols;
    std::vector<float> x = samples(n, 4), dy = samples(n, 5), want(n), want_dx(n), p(parameters * extent.cols);
    for (std::size_t i = 0; i < p.size(); ++i) p[i] = 0.1f * static_cast<float>(i % 23) - 0.7f;
    const ParameterView view{p.data(), Sharing::kPerColumn};
    f_.forward(x.data(), want.data(), extent, view);
    f_.grad_from_input(x.data(), dy.data(), want_dx.data(), extent, view);
    std::vector<std::uint8_t> mask(MaskedActivation::mask_bytes(n));
    masked_.forward(x.data(), x.data(), mask.data(), extent, view);
    masked_.grad_from_mask(mask.data(), dy.data(), dy.data(), extent, view);
    for (std::size_t i = 0; i < n; ++i) {
      expect_same_bits(x[i], want[i], i);
      expect_same_bits(dy[i], want_dx[i], i);
    }
  }
}

TEST_P(EveryMask, takes_a_nan_for_negative) {
  const float x = NAN, dy = 2, slope_of = -1;
  float y = 0, dx = 0, want = 0;
  std::uint8_t mask = 0xff;
  masked_.forward(&x, &y, &mask, 1);
  masked_.grad_from_mask(&mask, &dy, &dx, 1);
  f_.grad_from_input(&slope_of, &dy, &want, 1);
  EXPECT_TRUE(std::isnan(y));
  EXPECT_EQ(mask, 0);
  EXPECT_EQ(dx, want);
}

INSTANTIATE_TEST_SUITE_P(Targets, EveryMask,
                         testing::Combine(testing::ValuesIn(targets()),
                                          testing::Values("relu", "leaky_relu", "prelu", "x > 0 ? a * x : b * x; a = 2; b = 0.3 learn")));

}  // namespace
}  // namespace rectify
