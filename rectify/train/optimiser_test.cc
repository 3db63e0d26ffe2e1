#include "rectify/train/optimiser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "rectify/base/random.h"
#include "rectify/base/threads.h"
#include "rectify/simd/target.h"

namespace rectify {
namespace {

constexpr const char* kAll[] = {"sgd,momentum=0", "sgd", "sgd,nesterov", "adam", "adamw", "rmsprop"};

/// A quadratic's gradient, so that steps depend on each other.
void set_gradients(ParameterStore& store) {
  for (const ParameterSlot& slot : store.slots()) {
    const auto w = store.values(slot);
    const auto g = store.gradients(slot);
    for (size_t i = 0; i < w.size(); ++i) g[i] = 0.3f * w[i] + 0.001f * static_cast<float>(i % 7);
  }
}

void fill(std::span<float> values, float value) { std::fill(values.begin(), values.end(), value); }

void set_values(ParameterStore& store) {
  Random random(5, 0);
  for (const ParameterSlot& slot : store.slots()) {
    for (float& w : store.values(slot)) w = static_cast<float>(random.normal());
  }
}

/// One parameter in double, and the update as the papers write it.
struct Reference {
  double w, m = 0, v = 0;

  void step(const OptimiserOptions& o, double g, double decay, double rate, int t) {
    if (o.kind == OptimiserKind::kAdamW) {
      w *= 1 - rate * decay;
    } else {
      g += decay * w;
    }
    switch (o.kind) {
      case OptimiserKind::kSgd:
        m = o.momentum * m + g;
        w -= rate * (o.nesterov == Nesterov::kOn ? g + o.momentum * m : m);
        return;
      case OptimiserKind::kRmsprop:
        v = o.rho * v + (1 - o.rho) * g * g;
        w -= rate * g / (std::sqrt(v) + o.epsilon);
        return;
      case OptimiserKind::kAdam:
      case OptimiserKind::kAdamW:
        m = o.beta1 * m + (1 - o.beta1) * g;
        v = o.beta2 * v + (1 - o.beta2) * g * g;
        w -= rate * (m / (1 - std::pow(o.beta1, t))) / (std::sqrt(v / (1 - std::pow(o.beta2, t))) + o.epsilon);
    }
  }
};

/// Runs 50 steps of an optimiser beside a loop in double and compares.
void compare_with_double(const char* text, std::optional<double> clip = std::nullopt) {
  OptimiserOptions options = OptimiserOptions::parse(text);
  options.clip = clip;
  ParameterStore store(parse_network("3-2x5-2", "prelu"));
  set_values(store);
  Optimiser optimiser(options, store);
  std::vector<Reference> reference;
  for (const float w : store.values()) reference.push_back({w});
  for (int t = 1; t <= 50; ++t) {
    set_gradients(store);
    const double rate = 0.05 / t;
    double square = 0;
    for (const float g : store.gradients()) square += static_cast<double>(g) * g;
    const double scale = clip ? std::min(1.0, *clip / std::sqrt(square)) : 1;
    for (const ParameterSlot& slot : store.slots()) {
      const double decay = slot.kind == ParameterKind::kWeight ? options.weight_decay : 0;
      for (std::int64_t i = slot.offset; i < slot.offset + slot.size(); ++i) {
        reference[i].step(options, scale * store.gradients()[i], decay, rate, t);
      }
    }
    EXPECT_TRUE(optimiser.step(rate));
  }
  for (size_t i = 0; i < reference.size(); ++i) {
    EXPECT_NEAR(store.values()[i], reference[i].w, 2e-5 * (1 + std::abs(reference[i].w))) << text << " " << i;
  }
}

TEST(Optimiser, agrees_with_a_loop_in_double) {
  for (const char* text : kAll) compare_with_double(text);
  for (const char* text : {"sgd,momentum=0.5,decay=0.1", "sgd,nesterov,momentum=0.5,decay=0.1", "adam,beta1=0.8,beta2=0.99,decay=0.1",
                           "adamw,beta1=0.8,decay=0.5", "rmsprop,rho=0.9,epsilon=0.01,decay=0.1"}) {
    compare_with_double(text);
    compare_with_double(text, 0.25);
  }
}

/// The weight that is left of 1 after each of `steps` steps at rate 0.125 with the gradient 0.5 throughout.
std::vector<float> under_a_constant_gradient(const char* text, int steps) {
  ParameterStore store(parse_network("1-1", "relu"));
  fill(store.values(), 1);
  Optimiser optimiser(OptimiserOptions::parse(text), store);
  std::vector<float> path;
  for (int t = 0; t < steps; ++t) {
    fill(store.gradients(), 0.5f);
    optimiser.step(0.125);
    path.push_back(store.values()[0]);
  }
  return path;
}

TEST(Optimiser, follows_the_closed_forms_of_a_constant_gradient) {
  const int steps = 20;
  const auto sgd = under_a_constant_gradient("sgd,momentum=0", steps), heavy = under_a_constant_gradient("sgd,momentum=0.5", steps);
  const auto ahead = under_a_constant_gradient("sgd,momentum=0.5,nesterov", steps), adam = under_a_constant_gradient("adam", steps);
  const auto rms = under_a_constant_gradient("rmsprop,rho=0.75", steps);
  double rms_sum = 0;
  for (int t = 1; t <= steps; ++t) {
    // v_t = g (1 - 2^-t) / (1 - 1/2), summed.
    const double velocities = 2 * t - 2 * (1 - std::pow(0.5, t));
    EXPECT_NEAR(sgd[t - 1], 1 - 0.125 * 0.5 * t, 1e-6);
    EXPECT_NEAR(heavy[t - 1], 1 - 0.125 * 0.5 * velocities, 1e-6);
    EXPECT_NEAR(ahead[t - 1], 1 - 0.125 * 0.5 * (t + 0.5 * velocities), 1e-6);
    // Both corrected moments are those of the gradient itself.
    EXPECT_NEAR(adam[t - 1], 1 - 0.125 * t, 2e-6);
    rms_sum += 1 / std::sqrt(1 - std::pow(0.75, t));
    EXPECT_NEAR(rms[t - 1], 1 - 0.125 * rms_sum, 2e-6);
  }
}

TEST(Optimiser, decays_weights_only_and_leaves_padding_zero) {
  for (const char* text :
       {"sgd,momentum=0,decay=0.5", "sgd,decay=0.5", "sgd,nesterov,decay=0.5", "adam,decay=0.5", "adamw,decay=0.5", "rmsprop,decay=0.5"}) {
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

TEST(Optimiser, decoupled_decay_shrinks_a_weight_whatever_its_gradient_was) {
  ParameterStore store(parse_network("1-1", "relu"));
  fill(store.values(), 2);
  Optimiser optimiser(OptimiserOptions::parse("adamw,decay=0.25"), store);
  for (int t = 0; t < 10; ++t) optimiser.step(0.5);
  EXPECT_NEAR(store.values(store.slots()[0])[0], 2 * std::pow(1 - 0.5 * 0.25, 10), 1e-5);
  EXPECT_EQ(store.values(store.slots()[1])[0], 2);
}

TEST(Optimiser, clips_the_gradient_of_all_parameters_together_to_its_length) {
  ParameterStore store(parse_network("4-1", "relu"));  // four weights and a bias
  const auto step = [&](float gradient, double clip) {
    fill(store.values(), 0);
    for (const ParameterSlot& slot : store.slots()) fill(store.gradients(slot), gradient);
    OptimiserOptions options = OptimiserOptions::parse("sgd,momentum=0");
    options.clip = clip;
    Optimiser(options, store).step(1);
    return -store.values()[0];
  };
  EXPECT_NEAR(step(3, 1.5), 1.5 / std::sqrt(5), 1e-6);
  EXPECT_EQ(step(3, 100), 3) << "a shorter gradient is left alone";
  EXPECT_EQ(step(0, 1), 0);
}

TEST(Optimiser, that_clips_still_tells_of_a_gradient_that_is_not_finite) {
  for (const float bad : {std::numeric_limits<float>::infinity(), std::nanf("")}) {
    ParameterStore store(parse_network("4-1", "relu"));
    store.gradients()[2] = bad;
    OptimiserOptions options;
    options.clip = 1;
    EXPECT_FALSE(Optimiser(options, store).step(0.1));
  }
}

TEST(Optimiser, gives_the_same_bits_on_every_target_and_with_any_number_of_threads) {
  for (const char* text : kAll) {
    std::vector<float> first;
    for (const std::string& target : targets()) {
      for (const int threads : {1, 2, 3}) {
        const ScopedTarget scoped(target);
        set_team_size(threads);
        OptimiserOptions options = OptimiserOptions::parse(text);
        options.clip = 0.5;
        ParameterStore store(parse_network("700-500-3", "prelu"));  // large enough for a team
        set_values(store);
        Optimiser optimiser(options, store);
        for (int t = 0; t < 3; ++t) set_gradients(store), optimiser.step(0.1);
        const std::vector<float> values(store.values().begin(), store.values().end());
        if (first.empty()) first = values;
        EXPECT_EQ(values, first) << text << " " << target << " " << threads;
      }
    }
  }
  set_team_size(1);
}

}  // namespace
}  // namespace rectify
