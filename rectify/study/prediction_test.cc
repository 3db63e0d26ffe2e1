#include "rectify/study/prediction.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>

#include "rectify/study/blocks.h"
#include "rectify/study/run_measures.h"

namespace rectify {
namespace {

constexpr int kDepth = 20, kWidth = 64;

double predicted(const char* init, const char* activation) {
  return *predicted_span(Initialisation::parse(init), activation, load_dataset("spirals"), kDepth, kWidth);
}

TEST(Prediction, what_keeps_the_gradient_has_a_span_of_one) {
  EXPECT_NEAR(predicted("he", "relu"), 0, 1e-9);
  EXPECT_NEAR(predicted("auto", "relu"), 0, 1e-9);
  EXPECT_NEAR(predicted("critical", "tanh"), 0, 1e-6);
}

TEST(Prediction, a_relu_with_half_of_its_variance_loses_a_factor_of_root_two_a_layer) {
  EXPECT_NEAR(predicted("glorot", "relu"), -0.5 * (kDepth - 1) * std::log10(2), 1e-9);
  EXPECT_NEAR(predicted("lecun,gain=0.5", "relu"), -0.5 * (kDepth - 1) * std::log10(8), 1e-9);
}

TEST(Prediction, sigmoid_has_no_critical_initialisation) {
  EXPECT_FALSE(hidden_variance(Initialisation::parse("critical"), "sigmoid"));
  EXPECT_FALSE(predicted_span(Initialisation::parse("critical"), "sigmoid", load_dataset("spirals"), kDepth, kWidth));
}

TEST(Prediction, is_near_what_is_measured_in_wide_networks) {
  const Dataset data = [] {
    Dataset all = load_dataset("spirals");
    keep_first(all, 512);
    return all;
  }();
  const std::atomic<bool> never = false;
  Observer silent;
  for (const char* activation : {"sigmoid", "tanh", "relu"}) {
    TrainOptions training = study_training(stack_net(data, 8, 128), activation, 1, 1e-6);
    training.init = Initialisation::parse("lecun");
    const double measured = measures_of(train(training, data, Standardisation(data), silent, never)).at("span_start");
    EXPECT_NEAR(measured, *predicted_span(training.init, activation, data, 8, 128), 0.4) << activation;
  }
}

}  // namespace
}  // namespace rectify
