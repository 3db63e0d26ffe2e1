// What dropout does to dead units and to overfitting.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "rectify/study/blocks.h"
#include "rectify/study/networks.h"

namespace rectify {
namespace {

/// An optimiser, at a rate at which it leaves units dead.
struct TriedOptimiser {
  const char* name;
  double rate;
};
constexpr TriedOptimiser kOptimisers[] = {{"sgd", 0.1}, {"adam", 0.01}};

std::string rate_label(double rate) { return fmt::format("{}", rate); }

StudyDesign design(const StudyScope& scope) {
  DesignTable table;
  table.label_heads = {"optimiser", "dropout"};
  table.columns = {
      dead_end_column(),
      {"train_accuracy", {"train %", StudyUnit::kShare, "training samples that the network gets right, without dropping any unit"}},
      accuracy_column(),
      {"gap", {"gap", StudyUnit::kShare, "points by which the accuracy on training samples is higher than on test samples"}}};
  table.columns[0].column.meaning = "units that are dead after training, mean over the hidden layers";
  const int width = scope.choose(64, 256);
  for (const TriedOptimiser& optimiser : kOptimisers) {
    for (const double rate : {0.0, 0.2, 0.5}) {
      StudyCase one;
      one.labels = {optimiser.name, rate_label(rate)};
      const std::string drop = rate == 0 ? "" : fmt::format(" dropout{}", rate);
      const std::string net = fmt::format("{0} {1}{2} {1}{2} {3}", scope.data.sample_size(), width, drop, scope.data.classes);
      one.training = study_training(net, "relu", scope.choose(60, 40), optimiser.rate);
      one.training->optimiser = OptimiserOptions::parse(optimiser.name);
      one.probe = [](const TrainedCase& trained, Measures& out) {
        out["train_accuracy"] = training_accuracy(trained);
        out["gap"] = out["train_accuracy"] - out["accuracy"];
      };
      table.cases.push_back(std::move(one));
    }
  }
  return {table};
}

/// What the best dropout rate does, as what it changes.
Judgement judge(const Findings& findings) {
  bool fewer = true, any_fewer = false, narrower = true, any_narrower = false;
  Judgement out;
  for (const TriedOptimiser& optimiser : kOptimisers) {
    const FoundRow &none = findings.row({optimiser.name, rate_label(0)}), &half = findings.row({optimiser.name, rate_label(0.5)});
    const Estimate dead = difference(half, none, "dead_end"), gap = difference(half, none, "gap");
    fewer &= surely_below(dead, 0), any_fewer |= surely_below(dead, 0);
    narrower &= surely_below(gap, 0), any_narrower |= surely_below(gap, 0);
    out.conclusion += fmt::format(
        "{}: dropping half of the units changes the dead ones from {} to {} and the gap between training and test by {}; the test accuracy "
        "is {}. ",
        optimiser.name, percent_of(none.estimate("dead_end")), percent_of(half.estimate("dead_end")), points_of(gap),
        beside_text(difference(half, none, "accuracy"), "that without dropout"));
  }
  out.conclusion.pop_back();
  if (fewer && narrower) {
    out.verdict = StudyVerdict::kHolds;
  } else if (any_fewer || any_narrower) {
    out.verdict = StudyVerdict::kHoldsIf;
    out.condition = narrower       ? "one speaks of overfitting; dead units did not surely become fewer"
                    : any_narrower ? "one speaks of overfitting, and not with every optimiser"
                                   : "one speaks of dead units; overfitting was not surely less";
  } else {
    out.verdict = StudyVerdict::kNotFound;
  }
  return out;
}

}  // namespace

Study dropout_study() {
  Study study;
  study.name = "dropout";
  study.claim = "Dropout mitigates dead units and overfitting.";
  study.method =
      "Wide relu networks learn few samples for long, so that they overfit, at rates at which units die, with and without dropout.";
  study.terms = {{"dropout", "in training each unit's output is set to 0 with a given probability, at random, anew in each step"},
                 {"overfitting", "the network gets its training samples right and others less often"},
                 dead_term()};
  study.brief = {"strokes", 200};
  study.whole = {"fashion-mnist", 1000};
  study.net = NetChoice::kFixed;
  study.expected = {StudyVerdict::kHolds, StudyVerdict::kHoldsIf};
  study.design = design;
  study.judge = judge;
  return study;
}

}  // namespace rectify
