#include "rectify/nn/initialise.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "rectify/base/error.h"

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
  for (const char* text : {"auto", "he", "glorot", "lecun", "auto,gain=4.72", "he,bias=0.1", "lecun,gain=0.5,bias=-0.25"}) {
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
