#include "rectify/simd/optimisers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "rectify/base/random.h"
#include "rectify/simd/target.h"

namespace rectify {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kSentinel = 12345;

/// n normal values and a sentinel behind them.
std::vector<float> normals(size_t n, std::uint64_t stream, bool squared = false) {
  Random random(1, stream);
  std::vector<float> values(n + 1, kSentinel);
  for (size_t i = 0; i < n; ++i) {
    const double z = random.normal();
    values[i] = static_cast<float>(squared ? z * z : z);
  }
  return values;
}

/// A rule as a plain loop has it: changes w, which has decayed, by g.
using Rule = std::function<void(const UpdateStep& s, float& w, float g, float& m, float& v)>;

struct Case {
  const char* name;
  UpdateLoop OptimiserKernels::*loop;
  Rule rule;
};

const Case kCases[] = {
    {"plain", &OptimiserKernels::plain, [](const UpdateStep& s, float& w, float g, float&, float&) { w -= s.rate * g; }},
    {"momentum", &OptimiserKernels::momentum,
     [](const UpdateStep& s, float& w, float g, float& m, float&) {
       m = s.first * m + g;
       w -= s.rate * m;
     }},
    {"nesterov", &OptimiserKernels::nesterov,
     [](const UpdateStep& s, float& w, float g, float& m, float&) {
       m = s.first * m + g;
       w -= s.rate * (g + s.first * m);
     }},
    {"adam", &OptimiserKernels::adam,
     [](const UpdateStep& s, float& w, float g, float& m, float& v) {
       m = s.first * m + s.first_new * g;
       v = s.second * v + s.second_new * (g * g);
       w -= s.rate * m / (std::sqrt(v) + s.epsilon);
     }},
    {"rmsprop", &OptimiserKernels::rmsprop,
     [](const UpdateStep& s, float& w, float g, float&, float& v) {
       v = s.second * v + s.second_new * (g * g);
       w -= s.rate * g / (std::sqrt(v) + s.epsilon);
     }},
};

TEST(OptimiserKernels, give_the_bits_of_a_plain_loop_on_every_target_and_length) {
  const UpdateStep step{.rate = 0.013f,
                        .scale = 0.7f,
                        .decay = 1e-3f,
                        .keep = 0.999f,
                        .first = 0.9f,
                        .first_new = 0.1f,
                        .second = 0.99f,
                        .second_new = 0.01f,
                        .epsilon = 1e-8f};
  for (const std::string& target : targets()) {
    const ScopedTarget scoped(target);
    for (const Case& c : kCases) {
      for (size_t n = 0; n < 70; ++n) {
        std::vector<float> w = normals(n, 1), m = normals(n, 3), v = normals(n, 4, true), want_w = w, want_m = m, want_v = v;
        const std::vector<float> g = normals(n, 2);
        EXPECT_TRUE((optimiser_kernels().*c.loop)(w.data(), g.data(), m.data(), v.data(), n, step));
        for (size_t i = 0; i < n; ++i) {
          const float gradient = step.scale * g[i] + step.decay * want_w[i];
          want_w[i] *= step.keep;
          c.rule(step, want_w[i], gradient, want_m[i], want_v[i]);
        }
        EXPECT_EQ(w, want_w) << target << " " << c.name << " " << n;
        EXPECT_EQ(m, want_m) << target << " " << c.name << " " << n;
        EXPECT_EQ(v, want_v) << target << " " << c.name << " " << n;
      }
    }
  }
}

TEST(OptimiserKernels, touch_no_state_that_the_rule_does_not_keep) {
  std::vector<float> w = normals(37, 1), m = normals(37, 2), v = normals(37, 4, true);
  const std::vector<float> g = normals(37, 3);
  const UpdateStep step{.rate = 0.1f, .first = 0.9f, .second = 0.9f, .second_new = 0.1f, .epsilon = 1e-8f};
  const OptimiserKernels& kernels = optimiser_kernels();
  EXPECT_TRUE(kernels.plain(w.data(), g.data(), nullptr, nullptr, 37, step));
  EXPECT_TRUE(kernels.momentum(w.data(), g.data(), m.data(), nullptr, 37, step));
  EXPECT_TRUE(kernels.nesterov(w.data(), g.data(), m.data(), nullptr, 37, step));
  EXPECT_TRUE(kernels.rmsprop(w.data(), g.data(), nullptr, v.data(), 37, step));
}

TEST(OptimiserKernels, tell_of_any_value_that_is_not_finite) {
  const UpdateStep step{.rate = 0.1f, .first = 0.9f, .first_new = 0.1f, .second = 0.999f, .second_new = 0.001f, .epsilon = 1e-8f};
  for (const std::string& target : targets()) {
    const ScopedTarget scoped(target);
    for (const Case& c : kCases) {
      const UpdateLoop loop = optimiser_kernels().*c.loop;
      for (const float bad : {kInfinity, -kInfinity, std::nanf("")}) {
        for (size_t place = 0; place < 37; ++place) {
          std::vector<float> w(37, 1), g(37, 0), m(37, 0), v(37, 0);
          g[place] = bad;
          EXPECT_FALSE(loop(w.data(), g.data(), m.data(), v.data(), 37, step)) << target << " " << c.name << " " << place;
        }
      }
      std::vector<float> w(5, std::numeric_limits<float>::max()), g(5, 0), m(5, 0), v(5, 0);
      EXPECT_TRUE(loop(w.data(), g.data(), m.data(), v.data(), 5, step)) << target << " " << c.name;
    }
  }
}

}  // namespace
}  // namespace rectify
