#include "rectify/nn/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "rectify/base/error.h"
#include "rectify/base/random.h"
#include "rectify/base/threads.h"
#include "rectify/nn/initialise.h"

namespace rectify {
namespace {

using testing::HasSubstr;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::unique_ptr<Backend> one_thread_backend() {
  set_team_size(1);
  return make_onednn_backend();
}

/// A network with a plan over it, and samples.
struct Network {
  Network(const std::string& net, const std::string& activation, std::int64_t batch, Mode mode = Mode::kTraining)
      : model(parse_network(net, activation)), store(model), backend(one_thread_backend()), plan(model, store, *backend, batch, mode) {
    initialise(model, {}, 1, store);
    Random random(2, 0);
    for (float& value : plan.input()) value = static_cast<float>(random.normal());
    for (std::int32_t& label : plan.labels()) label = static_cast<std::int32_t>(random.below(model.output_units()));
    plan.parameters_changed();
  }

  std::span<float> weights(const std::string& node) { return store.values(store.slot(node, ParameterKind::kWeight)); }
  std::span<float> biases(const std::string& node) { return store.values(store.slot(node, ParameterKind::kBias)); }
  std::vector<float> gradients() const { return {store.gradients().begin(), store.gradients().end()}; }

  Model model;
  ParameterStore store;
  std::unique_ptr<Backend> backend;
  Plan plan;
};

std::string error_of(const std::function<void()>& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(Plan, gives_the_same_bits_with_recording_on_and_off) {
  for (const char* activation : {"relu", "sigmoid", "elu", "prelu", "maxout", "maxout(k=3)", "x * tanh(softplus(x))"}) {
    Network off("20-3x33-10", activation, 35), on("20-3x33-10", activation, 35);
    NetworkStats stats = on.plan.make_stats();
    for (int step = 0; step < 3; ++step) {
      EXPECT_EQ(off.plan.forward(), on.plan.forward(&stats)) << activation;
      off.plan.backward();
      on.plan.backward(&stats);
      ASSERT_EQ(off.gradients(), on.gradients()) << activation;
      for (Network* network : {&off, &on}) {
        for (std::size_t i = 0; i < network->store.values().size(); ++i) network->store.values()[i] -= 0.1f * network->store.gradients()[i];
        network->plan.parameters_changed();
      }
    }
  }
}

TEST(Plan, of_another_batch_size_over_the_same_parameters_agrees) {
  for (const char* activation : {"tanh", "prelu", "maxout"}) {
    Network whole("20-2x16-10", activation, 96);
    Plan half(whole.model, whole.store, *whole.backend, 48, Mode::kTraining);
    Plan inference(whole.model, whole.store, *whole.backend, 48, Mode::kInference);
    const double loss = whole.plan.forward();
    whole.plan.backward();
    const std::vector<float> want = whole.gradients();
    std::vector<double> got(want.size());
    double mean = 0;
    std::int64_t correct = 0;
    for (int part = 0; part < 2; ++part) {
      for (Plan* plan : {&half, &inference}) {
        std::copy_n(whole.plan.input().begin() + part * 48 * 20, 48 * 20, plan->input().begin());
        std::copy_n(whole.plan.labels().begin() + part * 48, 48, plan->labels().begin());
        plan->parameters_changed();
      }
      mean += half.forward() / 2;
      EXPECT_NEAR(half.forward(), inference.forward(), 1e-6);
      for (std::size_t i = 0; i < 480; ++i) {
        ASSERT_NEAR(half.logits()[i], whole.plan.logits()[part * 480 + i], 1e-5);
        ASSERT_NEAR(half.logits()[i], inference.logits()[i], 1e-5);
      }
      half.backward();
      correct += inference.correct();
      for (std::size_t i = 0; i < got.size(); ++i) got[i] += whole.store.gradients()[i] / 2;
    }
    EXPECT_NEAR(mean, loss, 1e-6);
    EXPECT_EQ(correct, whole.plan.correct());
    for (std::size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], want[i], 1e-6);
  }
}

TEST(Plan, follows_the_parameters_once_told) {
  for (const Mode mode : {Mode::kTraining, Mode::kInference}) {
    Network network("8-40-10", "prelu", 4, mode);
    network.plan.forward();
    const std::vector<float> before(network.plan.logits().begin(), network.plan.logits().end());
    for (float& value : network.store.values(network.store.slot("hidden 1", ParameterKind::kActivation))) value = -0.5f;
    network.plan.parameters_changed();
    network.plan.forward();
    const std::vector<float> learnt(network.plan.logits().begin(), network.plan.logits().end());
    EXPECT_NE(before, learnt);
    for (float& value : network.weights("dense 1")) value *= 2;
    network.plan.parameters_changed();
    network.plan.forward();
    EXPECT_NE(learnt, std::vector<float>(network.plan.logits().begin(), network.plan.logits().end()));
  }
}

TEST(Plan, counts_the_label_as_correct_only_where_it_is_the_first_largest) {
  Network network("1-3", "relu", 5, Mode::kInference);
  std::ranges::fill(network.weights("output"), 0.0f);
  std::ranges::copy(std::vector{1.0f, 3.0f, 3.0f}, network.biases("output").begin());
  std::ranges::copy(std::vector{0, 1, 2, 1, 1}, network.plan.labels().begin());
  network.plan.parameters_changed();
  network.plan.forward();
  EXPECT_EQ(network.plan.correct(), 3);
  network.biases("output")[0] = NAN;
  network.plan.forward();
  EXPECT_EQ(network.plan.correct(), 0);
}

TEST(PlanStats, name_the_hidden_layers) {
  const NetworkStats stats = Network("4-8-6-3", "elu(alpha=0.5)", 2).plan.make_stats();
  ASSERT_EQ(stats.layers.size(), 2u);
  EXPECT_EQ(stats.layers[1].name, "hidden 2");
  EXPECT_EQ(stats.layers[1].activation, "elu(alpha=0.5)");
  EXPECT_EQ(stats.layers[1].sums.y.size(), 6u);
  const NetworkStats maxout = Network("4-8-3", "maxout(k=3)", 2).plan.make_stats();
  EXPECT_EQ(maxout.layers[0].name, "hidden 1");
  EXPECT_EQ(maxout.layers[0].activation, "maxout(k=3)");
  EXPECT_EQ(maxout.layers[0].sums.y.size(), 8u);
  EXPECT_EQ(maxout.layers[0].sums.zero.size(), 24u);
  EXPECT_TRUE(Network("4-3", "relu", 2).plan.make_stats().layers.empty());
}

// x = 1 and -2 into two units with weights 1 and -1: pre-activations (1, -1) and (-2, 2).
TEST(PlanStats, of_relu_hold_what_it_saw) {
  Network network("1-2-2", "relu", 2);
  std::ranges::copy(std::vector{1.0f, -1.0f}, network.weights("dense 1").begin());
  std::ranges::copy(std::vector{1.0f, -2.0f}, network.plan.input().begin());
  NetworkStats stats = network.plan.make_stats();
  network.plan.forward(&stats);
  network.plan.forward(&stats);
  const LayerStats& layer = stats.layers[0];
  EXPECT_EQ(layer.sums.samples, 4);
  EXPECT_EQ(layer.sums.x, (std::vector<double>{-2, 2}));
  EXPECT_EQ(layer.sums.xx, (std::vector<double>{10, 10}));
  EXPECT_EQ(layer.sums.y, (std::vector<double>{2, 4}));
  EXPECT_EQ(layer.sums.dd, (std::vector<double>{2, 2}));
  EXPECT_EQ(layer.sums.zero, (std::vector<std::int64_t>{2, 2}));
  EXPECT_EQ(layer.input_samples, 4);
  EXPECT_EQ(layer.one_signed_samples, 4);
  EXPECT_EQ(layer.gradient_count, 0);
}

// Two maps of one unit, x and -x, so y = |x|, and a third, x - 9, never the largest.
TEST(PlanStats, of_maxout_hold_which_piece_was_not_chosen) {
  Network network("1-1-2", "maxout(k=3)", 3);
  std::ranges::copy(std::vector{1.0f, -1.0f, 1.0f}, network.weights("hidden 1").begin());
  std::ranges::copy(std::vector{0.0f, 0.0f, -9.0f}, network.biases("hidden 1").begin());
  std::ranges::copy(std::vector{2.0f, -3.0f, 1.0f}, network.plan.input().begin());
  NetworkStats stats = network.plan.make_stats();
  network.plan.forward(&stats);
  const UnitSums& sums = stats.layers[0].sums;
  EXPECT_EQ(sums.samples, 3);
  EXPECT_EQ(sums.y, std::vector<double>{6});
  EXPECT_EQ(sums.yy, std::vector<double>{14});
  EXPECT_EQ(sums.zero, (std::vector<std::int64_t>{1, 2, 3}));
  EXPECT_EQ(sums.x, std::vector<double>{0});
  network.plan.backward(&stats);
  EXPECT_EQ(stats.layers[0].gradient_count, 9);
  EXPECT_GT(stats.layers[0].gradient_square, 0);
}

// For one sample the gradient at the pre-activation is the bias's. Two copies of it have the same gradient each, though that of the mean
// loss is halved.
TEST(PlanStats, gradients_are_those_of_a_samples_own_loss) {
  for (const char* activation : {"tanh", "maxout"}) {
    Network one("6-5-3", activation, 1), two("6-5-3", activation, 2);
    for (int copy = 0; copy < 2; ++copy) {
      std::ranges::copy(one.plan.input(), two.plan.input().begin() + copy * 6);
      two.plan.labels()[copy] = one.plan.labels()[0];
    }
    NetworkStats of_one = one.plan.make_stats(), of_two = two.plan.make_stats();
    one.plan.forward();
    one.plan.backward(&of_one);
    two.plan.forward();
    two.plan.backward(&of_two);
    double want = 0;
    const std::string node = one.model.nodes[1].name;
    for (const float g : one.store.gradients(one.store.slot(node, ParameterKind::kBias))) want += static_cast<double>(g) * g;
    EXPECT_GT(want, 0);
    EXPECT_NEAR(of_one.layers[0].gradient_square, want, 1e-6 * want);
    EXPECT_NEAR(of_two.layers[0].gradient_square, 2 * want, 1e-5 * want);
    EXPECT_EQ(of_two.layers[0].gradient_count, 2 * of_one.layers[0].gradient_count);
  }
}

// Inputs of one sign give each unit weight gradients of one sign in a batch of one; a dead unit has none.
TEST(PlanStats, count_units_whose_weight_gradients_have_one_sign) {
  Network network("3-4-2", "relu", 1);
  std::ranges::fill(network.weights("dense 1"), 1.0f);
  network.biases("dense 1")[2] = -100;
  const auto counted = [&](std::vector<float> input) {
    std::ranges::copy(input, network.plan.input().begin());
    NetworkStats stats = network.plan.make_stats();
    network.plan.forward(&stats);
    network.plan.backward(&stats);
    return std::vector<std::int64_t>{stats.layers[0].input_samples, stats.layers[0].one_signed_samples, stats.layers[0].gradient_units,
                                     stats.layers[0].one_signed_units};
  };
  EXPECT_EQ(counted({1, 0, 2}), (std::vector<std::int64_t>{1, 1, 3, 3}));
  EXPECT_EQ(counted({3, -1, 2}), (std::vector<std::int64_t>{1, 0, 3, 0}));
  network.biases("dense 1")[0] = 1;
  EXPECT_EQ(counted({0, 0, 0}), (std::vector<std::int64_t>{0, 0, 0, 0}));
}

TEST(Plan, finds_the_first_place_that_is_not_finite) {
  Network network("4-3x8-3", "relu", 5);
  network.plan.forward();
  network.plan.backward();
  EXPECT_FALSE(network.plan.find_non_finite_gradient());
  EXPECT_FALSE(network.plan.find_non_finite_value());

  network.weights("dense 2")[3] = kInfinity;
  network.plan.forward();
  EXPECT_EQ(network.plan.find_non_finite_value()->layer, "dense 2");
  EXPECT_EQ(network.plan.find_non_finite_value()->direction, "forward");
  network.plan.input()[7] = NAN;
  EXPECT_TRUE(std::isnan(network.plan.forward()));
  EXPECT_EQ(network.plan.find_non_finite_value()->layer, "input");
}

// A max pool computes the activation before it.
TEST(Plan, finds_an_activation_before_a_pool_that_is_not_finite) {
  Network network("1x4x4 conv2 pool 3", "exp(2 * x)", 5);
  std::ranges::fill(network.weights("conv 1"), 1e6f);
  network.plan.parameters_changed();
  network.plan.forward();
  EXPECT_EQ(network.plan.find_non_finite_value()->layer, "hidden 1");
}

// sqrt(|x|) is finite at 0 and its slope is not.
TEST(Plan, finds_a_gradient_that_is_not_finite) {
  Network network("4-3x8-3", "sqrt(abs(x)) + x", 5);
  std::ranges::fill(network.weights("dense 2"), 0.0f);
  std::ranges::fill(network.biases("dense 3"), 1.0f);
  network.plan.parameters_changed();
  EXPECT_TRUE(std::isfinite(network.plan.forward()));
  network.plan.backward();
  const auto place = network.plan.find_non_finite_gradient();
  ASSERT_TRUE(place);
  EXPECT_EQ(place->layer, "dense 2");
  EXPECT_EQ(place->direction, "backward");
}

TEST(Plan, refuses_what_it_cannot_run) {
  Network network("4-8-3", "relu", 5);
  const auto make = [&](std::int64_t batch) { Plan(network.model, network.store, *network.backend, batch, Mode::kInference); };
  EXPECT_THAT(error_of([&] { make(0); }), HasSubstr("[plan] a batch of 0 samples, wanted 1 to 1000000"));
  EXPECT_THAT(error_of([&] { make(-3); }), HasSubstr("[plan]"));
  EXPECT_THAT(error_of([&] { make(2'000'000); }), HasSubstr("[plan]"));
  const Model other = parse_network("4-9-3", "relu");
  EXPECT_EQ(error_of([&] { Plan(network.model, network.store, *network.backend, 5, Mode::kTraining, {}, Precision::kBFloat16); }),
            "[precision] nothing is computed in bfloat16 yet: write --precision float32");
  EXPECT_EQ(Plan(network.model, network.store, *network.backend, 5, Mode::kTraining).describe().precision, Precision::kFloat32);
  EXPECT_THAT(error_of([&] { Plan(other, network.store, *network.backend, 5, Mode::kTraining); }), HasSubstr("[plan] the parameters"));

  EXPECT_THAT(error_of([&] { network.plan.backward(); }), HasSubstr("[plan] backward without a forward"));
  network.plan.forward();
  network.plan.backward();
  EXPECT_THAT(error_of([&] { network.plan.backward(); }), HasSubstr("[plan] backward without a forward"));
  Network inference("4-8-3", "relu", 5, Mode::kInference);
  inference.plan.forward();
  EXPECT_THAT(error_of([&] { inference.plan.backward(); }), HasSubstr("[plan] backward of a plan made for inference"));
  network.plan.labels()[4] = 3;
  EXPECT_THAT(error_of([&] { network.plan.forward(); }), HasSubstr("[loss] label 3"));
}

TEST(Plan, needs_one_block_that_grows_with_the_batch) {
  Network small("20-2x32-10", "relu", 10), large("20-2x32-10", "relu", 100);
  EXPECT_GE(large.plan.arena_bytes(), std::size_t{100} * (20 + 2 * 32 + 10) * sizeof(float));
  EXPECT_LT(small.plan.arena_bytes(), large.plan.arena_bytes() / 5);
}

}  // namespace
}  // namespace rectify
