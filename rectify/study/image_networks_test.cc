#include "rectify/study/image_networks.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>

#include "rectify/study/blocks.h"

namespace rectify {
namespace {

Dataset few_strokes() {
  Dataset data = load_dataset("strokes");
  keep_first(data, 320);
  return data;
}

const char* const kNet = "1x12x12 conv8 pool 32 4";

Measures watched(double rate) {
  const Dataset data = few_strokes();
  const TrainOptions training = study_training(kNet, "relu", 40, rate);
  const auto watcher = watch_for_low_error(training, data);
  const std::atomic<bool> never = false;
  train(training, data, Standardisation(data), *watcher, never);
  Measures out;
  watcher->report(out);
  return out;
}

TEST(ImageNetworks, steps_are_counted_until_the_error_is_low_or_the_training_ends) {
  const Measures fast = watched(0.03), never = watched(1e-7);
  EXPECT_EQ(fast.at("reached"), 1);
  EXPECT_LT(fast.at("steps"), 200);
  EXPECT_EQ(std::fmod(fast.at("steps"), 10), 0);
  EXPECT_EQ(never.at("reached"), 0);
  EXPECT_EQ(never.at("steps"), 200);
}

TEST(ImageNetworks, time_is_steps_times_the_time_of_a_step) {
  Measures out{{"steps", 500}};
  measure_cost(study_training(kNet, "relu", 40, 0.03), few_strokes(), out);
  EXPECT_NEAR(out.at("time"), 0.5 * out.at("step"), 1e-9);
  EXPECT_GT(out.at("share"), 0);
  EXPECT_LT(out.at("share"), 1);
}

}  // namespace
}  // namespace rectify
