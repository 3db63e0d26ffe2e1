#include "rectify/study/probe_network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

#include "rectify/study/blocks.h"
#include "rectify/study/networks.h"
#include "rectify/study/run_measures.h"

namespace rectify {
namespace {

TEST(ProbeNetwork, sees_the_dead_units_and_errors_that_the_training_itself_reports) {
  Dataset data = load_dataset("spirals");
  keep_first(data, 1000);  // the last batch is a small one
  TrainOptions training = study_training("2-3x32-3", "relu", 2, 0.03);
  training.optimiser = OptimiserOptions::parse("adam");  // kills units at this rate
  const Standardisation standardisation(data);
  const Model model = describe_network(training.net, training.activation, task_of(data, training));
  ParameterStore parameters(model);
  Observer silent;
  const std::atomic<bool> never = false;
  const Measures measured = measures_of(train(training, data, standardisation, silent, never, &parameters));
  ProbeNetwork probe(training, data, 2048);
  const std::vector<bool> dead = probe.dead_units(parameters);
  ASSERT_EQ(dead.size(), 96u);
  ASSERT_GT(measured.at("dead_end"), 0) << "nothing to see";
  EXPECT_NEAR(static_cast<double>(std::count(dead.begin(), dead.end(), true)) / 96, measured.at("dead_end"), 1e-12);
  EXPECT_NEAR(1 - probe.error(parameters), training_accuracy({data, standardisation, 1, &model, &parameters}), 1e-12);
}

}  // namespace
}  // namespace rectify
