#include "rectify/study/networks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <string>

#include "rectify/nn/initialise.h"
#include "rectify/nn/presets.h"

namespace rectify {
namespace {

/// The rows of A x + b, one slot after the other.
void fill(ParameterStore& store, const char* node, std::initializer_list<float> weights, std::initializer_list<float> biases) {
  std::ranges::copy(weights, store.values(store.slot(node, ParameterKind::kWeight)).begin());
  std::ranges::copy(biases, store.values(store.slot(node, ParameterKind::kBias)).begin());
}

TEST(MultipliedOut, is_the_product_with_the_biases_carried_through) {
  ParameterStore store(parse_network("2-2-2", "linear"));
  fill(store, "dense 1", {1, 2, 3, 4}, {1, -1});
  fill(store, "output", {0, 1, 2, 0}, {10, 20});
  const AffineMap map = multiplied_out(store);
  EXPECT_EQ(map.matrix, (std::vector<double>{3, 4, 2, 4}));
  EXPECT_EQ(map.offset, (std::vector<double>{9, 22}));
}

TEST(DistanceFromProduct, is_rounding_without_an_activation_and_much_with_one) {
  const Dataset data = load_dataset("spirals");
  const Standardisation standardisation(data);
  for (const std::string activation : {"linear", "relu"}) {
    const Model model = parse_network("2-3x32-3", activation);
    ParameterStore store(model);
    initialise(model, Initialisation{.bias = 0.2}, 1, store);
    const double distance = distance_from_product({data, standardisation, 1, &model, &store});
    EXPECT_EQ(distance < 1e-5, activation == "linear") << distance;
    EXPECT_TRUE(distance < 1e-5 || distance > 0.1) << distance;
  }
}

TEST(StraightShare, is_one_for_a_line_and_less_for_a_class_on_both_sides_of_another) {
  const Dataset data = load_dataset("moons");
  const Standardisation standardisation(data);
  const Model model = parse_network("2-2-2", "relu");
  ParameterStore store(model);
  fill(store, "dense 1", {1, 0, -1, 0}, {0, 0});  // the positive and the negative part of the first feature
  fill(store, "output", {0, 0, 1, -1}, {0, 0});   // class 1 right of 0
  EXPECT_EQ(straight_share({data, standardisation, 1, &model, &store}), 1);
  fill(store, "output", {0, 0, 1, 1}, {0.5, 0});  // class 1 further than 0.5 from 0, on both sides
  const double share = straight_share({data, standardisation, 1, &model, &store});
  EXPECT_GT(share, 0.4);
  EXPECT_LT(share, 0.9);
}

TEST(TrainingAccuracy, is_that_of_the_training_split) {
  const Dataset data = load_dataset("moons");
  const Standardisation standardisation(data);
  const Model model = parse_network("2-2-2", "relu");
  ParameterStore store(model);
  fill(store, "output", {0, 0, 0, 0}, {1, 0});  // class 0, which half of the samples have
  EXPECT_EQ(training_accuracy({data, standardisation, 1, &model, &store}), 0.5);
}

TEST(DeadShare, is_that_of_units_that_no_test_sample_wakes) {
  const Dataset data = load_dataset("moons");
  const Standardisation standardisation(data);
  const Model model = parse_network("2 4 dropout0.5 2", "relu");
  ParameterStore store(model);
  fill(store, "dense 1", {1, 0, 0, 1, 0, 0, 1, 1}, {0, 0, -1, -1000});  // the third is dead for good, the last but for huge features
  EXPECT_EQ(dead_share({data, standardisation, 1, &model, &store}), 0.5);
  fill(store, "dense 1", {1, 0, 0, 1, 0, 0, 1, 1}, {0, 0, 1, 0});
  EXPECT_EQ(dead_share({data, standardisation, 1, &model, &store}), 0);
}

TEST(FirstMedianGradient, is_that_of_the_weights_that_read_the_data) {
  Dataset data = load_dataset("moons");
  const Standardisation standardisation(data);
  const Model model = parse_network("2-8-2", "linear");
  const double one = *first_median_gradient(Initialisation::parse("lecun"), {data, standardisation, 1, &model});
  EXPECT_LT(one, 0);
  EXPECT_GT(one, -3);
  EXPECT_EQ(one, *first_median_gradient(Initialisation::parse("lecun"), {data, standardisation, 1, &model}));
  std::ranges::fill(std::get<std::vector<float>>(data.train.values), 0.5f);  // standardised to 0: no weight of the first layer matters
  EXPECT_FALSE(first_median_gradient(Initialisation::parse("lecun"), {data, Standardisation(data), 1, &model}));
}

TEST(TestAccuracy, is_that_of_the_test_split) {
  Dataset data = load_dataset("moons");
  const Standardisation standardisation(data);
  std::fill(data.test.labels.begin(), data.test.labels.end(), 0);
  const Model model = parse_network("2-2-2", "relu");
  ParameterStore store(model);
  fill(store, "output", {0, 0, 0, 0}, {1, 0});
  EXPECT_EQ(test_accuracy({data, standardisation, 1, &model, &store}), 1);
}

}  // namespace
}  // namespace rectify
