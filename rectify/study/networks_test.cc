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

TEST(TrainedCaseMeasures, a_linear_network_is_its_product_and_has_straight_boundaries_and_relu_neither) {
  const Dataset data = load_dataset("spirals");
  const Standardisation standardisation(data);
  for (const char* activation : {"linear", "relu"}) {
    const Model model = parse_network("2-3x32-3", activation);
    ParameterStore store(model);
    initialise(model, Initialisation{.bias = 0.2}, 1, store);
    const TrainedCase trained{data, standardisation, 1, &model, &store};
    const bool linear = std::string(activation) == "linear";
    EXPECT_EQ(distance_from_product(trained) < 1e-5, linear);
    EXPECT_EQ(straight_share(trained) == 1, linear) << straight_share(trained);
    const double accuracy = training_accuracy(trained);
    EXPECT_GT(accuracy, 0.1);
    EXPECT_LT(accuracy, 0.7);
  }
}

}  // namespace
}  // namespace rectify
