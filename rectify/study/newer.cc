// Whether functions newer than ReLU are worth a try.
#include <fmt/format.h>

#include <cmath>
#include <string>
#include <vector>

#include "rectify/activation/activation.h"
#include "rectify/nn/plan.h"
#include "rectify/record/text.h"
#include "rectify/study/blocks.h"
#include "rectify/study/image_networks.h"
#include "rectify/train/trainer.h"

namespace rectify {
namespace {

/// What is compared: relu with a few, or with all that have a kernel of their own, and maxout.
std::vector<std::string> compared_functions(const StudyScope& scope) {
  if (scope.length == StudyLength::kShort) return {"relu", "elu", "gelu", "maxout"};
  std::vector<std::string> names;
  for (const CatalogueEntry& entry : catalogue()) {
    if (entry.group != "further") names.emplace_back(entry.name);
    if (entry.name == "elu") names.emplace_back("maxout");
  }
  return names;
}

StudyDesign design(const StudyScope& scope) {
  DesignTable table;
  table.label_heads = {"activation"};
  table.columns = {accuracy_column(),
                   {"seconds", {"seconds per epoch", StudyUnit::kNumber, "while other trainings run beside it"}},
                   {"memory", {"MiB", StudyUnit::kNumber, "memory of a training step"}}};
  for (const std::string& activation : compared_functions(scope)) {
    StudyCase one;
    one.labels = {activation};
    one.training = study_training(image_net(scope), activation, scope.choose(8, 4), 0.03);
    one.rates = scope.choose<std::vector<double>>({0.01, 0.1}, {0.01, 0.03, 0.1});
    const PlanRecord plan = describe_plan(*one.training, scope.data);
    one.predicted["memory"] = static_cast<double>(plan.parameter_bytes + plan.arena_bytes) / 0x1p20;
    table.cases.push_back(std::move(one));
  }
  return {table};
}

Judgement judge(const Findings& findings) {
  const FoundRow& relu = findings.row({"relu"});
  std::vector<std::string> better, worse, undecided;
  for (const FoundRow& row : findings.table()) {
    if (row.labels[0] == "relu") continue;
    const Estimate ahead = difference(row, relu, "accuracy");
    const std::string text = fmt::format("{} ({})", row.labels[0], points_of(ahead));
    (surely_above(ahead, 0) ? better : surely_below(ahead, 0) ? worse : undecided).push_back(text);
  }
  Judgement out;
  out.conclusion = fmt::format("relu reaches {}.", percent_of(relu.estimate("accuracy")));
  if (!better.empty()) out.conclusion += fmt::format(" Surely above it: {}.", listed(better));
  if (!worse.empty()) out.conclusion += fmt::format(" Surely below it: {}.", listed(worse));
  if (!undecided.empty()) out.conclusion += fmt::format(" Not decided by these seeds: {}.", listed(undecided));
  out.verdict = better.empty()                       ? StudyVerdict::kNotFound
                : worse.empty() && undecided.empty() ? StudyVerdict::kHolds
                                                     : StudyVerdict::kHoldsIf;
  out.condition = "one tries several: some were surely better than relu here, others were not";
  return out;
}

}  // namespace

Study newer_study() {
  Study study;
  study.name = "newer";
  study.claim = "ELU, maxout and newer variants are worth exploring.";
  study.method = "The same convolutional network is trained with each, at its best rate. Differences from relu are taken seed by seed.";
  study.brief = {"strokes", 1500};
  study.whole = {"fashion-mnist", 5000};
  study.expected = {StudyVerdict::kHolds, StudyVerdict::kHoldsIf, StudyVerdict::kNotFound};
  study.design = design;
  study.judge = judge;
  return study;
}

}  // namespace rectify
