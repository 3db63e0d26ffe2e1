#include "rectify/train/recipes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rectify {
namespace {

TEST(Recipes, are_one_for_each_preset) {
  std::vector<std::string> names;
  for (const Recipe& recipe : recipes()) names.emplace_back(recipe.net);
  EXPECT_EQ(names, preset_names());
}

TEST(Recipes, are_what_a_preset_is_trained_with) {
  for (const Recipe& recipe : recipes()) {
    const TrainOptions options = default_options(recipe.net);
    EXPECT_EQ(options.net, recipe.net);
    EXPECT_EQ(options.epochs, recipe.epochs);
    EXPECT_EQ(options.batch, recipe.batch);
    EXPECT_EQ(options.learning_rate, recipe.learning_rate);
    EXPECT_EQ(options.optimiser.text(), recipe.optimizer);
    EXPECT_EQ(options.schedule.text(), recipe.schedule);
    EXPECT_EQ(options.augmentation.text(), recipe.augmentation);
    Dataset images;
    images.name = "images";
    images.sample_shape = {28, 28};
    images.classes = 10;
    images.train.count = 1000;
    EXPECT_NO_THROW(check(options, images)) << recipe.net;
  }
}

TEST(Recipes, leave_other_networks_as_options_begin) {
  const TrainOptions options = default_options("784-512-10"), begin;
  EXPECT_EQ(options.net, "784-512-10");
  EXPECT_EQ(settings_text(settings_of(options)), settings_text(settings_of(begin)));
  EXPECT_EQ(settings_text(settings_of(default_options("mlp", Task::kRegression))), settings_text(settings_of(begin)));
  EXPECT_EQ(settings_text(settings_of(begin)), "5 epochs, batch 128, sgd, lr 0.01 cosine");
}

TEST(Recipes, keep_their_rate_for_another_optimiser_of_its_kind_only) {
  TrainOptions options = default_options("mlp");
  const double own = options.learning_rate;
  ASSERT_EQ(options.optimiser.kind, OptimiserKind::kSgd);
  change_optimiser(options, OptimiserOptions::parse("sgd,nesterov"));
  EXPECT_EQ(options.learning_rate, own);
  EXPECT_EQ(options.optimiser.nesterov, Nesterov::kOn);
  for (const char* other : {"adam", "adamw", "rmsprop"}) {
    options = default_options("mlp");
    change_optimiser(options, OptimiserOptions::parse(other));
    EXPECT_EQ(options.learning_rate, 0.001) << other;
  }
}

}  // namespace
}  // namespace rectify
