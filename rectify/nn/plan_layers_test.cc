// What plans do with image layers, norms, dropout and memory, beyond gradients.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>
#include <vector>

#include "rectify/base/random.h"
#include "rectify/base/threads.h"
#include "rectify/nn/initialise.h"
#include "rectify/nn/model_toml.h"
#include "rectify/nn/plan.h"

namespace rectify {
namespace {

/// A network with a plan over it, and samples.
struct Network {
  Network(const std::string& net, const std::string& activation, std::int64_t batch) : Network(parse_network(net, activation), batch) {}
  Network(const Model& of, std::int64_t batch)
      : model(of), store(model), backend(make_reference_backend()), plan(model, store, *backend, batch, Mode::kTraining) {
    initialise(model, {}, 1, store);
    fill(plan);
    plan.parameters_changed();
  }

  void fill(Plan& of) const {
    Random random(2, 0);
    for (float& value : of.input()) value = static_cast<float>(1 + 2 * random.normal());
    for (std::int32_t& label : of.labels()) label = static_cast<std::int32_t>(random.below(model.output_units()));
  }
  std::vector<float> logits(const PassContext& context) {
    plan.set_pass(context);
    plan.forward();
    return {plan.logits().begin(), plan.logits().end()};
  }
  std::span<float> parameter(const std::string& node, ParameterKind kind) { return store.values(store.slot(node, kind)); }
  std::vector<float> gradients() const { return {store.gradients().begin(), store.gradients().end()}; }

  Model model;
  ParameterStore store;
  std::unique_ptr<Backend> backend;
  Plan plan;
};

TEST(Dropout, depends_on_seed_and_step_and_is_off_in_a_probe) {
  for (const char* net : {"8 30 dropout0.5 30 3", "8 30 alphadropout0.3 30 3"}) {
    Network network(net, "selu", 6);
    const auto first = network.logits({.seed = 1, .step = 4});
    EXPECT_EQ(first, network.logits({.seed = 1, .step = 4}));
    EXPECT_NE(first, network.logits({.seed = 1, .step = 5}));
    EXPECT_NE(first, network.logits({.seed = 2, .step = 4}));
    const auto probe = network.logits({.pass = Pass::kProbe, .seed = 1, .step = 4});
    Plan inference(network.model, network.store, *network.backend, 6, Mode::kInference);
    network.fill(inference);
    inference.forward();
    EXPECT_EQ(probe, std::vector<float>(inference.logits().begin(), inference.logits().end()));
  }
}

// One affine map of ones into many units, then dropout: what the outputs, which sum up the kept units, say of mean and variance.
TEST(AlphaDropout, keeps_mean_0_and_variance_1) {
  const std::int64_t units = 1 << 16;
  Model model{{{.name = "in", .kind = NodeKind::kInput, .units = units},
               {.name = "drop", .kind = NodeKind::kAlphaDropout, .inputs = {"in"}, .rate = 0.2}}};
  ParameterStore store(model);
  const auto backend = make_reference_backend();
  Plan plan(model, store, *backend, 1, Mode::kTraining);
  Random random(3, 0);
  for (float& value : plan.input()) value = static_cast<float>(random.normal());
  plan.forward();
  double sum = 0, square = 0;
  for (const float y : plan.logits()) sum += y, square += static_cast<double>(y) * y;
  EXPECT_NEAR(sum / units, 0, 0.02);
  EXPECT_NEAR(square / units, 1, 0.03);
}

TEST(BatchNorm, gathers_running_statistics_in_steps_and_uses_them_in_inference) {
  Network network("2x3x3 conv4 bn 3", "relu", 5);
  const auto mean = network.parameter("norm 1", ParameterKind::kRunningMean),
             variance = network.parameter("norm 1", ParameterKind::kRunningVariance);
  network.logits({.pass = Pass::kProbe});
  EXPECT_EQ(std::vector<float>(mean.begin(), mean.end()), std::vector<float>(4, 0));
  EXPECT_EQ(std::vector<float>(variance.begin(), variance.end()), std::vector<float>(4, 1));
  for (int step = 0; step < 200; ++step) network.logits({.step = static_cast<std::uint64_t>(step)});
  const auto in_training = network.logits({.pass = Pass::kProbe});

  // The same batch over and over: what is gathered is its own mean and unbiased variance, n / (n - 1) of what training divides by.
  const double n = 5 * 9;
  for (float& v : variance) v = static_cast<float>(v * (n - 1) / n);
  Plan inference(network.model, network.store, *network.backend, 5, Mode::kInference);
  network.fill(inference);
  inference.forward();
  for (std::size_t i = 0; i < in_training.size(); ++i) EXPECT_NEAR(inference.logits()[i], in_training[i], 2e-4);
}

TEST(Plan, of_images_gives_the_same_bits_with_recording_on_and_off) {
  for (const char* activation : {"relu", "tanh", "prelu", "maxout", "gelu"}) {
    const std::string net = "2x7x6 conv5 pool conv4 bn conv3 3";
    Network off(net, activation, 5), on(net, activation, 5);
    NetworkStats stats = on.plan.make_stats();
    EXPECT_EQ(off.plan.forward(), on.plan.forward(&stats)) << activation;
    off.plan.backward();
    on.plan.backward(&stats);
    ASSERT_EQ(off.gradients(), on.gradients()) << activation;
  }
}

/// x -> conv -> a -> norm -> b, with the sum of x's map and b behind it, all of `f`; b's norm has a second reader, so b computes itself.
Model residual(const char* f) {
  const auto conv = [](const char* name, std::vector<std::string> inputs) {
    return Node{.name = name, .kind = NodeKind::kConv2d, .inputs = std::move(inputs), .units = 4, .kernel = 3, .padding = 1};
  };
  const auto node = [](const char* name, NodeKind kind, std::vector<std::string> inputs) {
    return Node{.name = name, .kind = kind, .inputs = std::move(inputs)};
  };
  const auto apply = [f](const char* name, const char* input) {
    return Node{.name = name, .kind = NodeKind::kActivation, .inputs = {input}, .activation = f};
  };
  constexpr auto kNorm = NodeKind::kBatchNorm, kAdd = NodeKind::kAdd;
  return {{{.name = "in", .kind = NodeKind::kInput, .units = 2, .height = 5, .width = 5},
           conv("c", {"in"}),
           node("n", kNorm, {"c"}),
           apply("a", "n"),
           conv("d", {"a"}),
           node("m", kNorm, {"d"}),
           node("three", kAdd, {"m", "a", "c"}),
           apply("b", "three"),
           conv("e", {"b"}),
           node("two", kAdd, {"e", "b"}),
           apply("g", "two"),
           conv("h", {"g"}),
           node("o", kNorm, {"h"}),
           apply("p", "o"),
           node("q", kAdd, {"p", "o"}),
           node("flat", NodeKind::kFlatten, {"q"}),
           {.name = "out", .kind = NodeKind::kDense, .inputs = {"flat"}, .units = 3}}};
}

struct LeftRelu {
  Model left, apart;  // with ReLU, and with a formula that gives the same
  int to_pools, to_inputs;
};

std::vector<LeftRelu> left_relus() {
  constexpr const char* kFormula = "x > 0 ? x : 0 * x";
  const auto of = [](const char* net, int to_pools, int to_inputs) {
    return LeftRelu{parse_network(net, "relu"), parse_network(net, kFormula), to_pools, to_inputs};
  };
  return {of("2x7x6 conv5 pool conv4 bn pool 3", 2, 0),
          of("3x9x9 conv6 poolk3s2 3", 1, 0),
          of("1x8x8 conv4 pool dropout0.5 conv4 pool 6 3", 2, 0),
          of("2x7x6 conv5 bn conv4 bn conv3 bn avgpool 3", 0, 2),
          of("6 40 bn 30 bn 3", 0, 2),
          {residual("relu"), residual(kFormula), 0, 3}};
}

// A formula of its own no norm or sum computes, and a pool in another way than ReLU.
TEST(Plan, gives_the_same_bits_whether_a_layer_computes_the_relu_next_to_it_or_not) {
  for (const LeftRelu& c : left_relus()) {
    const std::string net = to_toml(c.left);
    Network left(c.left, 5), apart(c.apart, 5);
    const auto saved = [](const Network& network, const char* how) {
      const auto steps = network.plan.describe().steps;
      return std::ranges::count_if(steps, [how](const PlanStep& step) { return step.saved.find(how) != std::string::npos; });
    };
    EXPECT_EQ(saved(apart, "left to its input"), 0);
    EXPECT_EQ(saved(left, "left to the pool"), c.to_pools) << net;
    EXPECT_EQ(saved(left, "left to its input"), c.to_inputs) << net;
    for (NetworkStats stats = left.plan.make_stats(); NetworkStats* const seen : {static_cast<NetworkStats*>(nullptr), &stats}) {
      NetworkStats others = apart.plan.make_stats();
      EXPECT_EQ(left.plan.forward(seen), apart.plan.forward(seen == nullptr ? nullptr : &others)) << net;
      left.plan.backward(seen);
      apart.plan.backward(seen == nullptr ? nullptr : &others);
      ASSERT_EQ(left.gradients(), apart.gradients()) << net;
      for (std::size_t i = 0; seen != nullptr && i < others.layers.size(); ++i) {
        EXPECT_EQ(seen->layers[i].gradient_square, others.layers[i].gradient_square);
      }
    }
    Plan inference(left.model, left.store, *left.backend, 5, Mode::kInference),
        other(apart.model, apart.store, *apart.backend, 5, Mode::kInference);
    left.fill(inference), apart.fill(other);
    inference.forward(), other.forward();
    EXPECT_TRUE(std::ranges::equal(inference.logits(), other.logits()));
  }
}

/// A graph of layers drawn at random, with sums and batch norms whose ReLU, `f`, comes at once or some nodes later.
Model random_graph(std::uint64_t seed, const char* f) {
  Random random(seed, 0);
  Model model;
  model.nodes.push_back({.name = "in", .kind = NodeKind::kInput, .units = 6});
  std::vector<std::string> unread;
  const auto add = [&](Node node) {
    node.name = "n" + std::to_string(model.nodes.size());
    for (const std::string& input : node.inputs) std::erase(unread, input);
    model.nodes.push_back(node);
    unread.push_back(node.name);
    return node.name;
  };
  const auto pick = [&] {  // mostly something new
    const std::size_t reach = random.uniform() < 0.7 ? 4 : model.nodes.size();
    return model.nodes[model.nodes.size() - 1 - random.below(std::min(reach, model.nodes.size() - 1))].name;
  };
  const auto dense = [&](const std::string& input) { add({.kind = NodeKind::kDense, .inputs = {input}, .units = 8}); };
  dense("in");
  dense("n1");
  for (int step = 0; step < 10; ++step) {
    const double what = random.uniform();
    if (what < 0.25) {
      dense(pick());
    } else if (what < 0.35) {
      add({.kind = NodeKind::kActivation, .inputs = {pick()}, .activation = "tanh"});
    } else {
      std::vector<std::string> inputs;
      const std::size_t terms = what < 0.85 ? 2 + random.below(3) : 1;
      while (inputs.size() < terms) inputs.push_back(pick());
      const std::string input = add({.kind = terms > 1 ? NodeKind::kAdd : NodeKind::kBatchNorm, .inputs = inputs});
      for (std::size_t between = random.below(3); between > 0; --between) dense(pick());
      const std::string relu = add({.kind = NodeKind::kActivation, .inputs = {input}, .activation = f});
      if (random.uniform() < 0.7) dense(relu);
    }
  }
  const std::vector<std::string> ends = unread;
  const std::string last = ends.size() > 1 ? add({.kind = NodeKind::kConcat, .inputs = ends}) : ends[0];
  add({.kind = NodeKind::kDense, .inputs = {last}, .units = 3});
  return model;
}

TEST(Plan, of_any_graph_gives_the_same_gradients_whether_a_layer_computes_the_relu_next_to_it_or_not) {
  std::ptrdiff_t left_to_inputs = 0;
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    Network left(random_graph(seed, "relu"), 5), apart(random_graph(seed, "x > 0 ? x : 0 * x"), 5);
    for (const PlanStep& step : left.plan.describe().steps) left_to_inputs += step.saved.ends_with("left to its input") ? 1 : 0;
    NetworkStats stats = left.plan.make_stats();
    for (NetworkStats* const seen : {static_cast<NetworkStats*>(nullptr), &stats}) {
      ASSERT_EQ(left.plan.forward(seen), apart.plan.forward()) << seed;
      left.plan.backward(seen);
      apart.plan.backward();
      ASSERT_EQ(left.gradients(), apart.gradients()) << seed << (seen == nullptr ? "" : ", recording");
    }
  }
  EXPECT_GT(left_to_inputs, 300);
}

/// The model with a node before each pool that changes nothing.
Model with_nothing_before_pools(const Model& model) {
  Model changed;
  for (const Node& node : model.nodes) {
    if (node.kind == NodeKind::kMaxPool) {
      const std::string name = "nothing before " + node.name;
      changed.nodes.push_back({.name = name, .kind = NodeKind::kActivation, .inputs = node.inputs, .activation = "linear"});
      changed.nodes.push_back(node);
      changed.nodes.back().inputs = {name};
    } else {
      changed.nodes.push_back(node);
    }
  }
  return changed;
}

// Gradients too, but for those of activations that would go back from their output.
TEST(Plan, gives_the_same_bits_whether_a_pool_computes_the_activation_before_it_or_not) {
  std::vector<std::string> activations{"x * tanh(softplus(x)) + 0.1"};
  for (const CatalogueEntry& entry : catalogue()) activations.emplace_back(entry.name);
  for (const std::string& activation : activations) {
    SCOPED_TRACE(activation);
    const Model model = parse_network("2x14x13 conv20 pool conv17 bn poolk3s3 3", activation);
    Network left(model, 5), apart(with_nothing_before_pools(model), 5);
    std::ranges::copy(left.store.values(), apart.store.values().begin());
    apart.plan.parameters_changed();
    const PlanStep step = left.plan.describe().steps[2];
    const ActivationChoice& choice = activation_choice(activation);
    EXPECT_EQ(step.saved == "left to the pool", !choice.activation.learns() && !choice.constant_slope) << step.saved;
    NetworkStats stats = left.plan.make_stats(), others = apart.plan.make_stats();
    for (const bool recording : {false, true}) {
      EXPECT_EQ(left.plan.forward(recording ? &stats : nullptr), apart.plan.forward(recording ? &others : nullptr));
      left.plan.backward(recording ? &stats : nullptr);
      apart.plan.backward(recording ? &others : nullptr);
      const auto got = left.gradients(), want = apart.gradients();
      if (!choice.from_output) {
        ASSERT_EQ(got, want) << recording;
      }
      for (std::size_t i = 0; i < got.size(); ++i) ASSERT_NEAR(got[i], want[i], 1e-5 * (0.1 + std::abs(want[i])));
    }
    for (const LayerStats& layer : stats.layers) {
      const auto other = std::ranges::find(others.layers, layer.name, &LayerStats::name);
      EXPECT_NEAR(layer.gradient_square, other->gradient_square, 1e-5 * other->gradient_square);
      EXPECT_EQ(layer.sums.histogram, other->sums.histogram);
      for (std::size_t c = 0; c < layer.sums.yy.size(); ++c) EXPECT_NEAR(layer.sums.yy[c], other->sums.yy[c], 1e-6 * other->sums.yy[c]);
    }
    Plan inference(left.model, left.store, *left.backend, 5, Mode::kInference),
        other(apart.model, apart.store, *apart.backend, 5, Mode::kInference);
    left.fill(inference), apart.fill(other);
    inference.forward(), other.forward();
    EXPECT_TRUE(std::ranges::equal(inference.logits(), other.logits()));
  }
}

TEST(Plan, gives_the_same_bits_for_any_team) {
  std::vector<std::vector<float>> gradients;
  for (const int team : {1, 2, 3}) {
    set_team_size(team);
    gradients.emplace_back();
    for (const char* activation : {"relu", "gelu"}) {
      Network network("2x30x30 conv24 bn dropout0.5 pool conv24 bn pool conv24 ln avgpool conv8 globalpool 3", activation, 16);
      network.plan.forward();
      network.plan.backward();
      std::ranges::copy(network.gradients(), std::back_inserter(gradients.back()));
    }
  }
  set_team_size(1);
  EXPECT_EQ(gradients[0], gradients[1]);
  EXPECT_EQ(gradients[0], gradients[2]);
}

TEST(PlanStats, of_images_are_per_channel) {
  Network network("1x4x4 conv3 bn conv2 2", "relu", 6);
  NetworkStats stats = network.plan.make_stats();
  network.plan.forward(&stats);
  network.plan.backward(&stats);
  ASSERT_EQ(stats.layers.size(), 2u);
  EXPECT_EQ(stats.layers[0].sums.y.size(), 3u);
  EXPECT_EQ(stats.layers[0].sums.samples, 6 * 16);
  EXPECT_EQ(stats.layers[1].sums.y.size(), 2u);
  EXPECT_EQ(stats.layers[0].gradient_count, 6 * 3 * 16);
  EXPECT_EQ(stats.layers[0].input_samples, 6);  // the convolution's, past the norm
  EXPECT_EQ(stats.layers[0].gradient_units, 3);
  EXPECT_GT(stats.layers[0].gradient_square, 0);
}

// Two units of which the second's gate is shut: y = a * relu(b).
TEST(PlanStats, of_gated_layers_hold_their_outputs) {
  Network network("1-2-2", "reglu", 2);
  std::ranges::copy(std::vector{2.0f, 3.0f, 1.0f, -1.0f}, network.parameter("hidden 1", ParameterKind::kWeight).begin());
  std::ranges::copy(std::vector{1.0f, 3.0f}, network.plan.input().begin());
  network.plan.parameters_changed();
  NetworkStats stats = network.plan.make_stats();
  network.plan.forward(&stats);
  network.plan.backward(&stats);
  ASSERT_EQ(stats.layers.size(), 1u);
  EXPECT_EQ(stats.layers[0].activation, "reglu");
  EXPECT_EQ(stats.layers[0].sums.y, (std::vector<double>{2 + 18, 0}));
  EXPECT_EQ(stats.layers[0].sums.yy, (std::vector<double>{4 + 324, 0}));
  EXPECT_EQ(stats.layers[0].sums.zero, (std::vector<std::int64_t>{0, 2}));
  EXPECT_EQ(stats.layers[0].gradient_count, 2 * 4);
}

/// Where a node's values lie in a plan: its step.
PlanStep step_of(const PlanRecord& plan, const std::string& name) {
  return *std::find_if(plan.steps.begin(), plan.steps.end(), [&](const PlanStep& s) { return s.name == name; });
}

TEST(PlanMemory, an_activation_saves_the_cheapest_that_suffices) {
  const auto saved = [](const std::string& net, const char* activation) {
    return step_of(Network(net, activation, 4).plan.describe(), "hidden 1");
  };
  EXPECT_EQ(saved("4-8-3", "relu").saved, "output");  // the next layer keeps it anyway
  EXPECT_TRUE(saved("4-8-3", "relu").in_place);
  EXPECT_EQ(saved("1x4x4 conv8 avgpool 3", "relu").saved, "mask");
  EXPECT_EQ(saved("1x4x4 conv8 avgpool 3", "relu").saved_bytes, 4 * 8 * 16 / 8);
  EXPECT_EQ(saved("1x4x4 conv8 pool 3", "relu").saved, "left to the pool");
  EXPECT_EQ(saved("1x4x4 conv8 pool 3", "relu").saved_bytes, 0);
  EXPECT_EQ(saved("1x4x4 conv8 pool 3", "gelu").saved, "left to the pool");
  EXPECT_EQ(saved("1x4x4 conv8 pool 3", "prelu").saved, "input");
  EXPECT_EQ(saved("1x4x4 conv8 avgpool 3", "gelu").saved, "input");
  EXPECT_EQ(saved("4 8 bn 3", "relu").saved, "output, left to its input");
  EXPECT_EQ(saved("4-8-3", "tanh").saved, "output");
  EXPECT_EQ(saved("4-8-3", "gelu").saved, "input");
  EXPECT_FALSE(saved("4-8-3", "gelu").in_place);
  EXPECT_EQ(saved("4-8-3", "prelu").saved, "input");
  EXPECT_EQ(saved("4-8-3", "linear").saved, "");
  EXPECT_EQ(saved("4-8-3", "leaky_relu(slope=-0.1)").saved, "mask");
}

TEST(PlanMemory, of_inference_does_not_grow_with_depth) {
  const auto bytes = [](const std::string& net) {
    const Model model = parse_network(net, "gelu");
    ParameterStore store(model);
    return Plan(model, store, *make_reference_backend(), 64, Mode::kInference).arena_bytes();
  };
  EXPECT_EQ(bytes("32-4x64-32"), bytes("32-40x64-32"));
}

TEST(PlanMemory, is_known_before_it_is_taken) {
  for (const Mode mode : {Mode::kTraining, Mode::kInference}) {
    const Model model = parse_network("1x8x8 conv8 bn pool conv8 pool 16 10", "gelu");
    ParameterStore store(model);
    const auto backend = make_reference_backend();
    const Plan plan(model, store, *backend, 256, mode);
    EXPECT_LE(least_plan_bytes(model, 256, mode), plan.arena_bytes());
    EXPECT_GE(static_cast<double>(least_plan_bytes(model, 256, mode)), 0.75 * static_cast<double>(plan.arena_bytes()));
  }
}

}  // namespace
}  // namespace rectify
