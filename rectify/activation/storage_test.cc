#include "rectify/activation/storage.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <tuple>

#include "rectify/base/random.h"
#include "rectify/simd/target.h"

namespace rectify {
namespace {

constexpr std::size_t kPatterns = 1 << 16;

/// What distinguishes a format.
template <class T>
struct Format;
template <>
struct Format<BFloat16> {
  static constexpr int kFractionBits = 7, kLowestExponent = -126, kHighestExponent = 127;
};
template <>
struct Format<Float16> {
  static constexpr int kFractionBits = 10, kLowestExponent = -14, kHighestExponent = 15;
};

/// The value of a bit pattern, from the definition of the format.
template <class T>
double value_of(T stored) {
  using F = Format<T>;
  const int sign = stored.bits >> 15, fraction = stored.bits & ((1 << F::kFractionBits) - 1);
  const int exponent = (stored.bits & 0x7fff) >> F::kFractionBits;
  double size = std::ldexp(1 + std::ldexp(fraction, -F::kFractionBits), exponent + F::kLowestExponent - 1);
  if (exponent == 0) size = std::ldexp(fraction, F::kLowestExponent - F::kFractionBits);
  if (exponent + F::kLowestExponent - 1 > F::kHighestExponent) size = fraction == 0 ? INFINITY : NAN;
  return sign ? -size : size;
}

/// The nearest stored value, the even one of two: in double, with a division into units in the last place.
template <class T>
T round_to(double x) {
  using F = Format<T>;
  const std::uint16_t sign = std::signbit(x) ? 0x8000 : 0;
  constexpr std::uint16_t kInfinite = ((1 << (15 - F::kFractionBits)) - 1) << F::kFractionBits;
  if (std::isnan(x)) return {static_cast<std::uint16_t>(sign | kInfinite | 1)};
  const double size = std::abs(x);
  if (size == 0) return {sign};
  const int exponent = std::isinf(size) ? F::kHighestExponent + 1 : std::max(std::ilogb(size), F::kLowestExponent);
  if (exponent > F::kHighestExponent) return {static_cast<std::uint16_t>(sign | kInfinite)};
  const double units = std::nearbyint(std::ldexp(size, F::kFractionBits - exponent));
  // Units beyond a binade carry into the exponent, and those of the last into infinity.
  const int normal = exponent - F::kLowestExponent;
  return {static_cast<std::uint16_t>(sign | ((normal << F::kFractionBits) + static_cast<int>(units)))};
}

template <class T>
bool is_nan(T stored) {
  return std::isnan(value_of(stored));
}

template <class T>
std::vector<T> all_patterns() {
  std::vector<T> all(kPatterns);
  for (std::size_t i = 0; i < kPatterns; ++i) all[i].bits = static_cast<std::uint16_t>(i);
  return all;
}

template <class T>
void expect_conversions_right() {
  const std::vector<T> all = all_patterns<T>();
  std::vector<float> wide(kPatterns);
  widen(all.data(), wide.data(), kPatterns);
  std::vector<T> back(kPatterns);
  narrow(wide.data(), back.data(), kPatterns);
  for (std::size_t i = 0; i < kPatterns; ++i) {
    const auto want = static_cast<float>(value_of(all[i]));
    ASSERT_TRUE(std::isnan(want) ? std::isnan(wide[i]) : std::bit_cast<std::uint32_t>(wide[i]) == std::bit_cast<std::uint32_t>(want)) << i;
    ASSERT_TRUE(is_nan(all[i]) ? is_nan(back[i]) : back[i] == all[i]) << i;
  }
}

/// Floats on both sides of every stored value and of every middle between two, and random ones.
template <class T>
std::vector<float> hard_to_round() {
  std::vector<float> x;
  for (std::size_t i = 0; i + 1 < kPatterns; ++i) {
    const double a = value_of(T{static_cast<std::uint16_t>(i)}), b = value_of(T{static_cast<std::uint16_t>(i + 1)});
    for (const double v : {a, (a + b) / 2}) {
      const auto f = static_cast<float>(v);
      x.insert(x.end(), {f, std::nextafter(f, INFINITY), std::nextafter(f, -INFINITY)});
    }
  }
  Random random(5, 0);
  for (int i = 0; i < 200000; ++i) x.push_back(std::bit_cast<float>(random.bits()));
  for (const std::uint32_t bits : {0x7f800001u, 0x7fffffffu, 0xff800001u, 0xffffffffu, 0x7f800000u, 0xff800000u, 0x7f7fffffu, 1u,
                                   0x80000001u, 0x477fefffu, 0x477ff000u, 0x33000000u, 0x33000001u}) {
    x.push_back(std::bit_cast<float>(bits));
  }
  return x;
}

template <class T>
void expect_rounding_right() {
  const std::vector<float> x = hard_to_round<T>();
  std::vector<T> got(x.size());
  narrow(x.data(), got.data(), x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(x[i])) {
      ASSERT_TRUE(is_nan(got[i])) << i;
    } else {
      ASSERT_EQ(got[i].bits, round_to<T>(x[i]).bits) << x[i];
    }
  }
}

class EveryTarget : public testing::TestWithParam<std::string> {
 protected:
  ScopedTarget target_{GetParam()};
};

TEST_P(EveryTarget, converts_every_value_exactly) {
  expect_conversions_right<BFloat16>();
  expect_conversions_right<Float16>();
}

TEST_P(EveryTarget, rounds_to_nearest_even) {
  expect_rounding_right<BFloat16>();
  expect_rounding_right<Float16>();
}

TEST_P(EveryTarget, converts_any_length_and_writes_nothing_else) {
  for (std::size_t n = 0; n < 70; ++n) {
    std::vector<BFloat16> stored(n + 1, BFloat16{0x4040});
    std::vector<float> wide(n + 1, -7.0f);
    widen(stored.data(), wide.data(), n);
    EXPECT_EQ(std::count(wide.begin(), wide.end(), 3.0f), static_cast<std::ptrdiff_t>(n));
    EXPECT_EQ(wide[n], -7.0f);
    std::vector<Float16> halves(n + 1, Float16{0xffff});
    narrow(wide.data(), halves.data(), n);
    EXPECT_EQ(std::count(halves.begin(), halves.end(), Float16{0x4200}), static_cast<std::ptrdiff_t>(n));
    EXPECT_EQ(halves[n].bits, 0xffff);
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, EveryTarget, testing::ValuesIn(targets()));

class EveryStoredActivation : public testing::TestWithParam<std::tuple<std::string, std::string>> {
 protected:
  ScopedTarget target_{std::get<1>(GetParam())};
  Activation f_{std::get<0>(GetParam())};
};

template <class T>
void expect_rounded(std::span<const float> want, std::span<const T> got, std::span<const T> x, const char* what) {
  for (std::size_t i = 0; i < want.size(); ++i) {
    if (std::isnan(want[i])) {
      ASSERT_TRUE(is_nan(got[i])) << what << " at " << value_of(x[i]);
    } else {
      ASSERT_EQ(got[i].bits, round_to<T>(want[i]).bits) << what << " at " << value_of(x[i]);
    }
  }
}

/// Over all inputs: the float kernel's result, rounded once.
template <class T>
void expect_single_rounding(const Activation& f) {
  const std::vector<T> x = all_patterns<T>();
  std::vector<T> dy(kPatterns), y = x, dx(kPatterns);
  std::vector<float> wide(kPatterns), upstream(kPatterns), want(kPatterns), slope(kPatterns);
  for (std::size_t i = 0; i < kPatterns; ++i) {
    wide[i] = static_cast<float>(value_of(x[i]));
    dy[i] = round_to<T>(i % 3 == 0 ? 1 : std::cos(0.7 * static_cast<double>(i)));
    upstream[i] = static_cast<float>(value_of(dy[i]));
  }
  f.forward(wide.data(), want.data(), kPatterns);
  f.grad_from_input(wide.data(), upstream.data(), slope.data(), kPatterns);
  forward(f, y.data(), y.data(), kPatterns);
  grad_from_input(f, x.data(), dy.data(), dx.data(), kPatterns);
  expect_rounded<T>(want, y, x, "f");
  expect_rounded<T>(slope, dx, x, "f'");
  grad_from_input(f, x.data(), dy.data(), dy.data(), kPatterns);
  expect_rounded<T>(slope, dy, x, "f' in place");
}

TEST_P(EveryStoredActivation, rounds_once_over_all_inputs) {
  expect_single_rounding<BFloat16>(f_);
  expect_single_rounding<Float16>(f_);
}

INSTANTIATE_TEST_SUITE_P(Catalogue, EveryStoredActivation,
                         testing::Combine(testing::ValuesIn(catalogue_names()), testing::ValuesIn(targets())));

TEST(StoredActivation, may_have_parameters_per_column) {
  const Activation f("x > 0 ? a * x : b * x; a = 1; b = 0.2");
  for (const Extent extent : {Extent{9, 35}, Extent{3, 1500}}) {
    const std::size_t n = extent.rows * extent.cols;
    std::vector<BFloat16> x(n), y(n);
    std::vector<float> p(2 * extent.cols), wide(n), want(n);
    for (std::size_t i = 0; i < n; ++i) x[i] = round_to<BFloat16>(3 * std::sin(1.7 * static_cast<double>(i)));
    for (std::size_t i = 0; i < p.size(); ++i) p[i] = 0.01f * static_cast<float>(i);
    forward(f, x.data(), y.data(), extent, {p.data(), Sharing::kPerColumn});
    widen(x.data(), wide.data(), n);
    f.forward(wide.data(), want.data(), extent, {p.data(), Sharing::kPerColumn});
    expect_rounded<BFloat16>(want, y, x, "f");
  }
}

}  // namespace
}  // namespace rectify
