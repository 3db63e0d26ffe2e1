// What dropout does to dead units and to overfitting.
#include <fmt/format.h>

#include <iterator>
#include <string>
#include <vector>

#include "rectify/study/blocks.h"
#include "rectify/study/networks.h"

namespace rectify {
namespace {

/// How a network is trained: at a rate at which units die, which is the same with and without dropout, or each row at its best of several.
struct Setting {
  const char *label, *optimiser;
  double high;                       ///< the fixed rate; 0 where it is tuned
  std::vector<double> whole, brief;  ///< the rates to choose from
};
const Setting kSettings[] = {{"sgd 0.1", "sgd", 0.1, {}, {}},
                             {"adam 0.01", "adam", 0.01, {}, {}},
                             {"sgd tuned", "sgd", 0, {0.003, 0.01, 0.03, 0.1}, {0.01, 0.1}},
                             {"adam tuned", "adam", 0, {0.0003, 0.001, 0.003, 0.01}, {0.001, 0.01}}};
constexpr double kRates[] = {0.2, 0.5};  // of dropout
constexpr double kFew = 0.01;            // a share of the units: with no more dead there is nothing to mitigate

std::string rate_label(double rate) { return fmt::format("{}", rate); }

/// What a finished training says of itself.
void look_at(const TrainedCase& trained, Measures& out) {
  out["dead"] = dead_share(trained);
  out["train_accuracy"] = training_accuracy(trained);
  out["gap"] = out["train_accuracy"] - out["accuracy"];
}

StudyDesign design(const StudyScope& scope) {
  DesignTable table;
  table.label_heads = {"training", "dropout"};
  table.columns = {
      {"dead", {"dead %", StudyUnit::kShare, "units that are dead after training on 4096 test samples, mean over the hidden layers"}},
      {"train_accuracy", {"train %", StudyUnit::kShare, "training samples that the network gets right, without dropping any unit"}},
      accuracy_column(),
      {"gap", {"gap", StudyUnit::kShare, "points by which the accuracy on training samples is higher than on test samples"}}};
  const int width = scope.choose(64, 256);
  for (const Setting& setting : kSettings) {
    for (const double rate : {0.0, kRates[0], kRates[1]}) {
      StudyCase one;
      one.labels = {setting.label, rate_label(rate)};
      const std::string drop = rate == 0 ? "" : fmt::format(" dropout{}", rate);
      const std::string net = fmt::format("{0} {1}{2} {1}{2} {3}", scope.data.sample_size(), width, drop, scope.data.classes);
      one.training = study_training(net, "relu", scope.choose(60, 40), setting.high > 0 ? setting.high : setting.whole.front());
      one.training->optimiser = OptimiserOptions::parse(setting.optimiser);
      one.rates = scope.choose(setting.brief, setting.whole);
      one.probe = look_at;
      table.cases.push_back(std::move(one));
    }
  }
  return {table};
}

/// In which comparisons dropout surely helped, in which it surely harmed, and in how many there was anything to help with.
struct Tally {
  std::vector<std::string> helped, harmed;  ///< "sgd 0.1, dropout 0.5: 17.7 +- 5.8 % against 0.8 +- 0.6 %"
  int all = 0;

  void add(bool help, bool harm, const std::string& text) {
    ++all;
    if (help) helped.push_back(text);
    if (harm) harmed.push_back(text);
  }
  bool good() const { return !helped.empty() && harmed.empty(); }
  bool bad() const { return helped.empty() && !harmed.empty(); }
};

struct Tallies {
  Tally dead, overfitting;
  std::vector<std::string> accurate;      ///< those in which the test accuracy surely rose
  std::vector<std::string> incomparable;  ///< as all trainings diverged
};

/// "4.8 +- 0.9 % against 11.6 +- 2.8 %", and whether the training failed.
std::string dead_text(const FoundRow& dropped, const FoundRow& none) {
  std::string text = fmt::format("{} against {}", percent_of(dropped.estimate("dead")), percent_of(none.estimate("dead")));
  if (dropped.mean("learned") > 0 || none.mean("learned") == 0) return text;
  return text +
         fmt::format(", as the training failed: {} of its training samples are right", percent_of(dropped.estimate("train_accuracy")));
}

void compare(const Setting& setting, double rate, const Findings& findings, Tallies& tallies) {
  const FoundRow &none = findings.row({setting.label, rate_label(0)}), &dropped = findings.row({setting.label, rate_label(rate)});
  const std::string name = fmt::format("{}, dropout {}", setting.label, rate);
  if (!none.has("dead") || !dropped.has("dead")) {
    tallies.incomparable.push_back(name);
    return;
  }
  if (setting.high > 0) {  // the chosen rates differ from row to row, and dead units depend on the rate
    const Estimate dead = difference(dropped, none, "dead");
    if (none.mean("dead") <= kFew && dropped.mean("dead") <= kFew) return;
    tallies.dead.add(surely_below(dead, 0), surely_above(dead, 0), fmt::format("{} ({})", name, dead_text(dropped, none)));
    return;
  }
  const Estimate accuracy = difference(dropped, none, "accuracy"), gap = difference(dropped, none, "gap");
  // A smaller gap that is paid for with accuracy is a network that learns less, not one that overfits less.
  tallies.overfitting.add(surely_below(gap, 0) && !surely_below(accuracy, 0), surely_below(accuracy, 0) || surely_above(gap, 0),
                          fmt::format("{} (by {})", name, points_of({-gap.mean, gap.margin, gap.count})));
  if (surely_above(accuracy, 0)) tallies.accurate.push_back(fmt::format("{} (by {})", name, points_of(accuracy)));
}

/// "surely helped in 2 of 5 comparisons and surely harmed in 1".
std::string tally_text(const Tally& tally) {
  return fmt::format("it surely helped in {} of {} comparisons and surely harmed in {}", tally.helped.size(), tally.all,
                     tally.harmed.size());
}

/// What is added of the test accuracy, which matters more than the gap; "" where it always rose.
std::string gap_alone(const Tallies& found) {
  if (found.accurate.size() == static_cast<std::size_t>(found.overfitting.all)) return "";
  return fmt::format(", and means the gap, which surely shrank in {} of {}: the test accuracy surely rose in {}",
                     found.overfitting.helped.size(), found.overfitting.all,
                     found.accurate.empty() ? "none" : std::to_string(found.accurate.size()));
}

std::string conclusion_of(const Tallies& found) {
  const auto list = [](const std::vector<std::string>& names) {
    return names.empty() ? "none" : fmt::format("{}", fmt::join(names, "; "));
  };
  std::string text = fmt::format(
      "Of the {} comparisons at equal rates in which more than {:.0f} % of the units are dead with or without it, dropout surely left "
      "fewer dead in: {}. Surely more in: {}. ",
      found.dead.all, 100 * kFew, list(found.dead.helped), list(found.dead.harmed));
  text += fmt::format(
      "Of the {} at tuned rates it surely shrank the gap, without surely costing test accuracy, in: {}. It surely harmed in: {}. The test "
      "accuracy surely rose in: {}.",
      found.overfitting.all, list(found.overfitting.helped), list(found.overfitting.harmed), list(found.accurate));
  if (!found.incomparable.empty()) {
    text += fmt::format(" Not to be compared, as all trainings of one diverged: {}.", list(found.incomparable));
  }
  return text;
}

Judgement judge(const Findings& findings) {
  Tallies found;
  for (const Setting& setting : kSettings) {
    for (const double rate : kRates) compare(setting, rate, findings, found);
  }
  Judgement out;
  out.conclusion = conclusion_of(found);
  const std::string dead = "with dead units " + tally_text(found.dead), overfitting = "with overfitting " + tally_text(found.overfitting);
  if (found.dead.good() && found.overfitting.good()) {
    out.verdict = StudyVerdict::kHolds;
  } else if (found.dead.helped.empty() && found.overfitting.helped.empty()) {
    out.verdict = found.dead.bad() && found.overfitting.bad() ? StudyVerdict::kWrong : StudyVerdict::kNotFound;
  } else {
    out.verdict = StudyVerdict::kHoldsIf;
    out.condition = found.overfitting.good() ? fmt::format("one speaks of overfitting{}; {}", gap_alone(found), dead)
                    : found.dead.good()      ? fmt::format("one speaks of dead units; {}", overfitting)
                                             : fmt::format("optimiser and rate are chosen for it; {}; {}", dead, overfitting);
  }
  return out;
}

}  // namespace

Study dropout_study() {
  Study study;
  study.name = "dropout";
  study.claim = "Dropout mitigates dead units and overfitting.";
  study.method =
      "Wide relu networks learn few samples for long, so that they overfit, with and without dropout. First at a rate at which units die, "
      "the same for all, where dead units are compared. Then each at its own best rate, which a sixth of so few samples chooses, and so "
      "chance too; there accuracy and gap are. Dropout "
      "helps against overfitting where the gap surely shrinks and the test accuracy does not surely fall.";
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
