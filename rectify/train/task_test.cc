#include "rectify/train/task.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "rectify/base/error.h"
#include "rectify/record/text.h"
#include "rectify/train/evaluation.h"

namespace rectify {
namespace {

std::string message(const std::function<void()>& action) {
  try {
    action();
    return "no error";
  } catch (const Error& e) {
    return e.what();
  }
}

TEST(Task, names_are_read_and_wrong_ones_explained) {
  for (const Task task : {Task::kClassification, Task::kRegression, Task::kAutoencoder}) EXPECT_EQ(parse_task(task_text(task)), task);
  EXPECT_EQ(message([] { parse_task("regresion"); }),
            "[task] there is no task \"regresion\": use classification, regression, autoencoder, as in --task regression; did you mean "
            "regression?");
}

TEST(Problem, follows_the_data_unless_told) {
  const Dataset moons = load_dataset("moons"), friedman = load_dataset("friedman");
  const Problem classes({}, {}, moons), targets({}, {}, friedman), itself(Task::kAutoencoder, {}, friedman);
  EXPECT_EQ(classes.task, Task::kClassification);
  EXPECT_EQ(classes.loss.kind, LossKind::kCrossEntropy);
  EXPECT_EQ(classes.outputs, 2);
  EXPECT_EQ(targets.task, Task::kRegression);
  EXPECT_EQ(targets.loss.kind, LossKind::kSquaredError);
  EXPECT_EQ(targets.outputs, 1);
  EXPECT_EQ(itself.outputs, 10);
  EXPECT_EQ(Problem({}, Loss::parse("bce"), moons).loss.kind, LossKind::kBinaryCrossEntropy);
}

TEST(Problem, that_the_data_do_not_pose_is_explained) {
  const Dataset moons = load_dataset("moons"), friedman = load_dataset("friedman");
  EXPECT_EQ(message([&] { Problem(Task::kRegression, {}, moons); }),
            "[task] moons has no targets, but classes: write --task classification");
  EXPECT_EQ(message([&] { Problem(Task::kClassification, {}, friedman); }),
            "[task] friedman has no classes, but targets: write --task regression");
  EXPECT_EQ(message([&] { Problem({}, Loss::parse("bce"), friedman); }),
            "[loss] bce compares with classes, regression has none: write --loss mse");
}

/// The targets of samples 3 and 1 of a data set in a plan of two samples.
std::vector<float> loaded(const Dataset& data, const Problem& problem) {
  const Model model = parse_network(std::to_string(data.sample_size()) + "-" + std::to_string(problem.outputs), "relu");
  ParameterStore store(model);
  const auto backend = make_reference_backend();
  Plan plan(model, store, *backend, 2, Mode::kTraining, problem.loss);
  const std::vector<std::uint32_t> order{0, 3, 1};
  copy_batch(data.train, Standardisation(data), order, 1, 2, plan.input().data(), plan.labels().data());
  TargetLoader(problem, data).load(data.train, order, 1, plan);
  if (problem.task == Task::kAutoencoder) {
    EXPECT_TRUE(std::ranges::equal(plan.input(), plan.targets()));
  }
  return {plan.targets().begin(), plan.targets().end()};
}

TEST(TargetLoader, gives_standardised_targets_one_hot_labels_or_the_input) {
  Dataset data;
  data.sample_shape = {2};
  data.train.count = 4;
  data.train.values = std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7};
  data.train.targets = {1, 10, 3, 20, 5, 30, 7, 40};
  data.target_size = 2;
  const float z = 1 / std::sqrt(5.0f);  // the deviation of 1, 3, 5, 7 is sqrt(5)
  const auto targets = loaded(data, Problem({}, {}, data));
  ASSERT_EQ(targets.size(), 4u);
  for (int i = 0; i < 2; ++i) {
    EXPECT_NEAR(targets[i], 3 * z, 1e-6);
    EXPECT_NEAR(targets[2 + i], -1 * z, 1e-6);
  }
  loaded(data, Problem(Task::kAutoencoder, {}, data));

  data.train.labels = {0, 2, 1, 1};
  data.classes = 3;
  data.target_size = 0;
  EXPECT_EQ(loaded(data, Problem({}, Loss::parse("mse"), data)), (std::vector<float>{0, 1, 0, 0, 0, 1}));
  EXPECT_TRUE(loaded(data, Problem({}, {}, data)).empty());
}

TEST(Variance, is_that_of_each_output_around_its_own_mean) {
  Variance variance(2);
  variance.add(std::vector<float>{1, 5, 3, 5});
  variance.add(std::vector<float>{5, 8});
  EXPECT_DOUBLE_EQ(variance.total(), 8 + 6);
}

}  // namespace
}  // namespace rectify
