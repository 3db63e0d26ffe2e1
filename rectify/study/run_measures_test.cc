#include "rectify/study/run_measures.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>

#include "rectify/study/blocks.h"

namespace rectify {
namespace {

Measures measured(const char* net, const char* activation, const char* init = "auto") {
  Dataset data = load_dataset("spirals");
  keep_first(data, 512);
  TrainOptions training = study_training(net, activation, 1, 1e-6);
  training.init = Initialisation::parse(init);
  const std::atomic<bool> never = false;
  Observer silent;
  return measures_of(train(training, data, Standardisation(data), silent, never));
}

TEST(RunMeasures, one_sign_is_of_the_layers_that_an_activation_feeds) {
  // The data of the first layer have both signs; averaged in, they would leave 2/3.
  EXPECT_EQ(measured("2-3x16-3", "sigmoid").at("one_signed"), 1);
  EXPECT_LT(measured("2-3x16-3", "tanh").at("one_signed"), 0.1);
  EXPECT_FALSE(measured("2-16-3", "sigmoid").contains("one_signed")) << "its only layer reads the data";
}

TEST(RunMeasures, the_gradients_of_the_first_and_the_last_layer_are_a_span_apart) {
  const Measures found = measured("2-6x32-3", "sigmoid", "lecun");
  EXPECT_NEAR(found.at("gradient_first") - found.at("gradient_last"), found.at("span_start"), 1e-9);
  EXPECT_LT(found.at("span_start"), -1);
}

}  // namespace
}  // namespace rectify
