#include "rectify/train/optimiser.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "rectify/base/error.h"
#include "rectify/base/random.h"
#include "rectify/simd/optimisers.h"
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

TEST(OptimiserKernels, of_sgd_give_the_bits_of_a_plain_loop_on_every_target_and_length) {
  const SgdStep step{0.013f, 0.9f, 1e-3f};
  for (const std::string& target : targets()) {
    const ScopedTarget scoped(target);
    for (size_t n = 0; n < 70; ++n) {
      std::vector<float> w = normals(n, 1), v = normals(n, 3), want_w = w, want_v = v;
      const std::vector<float> g = normals(n, 2);
      EXPECT_TRUE(optimiser_kernels().sgd(w.data(), g.data(), v.data(), n, step));
      for (size_t i = 0; i < n; ++i) {
        want_v[i] = step.momentum * want_v[i] + (g[i] + step.decay * want_w[i]);
        want_w[i] -= step.rate * want_v[i];
      }
      EXPECT_EQ(w, want_w) << target << " " << n;
      EXPECT_EQ(v, want_v) << target << " " << n;
    }
  }
}

TEST(OptimiserKernels, of_adam_give_the_bits_of_a_plain_loop_on_every_target_and_length) {
  const AdamStep step{0.01f, 0.9f, 0.999f, 1e-8f, 1e-3f};
  for (const std::string& target : targets()) {
    const ScopedTarget scoped(target);
    for (size_t n = 0; n < 70; ++n) {
      std::vector<float> w = normals(n, 1), m = normals(n, 3), v = normals(n, 4, true), want_w = w, want_m = m, want_v = v;
      const std::vector<float> g = normals(n, 2);
      EXPECT_TRUE(optimiser_kernels().adam(w.data(), g.data(), m.data(), v.data(), n, step));
      for (size_t i = 0; i < n; ++i) {
        const float gradient = g[i] + step.decay * want_w[i];
        want_m[i] = step.beta1 * want_m[i] + (1 - step.beta1) * gradient;
        want_v[i] = step.beta2 * want_v[i] + (1 - step.beta2) * (gradient * gradient);
        want_w[i] -= step.rate * want_m[i] / (std::sqrt(want_v[i]) + step.epsilon);
      }
      EXPECT_EQ(w, want_w) << target << " " << n;
      EXPECT_EQ(m, want_m) << target << " " << n;
      EXPECT_EQ(v, want_v) << target << " " << n;
    }
  }
}

TEST(OptimiserKernels, tell_of_any_value_that_is_not_finite) {
  for (const std::string& target : targets()) {
    const ScopedTarget scoped(target);
    for (const float bad : {kInfinity, -kInfinity, std::nanf("")}) {
      for (size_t place = 0; place < 37; ++place) {
        std::vector<float> w(37, 1), g(37, 0), m(37, 0), v(37, 0);
        g[place] = bad;
        EXPECT_FALSE(optimiser_kernels().sgd(w.data(), g.data(), m.data(), 37, {0.1f, 0.9f, 0})) << target << " " << place;
        w.assign(37, 1);
        m.assign(37, 0);
        EXPECT_FALSE(optimiser_kernels().adam(w.data(), g.data(), m.data(), v.data(), 37, {0.1f, 0.9f, 0.999f, 1e-8f, 0}))
            << target << " " << place;
      }
    }
    std::vector<float> w(5, std::numeric_limits<float>::max()), g(5, 0), v(5, 0);
    EXPECT_TRUE(optimiser_kernels().sgd(w.data(), g.data(), v.data(), 5, {0.1f, 0.9f, 0})) << target;
  }
}

/// A quadratic's gradient, so that steps depend on each other.
void set_gradients(ParameterStore& store) {
  for (const ParameterSlot& slot : store.slots()) {
    const auto w = store.values(slot);
    const auto g = store.gradients(slot);
    for (size_t i = 0; i < w.size(); ++i) g[i] = 0.3f * w[i] + 0.001f * static_cast<float>(i % 7);
  }
}

void set_values(ParameterStore& store) {
  Random random(5, 0);
  for (const ParameterSlot& slot : store.slots()) {
    for (float& w : store.values(slot)) w = static_cast<float>(random.normal());
  }
}

struct Reference {
  std::vector<double> w, m, v;
};

/// Runs `steps` of `options` beside a loop in double and compares.
void compare_with_double(const OptimiserOptions& options, int steps) {
  ParameterStore store(parse_network("3-2x5-2", "prelu"));
  set_values(store);
  Optimiser optimiser(options, store);
  const size_t n = store.values().size();
  Reference r{{store.values().begin(), store.values().end()}, std::vector<double>(n), std::vector<double>(n)};
  for (int t = 1; t <= steps; ++t) {
    set_gradients(store);
    const double rate = 0.05 / t;
    for (const ParameterSlot& slot : store.slots()) {
      for (std::int64_t i = slot.offset; i < slot.offset + slot.size(); ++i) {
        const double decay = slot.kind == ParameterKind::kWeight ? options.weight_decay : 0;
        const double g = store.gradients()[i] + decay * r.w[i];
        if (options.kind == OptimiserKind::kSgd) {
          r.m[i] = options.momentum * r.m[i] + g;
          r.w[i] -= rate * r.m[i];
        } else {
          r.m[i] = options.beta1 * r.m[i] + (1 - options.beta1) * g;
          r.v[i] = options.beta2 * r.v[i] + (1 - options.beta2) * g * g;
          const double m = r.m[i] / (1 - std::pow(options.beta1, t)), v = r.v[i] / (1 - std::pow(options.beta2, t));
          r.w[i] -= rate * m / (std::sqrt(v) + options.epsilon);
        }
      }
    }
    EXPECT_TRUE(optimiser.step(rate));
  }
  for (size_t i = 0; i < n; ++i) EXPECT_NEAR(store.values()[i], r.w[i], 2e-5 * (1 + std::abs(r.w[i]))) << i;
}

TEST(Optimiser, sgd_agrees_with_a_loop_in_double) {
  compare_with_double(OptimiserOptions::parse("sgd"), 50);
  compare_with_double(OptimiserOptions::parse("sgd,momentum=0.5,decay=0.1"), 50);
}

TEST(Optimiser, adam_agrees_with_a_loop_in_double) {
  compare_with_double(OptimiserOptions::parse("adam"), 50);
  compare_with_double(OptimiserOptions::parse("adam,beta1=0.8,beta2=0.99,decay=0.1"), 50);
}

TEST(Optimiser, decays_weights_only_and_leaves_padding_zero) {
  for (const char* text : {"sgd,momentum=0,decay=0.5", "adam,decay=0.5"}) {
    ParameterStore store(parse_network("3-2x5-2", "prelu"));
    set_values(store);
    const std::vector<float> before(store.values().begin(), store.values().end());
    std::vector<bool> padding(before.size(), true);
    Optimiser(OptimiserOptions::parse(text), store).step(0.1);
    for (const ParameterSlot& slot : store.slots()) {
      for (std::int64_t i = slot.offset; i < slot.offset + slot.size(); ++i) {
        padding[i] = false;
        EXPECT_EQ(store.values()[i] != before[i], slot.kind == ParameterKind::kWeight) << text << " " << slot.node << " " << i;
      }
    }
    for (size_t i = 0; i < padding.size(); ++i) EXPECT_TRUE(!padding[i] || store.values()[i] == 0) << text << " " << i;
  }
}

TEST(OptimiserOptions, are_read_from_text) {
  const OptimiserOptions sgd = OptimiserOptions::parse("sgd,momentum=0.5,decay=1e-4");
  EXPECT_EQ(sgd.kind, OptimiserKind::kSgd);
  EXPECT_EQ(sgd.momentum, 0.5);
  EXPECT_EQ(sgd.weight_decay, 1e-4);
  const OptimiserOptions adam = OptimiserOptions::parse("adam,beta1=0.8,epsilon=1e-6");
  EXPECT_EQ(adam.kind, OptimiserKind::kAdam);
  EXPECT_EQ(adam.beta1, 0.8);
  EXPECT_EQ(adam.beta2, 0.999);
  EXPECT_EQ(adam.epsilon, 1e-6);
}

TEST(OptimiserOptions, that_make_no_sense_are_explained) {
  const auto message = [](const char* text) -> std::string {
    try {
      OptimiserOptions::parse(text);
      return "no error";
    } catch (const Error& e) {
      return e.what();
    }
  };
  EXPECT_EQ(message("sdg"), "[optimizer] there is no optimizer \"sdg\": use sgd or adam, as in adam,beta1=0.9; did you mean sgd?");
  EXPECT_EQ(message("sgd,momentm=0.5"),
            "[optimizer] sgd has no setting \"momentm\": it has momentum, decay, as in adam,beta1=0.9; did you mean momentum?");
  EXPECT_EQ(message("sgd,momentum"), "[optimizer] \"momentum\" has no value: write momentum=0.9");
  EXPECT_EQ(message("sgd,momentum=fast"), "[optimizer] momentum=fast is not a number");
  EXPECT_EQ(message("sgd,momentum=1.5"), "[optimizer] momentum=1.5 is out of range: it must be below 1");
  EXPECT_EQ(message("sgd,decay=-1"), "[optimizer] decay=-1 is out of range: it must be at least 0");
  EXPECT_EQ(message("sgd,decay=0,momentum=0.5,decay=0"), "[optimizer] decay is given twice");
  EXPECT_THAT(message("adam,beta2=1"), testing::HasSubstr("out of range"));
  EXPECT_THAT(message("adam,beta2=nan"), testing::HasSubstr("out of range"));
  EXPECT_THAT(message("sgd,decay=-1"), testing::HasSubstr("out of range"));
  EXPECT_THAT(message("sgd,"), testing::HasSubstr("no setting \"\""));
  EXPECT_THAT(message(""), testing::HasSubstr("no optimizer \"\""));
}

}  // namespace
}  // namespace rectify
