// Large learning rates and dead units.
#include <fmt/format.h>

#include <cmath>
#include <string>
#include <vector>

#include "rectify/study/blocks.h"

namespace rectify {
namespace {

constexpr double kBias = 0.1;

/// An optimiser and the rates that it is tried with, from usual to large.
struct TriedOptimiser {
  const char* name;
  std::vector<double> rates;
};

const std::vector<TriedOptimiser>& optimisers() {
  static const std::vector<TriedOptimiser> kOptimisers{{"sgd", {0.01, 0.1, 0.3}}, {"adam", {0.001, 0.01, 0.1}}};
  return kOptimisers;
}

std::vector<std::string> labels_of(const char* optimiser, double rate, double bias) {
  return {fmt::format("{} {}", optimiser, rate), fmt::format("{}", bias)};
}

StudyDesign design(const StudyScope& scope) {
  DesignTable table;
  table.label_heads = {"rate", "first bias"};
  table.columns = {
      dead_start_column(), dead_end_column(), {"killed", {"killed %", StudyUnit::kShare, "units alive before training and dead after it"}},
      revived_column(),    diverged_column(), accuracy_column()};
  const std::string net = scope.net.empty() ? stack_net(scope.data, 4, scope.choose(32, 64)) : scope.net;
  for (const TriedOptimiser& optimiser : optimisers()) {
    for (const double rate : optimiser.rates) {
      for (const double bias : {0.0, kBias}) {
        StudyCase one;
        one.labels = labels_of(optimiser.name, rate, bias);
        one.training = study_training(net, "relu", scope.choose(6, 8), rate);
        one.training->optimiser = OptimiserOptions::parse(optimiser.name);
        one.training->init.bias = bias;
        table.cases.push_back(std::move(one));
      }
    }
  }
  return {table};
}

Judgement judge(const Findings& findings) {
  int kills = 0, helps = 0, harms = 0, pairs = 0;
  Judgement out;
  std::vector<std::string> killers;
  for (const TriedOptimiser& optimiser : optimisers()) {
    const FoundRow *low = &findings.row(labels_of(optimiser.name, optimiser.rates.front(), 0)), *high = nullptr;
    for (const double rate : optimiser.rates) {
      const FoundRow &plain = findings.row(labels_of(optimiser.name, rate, 0)),
                     &biased = findings.row(labels_of(optimiser.name, rate, kBias));
      if (plain.has("dead_end")) high = &plain;
      if (!plain.has("dead_end") || !biased.has("dead_end")) continue;
      const Estimate change = difference(biased, plain, "dead_end");
      if (change.count == 0) continue;
      ++pairs, helps += surely_below(change, 0), harms += surely_above(change, 0);
    }
    if (high == nullptr || high == low) continue;
    const bool more = surely_above(difference(*high, *low, "killed"), 0);
    kills += more;
    if (more) killers.push_back(optimiser.name);
    out.conclusion += fmt::format("{} killed {} of the units and {} {}; {} were dead before and came back. ", low->labels[0],
                                  percent_of(low->estimate("killed")), high->labels[0], percent_of(high->estimate("killed")),
                                  percent_of(high->estimate("revived")));
  }
  out.conclusion += fmt::format("A first bias of {} leaves surely fewer dead units at the end in {} of {} settings and surely more in {}.",
                                kBias, helps, pairs, harms);
  const bool all = kills == static_cast<int>(optimisers().size());
  if (kills == 0) {
    out.verdict = StudyVerdict::kNotFound;
  } else if (all && helps > 0 && harms == 0) {
    out.verdict = StudyVerdict::kHolds;
  } else {
    out.verdict = StudyVerdict::kHoldsIf;
    out.condition = (all ? "" : fmt::format("the optimiser is {}", listed(killers))) + (all || helps > 0 ? "" : ", and ");
    if (helps == 0) out.condition += "one leaves out the bias, which was not found to help";
    if (helps > 0 && harms > 0) out.condition += fmt::format("{}the bias is not taken for a cure: it also harmed", all ? "" : " and ");
  }
  return out;
}

}  // namespace

Study dying_relu_study() {
  Study study;
  study.name = "dying-relu";
  study.claim = "Large learning rates kill ReLU units for good; a small positive bias helps.";
  study.method =
      "relu networks are trained with rates from usual to large, with two optimisers and with the hidden biases beginning at 0 and at 0.1. "
      "Dead units are counted before and after, over at least 2048 samples.";
  study.terms = {dead_term()};
  study.brief = {"spirals", 2000};
  study.whole = {"fashion-mnist", 6000};
  study.expected = {StudyVerdict::kHolds, StudyVerdict::kHoldsIf};
  study.design = design;
  study.judge = judge;
  return study;
}

}  // namespace rectify
