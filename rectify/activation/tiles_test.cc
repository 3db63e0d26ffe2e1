#include "rectify/activation/tiles.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <thread>
#include <vector>

#include "rectify/activation/activation.h"
#include "rectify/base/timing.h"
#include "rectify/base/ulp.h"
#include "rectify/simd/target.h"

namespace rectify {
namespace {

TEST(Tiles, what_overflows_on_the_way_is_computed_in_double) {
  const std::vector<float> x{1e20f, -1e20f, 2.0f, 3e38f};
  std::vector<float> y(x.size());
  Activation("x / sqrt(1 + x^2)").forward(x.data(), y.data(), x.size());
  EXPECT_EQ(y[0], 1);
  EXPECT_EQ(y[1], -1);
  EXPECT_NEAR(y[2], 2 / std::sqrt(5.0), 1e-6);
  EXPECT_EQ(y[3], 1);
}

TEST(Tiles, what_overflows_at_the_end_of_a_binade_is_computed_in_double) {
  const auto at = [](const char* spec, float x) {
    float y;
    Activation(spec).forward(&x, &y, 1);
    return y;
  };
  EXPECT_EQ(at("snake(a=1.02)", 3.39e38f), 3.39e38f);
  EXPECT_NEAR(at("isru(alpha=1.05)", 1.817e19f), 1 / std::sqrt(1.05), 1e-6);
  EXPECT_EQ(at("exp(1.4*x)/(2+exp(1.4*x))", 63.5f), 1);
}

TEST(Tiles, parameters_far_from_those_tried_are_computed_in_double) {
  const Activation f("x / sqrt(1 + a * x^2); a = 1");
  const float x[] = {1e16f, 1e16f}, a[] = {1e10f, 1};
  float y[2];
  f.forward(x, y, {1, 2}, {a});
  EXPECT_NEAR(y[0], 1e-5, 1e-11);
  f.forward(x, y, {1, 2}, {a, Sharing::kPerColumn});
  EXPECT_NEAR(y[0], 1e-5, 1e-11);
  EXPECT_EQ(y[1], 1);
  const Activation learnt("x / sqrt(1 + a * x^2); a = 1 learn");
  const float large = 1.5e19f, near = 3.9f;
  learnt.forward(&large, y, {1, 1}, {&near});
  EXPECT_NEAR(y[0], 1 / std::sqrt(3.9), 1e-6);
}

TEST(Tiles, what_is_computed_in_double_does_not_depend_on_what_lies_beside_it) {
  const Activation f("isru");
  const std::size_t n = 1000;
  std::vector<float> x(n), dy(n, 2.0f), want(n), want_dx(n);
  for (std::size_t i = 0; i < n; ++i) x[i] = i % 97 == 5 ? 1e25f : std::sin(static_cast<float>(i));
  for (std::size_t i = 0; i < n; ++i) {
    f.forward(&x[i], &want[i], 1);
    f.grad_from_input(&x[i], &dy[i], &want_dx[i], 1);
  }
  std::vector<float> y = x, dx = dy;
  f.forward(y.data(), y.data(), n);
  f.grad_from_input(x.data(), dx.data(), dx.data(), n);
  EXPECT_EQ(y, want);
  EXPECT_EQ(dx, want_dx);
  EXPECT_EQ(y[5], 1);
}

TEST(Tiles, arrays_beyond_the_caches_give_the_same) {
  const Activation f("x / (1 + x^2) + 0.5 * max(x, 0)");
  const std::size_t n = (std::size_t{1} << 18) + 77;
  std::vector<float> x(n), y(n), want(n);
  for (std::size_t i = 0; i < n; ++i) x[i] = std::sin(0.1f * static_cast<float>(i));
  f.forward(x.data(), y.data(), n);
  for (std::size_t i = 0; i < n; i += 1000) f.forward(&x[i], &want[i], std::min<std::size_t>(1000, n - i));
  EXPECT_EQ(y, want);
}

TEST(Tiles, a_value_may_be_used_in_any_places) {
  const std::vector<float> x{-3.0f, -0.5f, 0.0f, 0.7f, 2.0f};
  for (const char* spec :
       {"(x + 1) * (x + 1) - (x + 1)", "(x + 1) / (x + 1) + x", "2^(x + 1) + (x + 1)^2", "x + 1 > 0 ? x + 1 : (x + 1) * x", "(x > 0) + x",
        "x - 1 ? 3 - x : x", "max(x + 1, 2 * x) - min(2 * x, x + 1)", "x >= 0.5 ? exp(-(x + 1)^2) : x != -3 ? x : 5 / x", "x"}) {
    const Activation f(spec);
    for (const std::string& target : targets()) {
      const ScopedTarget scoped(target);
      std::vector<float> y(x.size());
      f.forward(x.data(), y.data(), x.size());
      for (std::size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(y[i], f.value(x[i]), 1e-5) << spec << " at " << x[i] << " on " << target;
    }
  }
}

TEST(Tiles, the_exponential_of_a_square_keeps_what_the_square_loses) {
  const Activation f("exp(-x^2)");
  for (const std::string& target : targets()) {
    const ScopedTarget scoped(target);
    for (float x = -9.3f; x < 9.3f; x += 0.0371f) {
      float y;
      f.forward(&x, &y, 1);
      EXPECT_LE(ulp_error(y, f.value(x)), 2) << x << " on " << target;
    }
  }
}

TEST(Tiles, zeros_have_the_sign_of_what_underflows) {
  const float x = -0x1p-149f;
  for (const char* name : {"srelu", "xielu"}) {
    float y;
    Activation(name).forward(&x, &y, 1);
    EXPECT_EQ(y, 0);
    EXPECT_TRUE(std::signbit(y)) << name;
  }
}

TEST(Tiles, first_call_on_a_fresh_thread_gives_what_later_ones_give) {
  const std::vector<float> x{0.1f, 0.2f, -3.0f};
  for (const char* spec : {"x * erfc(-x) / (1 + x^2)", "mine = a * x * sigmoid(b * x) + c; a = 0.7; b = 1.5; c = 0.2"}) {
    std::vector<float> first(x.size()), later(x.size());
    std::thread([&] {
      const Activation f(spec);
      f.forward(x.data(), first.data(), x.size());
      f.forward(x.data(), later.data(), x.size());
    }).join();
    EXPECT_EQ(first, later) << spec;
    EXPECT_NEAR(first[1], Activation(spec).value(x[1]), 1e-6) << spec;
  }
}

TEST(Tiles, what_cancels_is_computed_in_double) {
  for (const char* spec : {"softplus(x) - x", "x / sqrt(1 + x^40)", "isru(alpha=1e38)", "x - tanh(x)", "sqrt(1 + x^2) - 1"}) {
    const Activation f(spec);
    for (const std::string& target : targets()) {
      const ScopedTarget scoped(target);
      for (float x = 1e-6f; x < 16; x *= 1.083f) {
        float y;
        f.forward(&x, &y, 1);
        EXPECT_LE(ulp_error(y, f.value(x)), 64) << spec << " at " << x << " on " << target;
      }
    }
  }
}

TEST(Tiles, what_overflows_on_the_way_shortly_before_the_end_does_is_computed_in_double) {
  for (const char* spec : {"(exp(x) + exp(-x)) / 2", "0.5 * exp(x)", "x * exp(x) / 100", "0.9 * x^3", "exp(x^2) / 2"}) {
    const Activation f(spec);
    for (const float size : {88.8f, 89.3f, 88.5f, 6.99e12f, 7.06e12f, 9.43f}) {
      float y, x = size;
      f.forward(&x, &y, 1);
      EXPECT_EQ(std::isinf(y), std::isinf(static_cast<float>(f.value(x)))) << spec << " at " << x;
    }
  }
}

TEST(Tiles, powers_are_products) {
  const std::vector<float> x{-7.5f, -1.25f, -0.3f, 0.0f, 0.4f, 1.0f, 1.7f, 12.0f};
  for (const char* spec : {"x^4", "x^5 - x^3", "x^7", "x^-3", "x^16", "abs(x)^1.5", "abs(x)^3.5", "(1 + x^2)^(-0.5)", "(1 + x^2)^(-2.5)"}) {
    const Activation f(spec);
    std::vector<float> y(x.size());
    f.forward(x.data(), y.data(), x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double n = std::string_view(spec).starts_with("x^5") ? std::pow(x[i], 5) - std::pow(x[i], 3) : f.value(x[i]);
      EXPECT_LE(ulp_error(y[i], n), 16) << spec << " at " << x[i];
    }
  }
}

TEST(Tiles, values_beyond_those_that_underflow_are_right_and_not_slow) {
  constexpr std::size_t kCount = 2048;
  for (const char* spec : {"x * tanh(exp(x))", "x * exp(x) / (1 + exp(x))", "x * tanh(log(1 + exp(x)))"}) {
    const Activation f(spec);
    const auto nanoseconds_at = [&](float middle) {
      std::vector<float> x(kCount), y(kCount);
      for (std::size_t i = 0; i < kCount; ++i) x[i] = middle * (1 + 1e-4f * static_cast<float>(i));
      double least = 1e9;
      for (int round = 0; round < 20; ++round) {
        const Stopwatch watch;
        f.forward(x.data(), y.data(), kCount);
        least = std::min(least, watch.seconds());
      }
      for (std::size_t i = 0; i < kCount; ++i) EXPECT_LE(ulp_error(y[i], f.value(x[i])), 16) << spec << " at " << x[i];
      return least * 1e9 / kCount;
    };
    const double usual = nanoseconds_at(1);
    // One by one in double they would take a hundred times as long.
    for (const float middle : {200.0f, -200.0f, 1e20f}) EXPECT_LE(nanoseconds_at(middle), 25 * usual) << spec << " at " << middle;
  }
}

}  // namespace
}  // namespace rectify
