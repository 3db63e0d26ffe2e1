#include "rectify/train/recipes.h"

#include <algorithm>

namespace rectify {
namespace {

constexpr Recipe kRecipes[] = {
    {"mlp", 15, 64, "sgd", 0.03, "one-cycle", "none"},
    {"deep-mlp", 20, 128, "sgd,decay=0.0001", 0.05, "one-cycle", "none"},
    {"lenet", 15, 64, "sgd,decay=0.0005", 0.05, "one-cycle", "none"},
    {"vgg-small", 15, 128, "sgd,decay=0.0005", 0.1, "one-cycle", "none"},
    {"resnet-20", 12, 128, "sgd,decay=0.0005", 0.2, "one-cycle", "flip,shift=2"},
};

}  // namespace

std::span<const Recipe> recipes() { return kRecipes; }

TrainOptions default_options(const std::string& net, Task task) {
  TrainOptions options;
  options.net = net;
  const auto recipe = std::find_if(std::begin(kRecipes), std::end(kRecipes), [&](const Recipe& r) { return net == r.net; });
  if (recipe == std::end(kRecipes) || task != Task::kClassification) return options;
  options.epochs = recipe->epochs;
  options.batch = recipe->batch;
  options.optimiser = OptimiserOptions::parse(recipe->optimizer);
  options.learning_rate = recipe->learning_rate;
  options.schedule = Schedule::parse(recipe->schedule);
  options.augmentation = Augmentation::parse(recipe->augmentation);
  return options;
}

double default_rate(OptimiserKind kind) { return kind == OptimiserKind::kSgd ? 0.01 : 0.001; }

void change_optimiser(TrainOptions& options, const OptimiserOptions& optimiser) {
  if (optimiser.kind != options.optimiser.kind) options.learning_rate = default_rate(optimiser.kind);
  options.optimiser = optimiser;
}

TrainingSettings settings_of(const Recipe& recipe) { return settings_of(default_options(recipe.net)); }

}  // namespace rectify
