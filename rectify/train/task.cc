#include "rectify/train/task.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "rectify/base/error.h"
#include "rectify/base/settings.h"
#include "rectify/record/text.h"

namespace rectify {
namespace {

std::int64_t outputs_of(Task task, const Dataset& data) {
  switch (task) {
    case Task::kClassification:
      if (data.classes == 0) fail("task", fmt::format("{} has no classes, but targets: write --task regression", data.name));
      return data.classes;
    case Task::kRegression:
      if (data.target_size == 0) fail("task", fmt::format("{} has no targets, but classes: write --task classification", data.name));
      return data.target_size;
    case Task::kAutoencoder: break;
  }
  return data.sample_size();
}

}  // namespace

Task parse_task(std::string_view text) {
  std::vector<std::string> names;
  for (const Task task : {Task::kClassification, Task::kRegression, Task::kAutoencoder}) {
    if (text == task_text(task)) return task;
    names.emplace_back(task_text(task));
  }
  unknown_name("task", "task", text, names, "--task regression");
}

void check(Task task, const Loss& loss) {
  if (task == Task::kClassification || loss.kind == LossKind::kSquaredError) return;
  fail("loss", fmt::format("{} compares with classes, {} has none: write --loss mse", loss.text(), task_text(task)));
}

TargetKind target_kind(Task task) {
  switch (task) {
    case Task::kClassification: return TargetKind::kClasses;
    case Task::kRegression: return TargetKind::kNumbers;
    case Task::kAutoencoder: break;
  }
  return TargetKind::kNone;
}

Problem::Problem(const std::optional<Task>& asked, const std::optional<Loss>& asked_loss, const Dataset& data)
    : task(asked.value_or(data.target_size > 0 ? Task::kRegression : Task::kClassification)), outputs(outputs_of(task, data)) {
  if (task != Task::kClassification) loss.kind = LossKind::kSquaredError;
  if (!asked_loss) return;
  check(task, *asked_loss);
  loss = *asked_loss;
}

void TargetLoader::load(const Split& split, std::span<const std::uint32_t> order, std::int64_t begin, Plan& plan) const {
  if (problem_.loss.takes_labels()) return;
  const std::span<float> targets = plan.targets();
  switch (problem_.task) {
    case Task::kAutoencoder: std::copy_n(plan.input().begin(), targets.size(), targets.begin()); return;
    case Task::kRegression:
      if (split.targets.empty()) return;
      for (std::int64_t i = 0; i < plan.batch(); ++i) standardisation_.apply(split, order[begin + i], &targets[i * problem_.outputs]);
      return;
    case Task::kClassification:
      std::fill(targets.begin(), targets.end(), 0.0f);
      for (std::int64_t i = 0; i < plan.batch(); ++i) targets[i * problem_.outputs + plan.labels()[i]] = 1;
  }
}

}  // namespace rectify
