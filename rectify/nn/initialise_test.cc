#include "rectify/nn/initialise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "rectify/base/error.h"
#include "rectify/base/random.h"
#include "rectify/nn/lsuv.h"
#include "rectify/nn/model_toml.h"
#include "rectify/nn/plan.h"

namespace rectify {
namespace {

using testing::AllOf;
using testing::HasSubstr;

struct Filled {
  Model model;
  ParameterStore store;

  Filled(const std::string& net, const std::string& activation, const std::string& init, std::uint64_t seed = 1)
      : model(parse_network(net, activation)), store(model) {
    initialise(model, Initialisation::parse(init), seed, store);
  }

  std::vector<float> values(const std::string& node, ParameterKind kind) {
    const auto span = store.values(store.slot(node, kind));
    return {span.begin(), span.end()};
  }

  /// The root mean square of a node's weights.
  double sigma(const std::string& node) {
    double square = 0;
    const auto weights = values(node, ParameterKind::kWeight);
    for (const float w : weights) square += static_cast<double>(w) * w;
    return std::sqrt(square / static_cast<double>(weights.size()));
  }
};

TEST(Store, keeps_every_tensor_aligned_and_apart) {
  const Model model = parse_network("5-3-2", "prelu");
  ParameterStore store(model);
  ASSERT_EQ(store.slots().size(), 5u);
  EXPECT_EQ(store.count(), 5 * 3 + 3 + 3 + 3 * 2 + 2);
  EXPECT_EQ(store.slot("dense 1", ParameterKind::kWeight).shape, (std::vector<std::int64_t>{3, 5}));
  EXPECT_EQ(store.slot("hidden 1", ParameterKind::kActivation).shape, (std::vector<std::int64_t>{1, 3}));
  EXPECT_EQ(store.slot("output", ParameterKind::kBias).shape, std::vector<std::int64_t>{2});
  std::int64_t end = 0;
  for (const ParameterSlot& slot : store.slots()) {
    EXPECT_EQ(slot.offset % 16, 0);
    EXPECT_GE(slot.offset, end);
    end = slot.offset + slot.size();
  }
  EXPECT_EQ(store.values().size(), store.gradients().size());
  EXPECT_GE(static_cast<std::int64_t>(store.values().size()), end);
  for (const float value : store.values()) EXPECT_EQ(value, 0);
}

TEST(Store, holds_only_learnt_parameters_of_activations) {
  EXPECT_EQ(ParameterStore(parse_network("2-3-2", "leaky_relu")).slots().size(), 4u);
  ParameterStore store(parse_network("2-3-2", "mine = a * x * sigmoid(b * x) + c; a = 1 learn; b = 2; c = 3 learn"));
  EXPECT_EQ(store.slot("hidden 1", ParameterKind::kActivation).shape, (std::vector<std::int64_t>{2, 3}));
}

TEST(Store, says_which_tensor_is_missing) {
  const ParameterStore store(parse_network("2-3-2", "relu"));
  try {
    store.slot("hidden 1", ParameterKind::kActivation);
    FAIL();
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "[parameters] node \"hidden 1\" has no activation parameter");
  }
}

// Expected: gain / sqrt(fan_in); the gains of relu and tanh are sqrt(2) and 1.5925 (1 / sqrt(E tanh(z)^2)), that of the largest of two N(0,
// 1), whose second moment is 1, is 1.
TEST(Initialise, auto_takes_the_gain_of_the_function_that_the_layer_reads) {
  EXPECT_NEAR(Filled("400-300-200-10", "relu", "auto").sigma("dense 1"), std::sqrt(1.0 / 400), 0.002);
  EXPECT_NEAR(Filled("400-300-200-10", "relu", "auto").sigma("dense 2"), std::sqrt(2.0 / 300), 0.002);
  EXPECT_NEAR(Filled("400-300-200-10", "relu", "auto").sigma("output"), std::sqrt(2.0 / 200), 0.005);
  EXPECT_NEAR(Filled("300-400-300-10", "tanh", "auto").sigma("dense 2"), 1.5925 / 20, 0.002);
  EXPECT_NEAR(Filled("300-400-300-10", "maxout", "auto").sigma("hidden 2"), 1.0 / 20, 0.001);
}

TEST(Initialise, named_schemes_follow_their_papers) {
  EXPECT_NEAR(Filled("400-300-10", "tanh", "he").sigma("dense 1"), std::sqrt(2.0 / 400), 0.002);
  EXPECT_NEAR(Filled("400-300-10", "tanh", "glorot").sigma("dense 1"), std::sqrt(2.0 / 700), 0.002);
  EXPECT_NEAR(Filled("400-300-10", "tanh", "lecun").sigma("dense 1"), std::sqrt(1.0 / 400), 0.002);
}

TEST(Initialise, scale_multiplies_the_weights_of_hidden_layers_and_leaves_the_output) {
  Filled plain("400-300-200-10", "tanh", "lecun,bias=0.1"), scaled("400-300-200-10", "tanh", "lecun,scale=4,bias=0.1");
  for (const char* layer : {"dense 1", "dense 2"}) {
    EXPECT_NEAR(scaled.sigma(layer), 4 * plain.sigma(layer), 1e-6) << layer;
    EXPECT_EQ(scaled.values(layer, ParameterKind::kBias), plain.values(layer, ParameterKind::kBias)) << layer;
  }
  EXPECT_EQ(scaled.sigma("output"), plain.sigma("output"));
  EXPECT_NEAR(Filled("40-60-10", "tanh", "orthogonal,scale=4").sigma("dense 1"),
              4 * Filled("40-60-10", "tanh", "orthogonal").sigma("dense 1"), 1e-6);
}

TEST(Initialise, gain_is_for_all_layers_but_the_first_and_bias_for_hidden_ones) {
  Filled filled("400-300-200-10", "sigmoid", "auto,gain=4.72,bias=0.1");
  EXPECT_NEAR(filled.sigma("dense 2"), 4.72 / std::sqrt(300), 0.005);
  EXPECT_NEAR(filled.sigma("output"), 4.72 / std::sqrt(200), 0.02);
  EXPECT_NEAR(filled.sigma("dense 1"), 1 / std::sqrt(400), 0.002);
  EXPECT_EQ(filled.values("dense 1", ParameterKind::kBias), std::vector<float>(300, 0.1f));
  EXPECT_EQ(filled.values("output", ParameterKind::kBias), std::vector<float>(10, 0.0f));
  EXPECT_NEAR(Filled("400-300-200-10", "tanh", "he,gain=2").sigma("dense 2"), 2 * std::sqrt(2.0 / 300), 0.004);
}

TEST(Initialise, learnt_parameters_begin_at_their_spec_values) {
  EXPECT_EQ(Filled("2-3-2", "prelu", "auto").values("hidden 1", ParameterKind::kActivation), std::vector<float>(3, 0.25f));
  EXPECT_EQ(Filled("2-2-2", "mine = a * x * sigmoid(b * x) + c; a = 1 learn; b = 2; c = 3 learn", "he")
                .values("hidden 1", ParameterKind::kActivation),
            (std::vector<float>{1, 1, 3, 3}));
}

/// The largest difference between the Gram matrix of the shorter side and `scale` times the identity.
double gram_error(const std::vector<float>& w, std::size_t rows, std::size_t columns, double scale) {
  const bool wide = rows <= columns;
  const std::size_t count = std::min(rows, columns), length = std::max(rows, columns);
  const auto at = [&](std::size_t vector, std::size_t i) -> double { return wide ? w[vector * columns + i] : w[i * columns + vector]; };
  double worst = 0;
  for (std::size_t a = 0; a < count; ++a) {
    for (std::size_t b = 0; b <= a; ++b) {
      double sum = 0;
      for (std::size_t i = 0; i < length; ++i) sum += at(a, i) * at(b, i);
      worst = std::max(worst, std::abs(sum - (a == b ? scale : 0)));
    }
  }
  return worst;
}

TEST(Initialise, orthogonal_matrices_are_so_whatever_their_shape) {
  Filled filled("40-60-60-30-10", "relu", "orthogonal");
  EXPECT_LT(gram_error(filled.values("dense 1", ParameterKind::kWeight), 60, 40, 1), 1e-5);
  EXPECT_LT(gram_error(filled.values("dense 2", ParameterKind::kWeight), 60, 60, 2), 1e-5) << "the gain of relu, squared";
  EXPECT_LT(gram_error(filled.values("dense 3", ParameterKind::kWeight), 30, 60, 2), 1e-5);
  Filled given("40-60-60-10", "relu", "orthogonal,gain=3");
  EXPECT_LT(gram_error(given.values("dense 2", ParameterKind::kWeight), 60, 60, 9), 1e-5);
  EXPECT_EQ(Filled("9-20-20-3", "tanh", "orthogonal", 4).values("dense 2", ParameterKind::kWeight),
            Filled("9-20-20-3", "tanh", "orthogonal", 4).values("dense 2", ParameterKind::kWeight));
}

TEST(Initialise, each_map_of_a_layer_is_orthogonal) {
  for (const auto& [activation, maps] : {std::pair{"swiglu", 2}, {"maxout(k=3)", 3}}) {
    const auto w = Filled("9-16-10", activation, "orthogonal").values("hidden 1", ParameterKind::kWeight);
    ASSERT_EQ(w.size(), static_cast<std::size_t>(maps * 16 * 9));
    for (int m = 0; m < maps; ++m) EXPECT_LT(gram_error({w.begin() + m * 144, w.begin() + (m + 1) * 144}, 16, 9, 1), 1e-5) << activation;
  }
}

TEST(Initialise, orthogonal_matrices_prefer_no_direction) {
  double trace = 0, square = 0;
  const int draws = 300;
  for (int seed = 0; seed < draws; ++seed) {
    const auto w = Filled("5-5-2", "relu", "orthogonal", seed).values("dense 1", ParameterKind::kWeight);
    const double t = w[0] + w[6] + w[12] + w[18] + w[24];
    trace += t / draws, square += t * t / draws;
  }
  EXPECT_NEAR(trace, 0, 0.25) << "of a uniformly drawn matrix";
  EXPECT_NEAR(square, 1, 0.3) << "(Diaconis and Shahshahani 1994)";
}

// Expected: the edge of chaos of tanh at q = 1, weights 2.1533 and biases 0.15096.
TEST(Initialise, critical_draws_weights_and_biases_from_the_edge_of_chaos) {
  Filled filled("400-500-600-10", "tanh", "critical");
  EXPECT_NEAR(filled.sigma("dense 1"), std::sqrt((1 - .15096) / 400), 0.0005);
  EXPECT_NEAR(filled.sigma("dense 2"), std::sqrt(2.1533 / 500), 0.0005);
  EXPECT_NEAR(filled.sigma("output"), std::sqrt(2.1533 / 600), 0.002);
  double square = 0;
  for (const float b : filled.values("dense 2", ParameterKind::kBias)) square += b * b / 600;
  EXPECT_NEAR(square, .15096, 0.03);
  EXPECT_EQ(filled.values("output", ParameterKind::kBias), std::vector<float>(10, 0.0f));
  EXPECT_EQ(Filled("9-8-7-2", "relu", "critical").values("dense 2", ParameterKind::kBias), std::vector<float>(7, 0.0f));
}

TEST(Initialise, critical_is_refused_where_there_is_no_edge_of_chaos) {
  try {
    check(parse_network("9-8-2", "sigmoid"), Initialisation::parse("critical"));
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("[init] sigmoid has no edge of chaos"));
  }
  EXPECT_NO_THROW(check(parse_network("9-8-2", "sigmoid"), Initialisation::parse("orthogonal")));
}

/// Samples of a network of 30 inputs, far from standardised.
std::vector<float> wide_samples(std::int64_t batch) {
  Random random(3, 0);
  std::vector<float> x(batch * 30);
  for (float& value : x) value = static_cast<float>(5 * random.normal() + 2);
  return x;
}

/// The standard deviation of what a network makes of `x`.
double output_deviation(const Model& model, ParameterStore& store, Backend& backend, std::span<const float> x, std::int64_t batch) {
  Plan plan(model, store, backend, batch, Mode::kInference);
  std::copy(x.begin(), x.end(), plan.input().begin());
  plan.forward();
  const auto count = static_cast<double>(plan.logits().size());
  double mean = 0, square = 0;
  for (const float value : plan.logits()) mean += value / count, square += value * value / count;
  return std::sqrt(square - mean * mean);
}

TEST(Lsuv, gives_every_layer_the_deviation_that_is_asked_for) {
  constexpr std::int64_t kBatch = 200;
  const std::vector<float> x = wide_samples(kBatch);
  const auto backend = make_reference_backend();
  for (const char* activation : {"relu", "tanh", "maxout"}) {
    Filled filled("30-40-50-10", activation, "lsuv");
    scale_to_deviation(filled.model, 1.5, x, kBatch, *backend, filled.store);
    EXPECT_NEAR(output_deviation(filled.model, filled.store, *backend, x, kBatch), 1.5, 0.02) << activation;
    EXPECT_LT(gram_error(filled.values("output", ParameterKind::kWeight), 10, 50, std::pow(filled.sigma("output"), 2) * 50), 1e-4);
  }
}

// The output of a gated layer goes with the square of its weights, which have to be found nevertheless.
TEST(Lsuv, gives_gated_layers_the_deviation_that_is_asked_for) {
  constexpr std::int64_t kBatch = 200;
  const std::vector<float> x = wide_samples(kBatch);
  const auto backend = make_reference_backend();
  for (const char* activation : {"bilinear", "reglu", "swiglu", "glu"}) {
    Model model = parse_network("30-40-50-10", activation);
    model.nodes.pop_back();  // so that the logits are those of the last gated layer
    ParameterStore store(model);
    initialise(model, Initialisation::parse("lsuv"), 1, store);
    scale_to_deviation(model, 1, x, kBatch, *backend, store);
    EXPECT_NEAR(output_deviation(model, store, *backend, x, kBatch), 1, 0.02) << activation;
  }
}

TEST(Lsuv, scales_convolutions) {
  Model model = parse_network("1x4x4 conv3 conv3 2", "relu");
  const auto backend = make_reference_backend();
  ParameterStore store(model);
  initialise(model, Initialisation::parse("lsuv"), 1, store);
  std::vector<float> x(20 * 16);
  Random random(4, 0);
  for (float& value : x) value = static_cast<float>(random.normal());
  scale_to_deviation(model, 1, x, 20, *backend, store);
  for (const float value : store.values()) EXPECT_TRUE(std::isfinite(value));
}

// E (a f(b))^2 = E f(b)^2 for independent a and b of N(0, 1): 0.5 of reglu, 1 of bilinear, 0.29338 of glu.
TEST(Initialise, auto_makes_up_for_what_a_gate_does) {
  for (const auto& [activation, gain] : {std::pair{"reglu", std::sqrt(2.0)}, {"bilinear", 1.0}, {"glu", 1 / std::sqrt(0.29338)}}) {
    Filled filled("30-200-300-10", activation, "auto");
    EXPECT_NEAR(filled.sigma("output") * std::sqrt(300), gain, 0.04 * gain) << activation;
    EXPECT_NEAR(filled.sigma("hidden 1") * std::sqrt(30), 1, 0.04) << activation;
  }
}

TEST(Initialise, auto_makes_up_for_what_all_parts_of_a_concatenation_do) {
  const char* const text = R"([[node]]
kind = "input"
name = "input"
shape = [50]
[[node]]
kind = "dense"
name = "first"
units = 300
[[node]]
kind = "activation"
name = "relu"
activation = "relu"
[[node]]
kind = "concat"
name = "both"
inputs = ["relu", "input"]
[[node]]
kind = "dense"
name = "last"
units = 200
)";
  const Model model = parse_model(text, "relu");
  ParameterStore store(model);
  initialise(model, Initialisation::parse("auto"), 1, store);
  double square = 0;
  const auto weights = store.values(store.slot("last", ParameterKind::kWeight));
  for (const float w : weights) square += w * w / static_cast<double>(weights.size());
  const double second = (300 * 0.5 + 50) / 350;  // of relu's and the data's channels
  EXPECT_NEAR(square * 350, 1 / second, 0.04 / second);
}

TEST(Initialise, a_node_may_have_its_own) {
  Model model = parse_network("20-20-20-10", "relu");
  ParameterStore plain(model), own(model);
  initialise(model, Initialisation::parse("glorot"), 1, plain);
  model.nodes[3].init = "he,gain=2,bias=0.1";
  initialise(model, Initialisation::parse("glorot"), 1, own);
  for (const ParameterSlot& slot : plain.slots()) {
    const auto before = plain.values(slot), after = own.values(slot);
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (slot.node != model.nodes[3].name) {
        EXPECT_EQ(after[i], before[i]) << slot.node;
      } else if (slot.kind == ParameterKind::kBias) {
        EXPECT_EQ(after[i], 0.1f);
      } else {
        EXPECT_NEAR(after[i], before[i] * 2 * std::sqrt(2.0), 1e-5) << "2/20 and its gain, where it was 2/(20 + 20)";
      }
    }
  }
  model.nodes[3].init = "critical";
  EXPECT_NO_THROW(check(model, Initialisation::parse("glorot")));
  Model without = parse_network("20-20-20-10", "sigmoid");
  without.nodes[3].init = "critical";
  EXPECT_THROW(check(without, Initialisation::parse("glorot")), Error) << "sigmoid has no edge of chaos";
}

TEST(Initialise, weights_do_not_depend_on_other_layers) {
  const auto weights = [](const char* net, std::uint64_t seed) {
    return Filled(net, "relu", "he", seed).values("dense 2", ParameterKind::kWeight);
  };
  EXPECT_EQ(weights("9-20-30-10", 1), weights("77-20-30-40-10", 1));
  EXPECT_NE(weights("9-20-30-10", 1), weights("9-20-30-10", 2));
  Filled same("20-20-20-10", "relu", "he");
  EXPECT_NE(same.values("dense 1", ParameterKind::kWeight), same.values("dense 2", ParameterKind::kWeight));
}

TEST(Initialisation, text_is_what_parse_reads) {
  for (const char* text : {"auto", "he", "glorot", "lecun", "orthogonal", "critical,bias=0.1", "lsuv", "auto,gain=4.72", "he,bias=0.1",
                           "lecun,gain=0.5,scale=4,bias=-0.25"}) {
    EXPECT_EQ(Initialisation::parse(text).text(), text);
  }
  EXPECT_EQ(Initialisation::parse("auto,bias=1,gain=2").text(), "auto,gain=2,bias=1");
}

TEST(Initialisation, mistakes_are_explained) {
  const std::vector<std::pair<const char*, const char*>> cases{
      {"glorto", "did you mean glorot"},
      {"", "there is no initialisation \"\""},
      {"auto,gian=2", "did you mean gain"},
      {"auto,gain=", "gain= is not a number"},
      {"auto,gain", "\"gain\" has no value: write gain=1.5"},
      {"auto,gain=two", "gain=two is not a number"},
      {"auto,gain=2x", "gain=2x is not a number"},
      {"auto,gain=0", "must be above 0"},
      {"auto,scale=0", "must be above 0"},
      {"lsuv,scale=4", "lsuv scales every layer by the data"},
      {"auto,gain=-1", "must be at least 0"},
      {"auto,bias=inf", "bias=inf is out of range"},
      {"auto,bias=nan", "bias=nan is out of range"},
      {"auto,gain=1,gain=2", "gain is given twice"},
      {"he,bias=0,bias=0", "bias is given twice"},
      {"auto,", "auto has no setting \"\""},
  };
  for (const auto& [text, problem] : cases) {
    try {
      Initialisation::parse(text);
      ADD_FAILURE() << text;
    } catch (const Error& e) {
      EXPECT_THAT(e.what(), AllOf(HasSubstr("[init] "), HasSubstr(problem))) << text;
    }
  }
}

}  // namespace
}  // namespace rectify
