#include "rectify/study/slope_prediction.h"

#include <gtest/gtest.h>

#include <cmath>

#include "rectify/study/blocks.h"
#include "rectify/study/run_measures.h"

namespace rectify {
namespace {

TEST(SlopePrediction, relu_is_flat_on_one_half_whatever_the_variance) {
  for (const double q : {0.1, 1.0, 256.0}) EXPECT_NEAR(flat_share(Activation("relu"), q), 0.5, 1e-3) << q;
  EXPECT_NEAR(predict_slopes(Activation("relu"), 16, 4).slope, 0.5 * std::log10(0.5), 1e-6);
}

TEST(SlopePrediction, tanh_is_flat_beyond_the_place_where_its_slope_is_a_twentieth) {
  const double edge = std::acosh(std::sqrt(20.0));  // 1 / cosh(x)^2 = 1/20
  for (const double q : {1.0, 16.0}) EXPECT_NEAR(flat_share(Activation("tanh"), q), std::erfc(edge / std::sqrt(2 * q)), 1e-3) << q;
}

TEST(SlopePrediction, is_near_what_is_measured_in_wide_networks) {
  Dataset data = load_dataset("strokes");
  keep_first(data, 512);
  data.test.count = 100;
  const std::atomic<bool> never = false;
  Observer silent;
  for (const char* activation : {"sigmoid", "tanh", "elu"}) {
    TrainOptions training = study_training(stack_net(data, 4, 128), activation, 1, 1e-6);
    training.init = Initialisation::parse("lecun,scale=4");
    const Measures measured = measures_of(train(training, data, Standardisation(data), silent, never));
    const SlopePrediction predicted = predict_slopes(Activation(activation), 4, 4);
    EXPECT_NEAR(measured.at("flat_start"), predicted.flat, 0.05) << activation;
    EXPECT_NEAR(measured.at("slope_start"), predicted.slope, 0.1) << activation;
    EXPECT_NEAR(measured.at("span_start"), predicted.span, 0.1) << activation;
  }
}

}  // namespace
}  // namespace rectify
