// What dropout does to dead units and to overfitting.
#include <fmt/format.h>

#include <iterator>
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

Judgement judge(const Findings& findings) {
  int fewer = 0, generalises = 0;
  Judgement out;
  for (const TriedOptimiser& optimiser : kOptimisers) {
    const FoundRow& none = findings.row({optimiser.name, rate_label(0)});
    bool any_fewer = false, any_better = false;
    for (const double rate : {0.2, 0.5}) {
      const FoundRow& dropped = findings.row({optimiser.name, rate_label(rate)});
      const Estimate dead = difference(dropped, none, "dead_end"), accuracy = difference(dropped, none, "accuracy");
      any_fewer |= surely_below(dead, 0);
      // A smaller gap that is paid for with accuracy is a network that learns less, not one that overfits less.
      any_better |= surely_below(difference(dropped, none, "gap"), 0) && !surely_below(accuracy, 0);
      out.conclusion +=
          fmt::format("{}, dropout {}: {} of the units dead against {}, gap {} against {}, test accuracy {}. ", optimiser.name, rate,
                      percent_of(dropped.estimate("dead_end")), percent_of(none.estimate("dead_end")), points_of(dropped.estimate("gap")),
                      points_of(none.estimate("gap")), beside_text(accuracy, "that without"));
    }
    fewer += any_fewer, generalises += any_better;
  }
  out.conclusion.pop_back();
  const int all = static_cast<int>(std::size(kOptimisers));
  if (fewer == all && generalises == all) {
    out.verdict = StudyVerdict::kHolds;
  } else if (fewer + generalises > 0) {
    out.verdict = StudyVerdict::kHoldsIf;
    out.condition = fewer == 0         ? "one speaks of overfitting; dead units did not surely become fewer"
                    : generalises == 0 ? "one speaks of dead units; overfitting was not surely less"
                                       : "one picks optimiser and rate; not each of them gained";
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
  study.expected = {StudyVerdict::kHolds, StudyVerdict::kHoldsIf, StudyVerdict::kNotFound};
  study.design = design;
  study.judge = judge;
  return study;
}

}  // namespace rectify
