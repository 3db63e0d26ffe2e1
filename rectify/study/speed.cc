// Whether ReLU trains faster, and what it costs.
#include <fmt/format.h>

#include <cmath>
#include <string>
#include <vector>

#include "rectify/record/text.h"
#include "rectify/study/blocks.h"
#include "rectify/study/image_networks.h"

namespace rectify {
namespace {

constexpr double kMuch = 1.5;  // so many times fewer steps are "much faster"

StudyDesign design(const StudyScope& scope) {
  DesignTable table;
  table.label_heads = {"activation"};
  table.columns = {{"steps", {"steps", StudyUnit::kNumber, "until the training loss is below 0.3 (on Fashion-MNIST about 10 % errors)"}},
                   {"time", {"seconds", StudyUnit::kNumber, "the same in seconds, while other trainings run beside it"}},
                   {"reached", {"reached %", StudyUnit::kShare, "trainings that came there; the others count with all their steps"}},
                   {"cost", {"ns/element", StudyUnit::kNumber, "of the activation alone, forward and backward"}},
                   {"share", {"share %", StudyUnit::kShare, "of a training step's time that the activation takes"}}};
  for (const char* activation : {"sigmoid", "tanh", "relu"}) {
    StudyCase one;
    one.labels = {activation};
    one.training = study_training(image_net(scope), activation, scope.choose(8, 6), 0.03);
    one.training->recording = Recording::kOff;
    one.rates = scope.choose<std::vector<double>>({0.01, 0.1}, {0.003, 0.01, 0.03, 0.1});
    one.watch = watch_for_low_loss;
    one.probe = add_times;
    table.cases.push_back(std::move(one));
  }
  return {table};
}

Judgement judge(const Findings& findings) {
  const FoundRow& relu = findings.row({"relu"});
  int much = 0, cheaper = 0;
  std::vector<std::string> against;
  Judgement out;
  for (const std::string activation : {"sigmoid", "tanh"}) {
    const FoundRow& other = findings.row({activation});
    const Estimate steps = difference(other, relu, "log_steps"), cost = difference(other, relu, "cost");
    if (surely_above(steps, std::log10(kMuch))) ++much, against.push_back(activation);
    cheaper += surely_above(cost, 0);
    out.conclusion += fmt::format("{} takes {}{} times as many steps as relu ({}) and costs {} ns per element, {} % of a step. ",
                                  activation, other.mean("reached") < 1 ? "at least " : "", short_text(std::pow(10, steps.mean)),
                                  surely_above(steps, 0)   ? "surely more"
                                  : surely_below(steps, 0) ? "surely fewer"
                                                           : "a tie",
                                  short_text(other.mean("cost")), short_text(100 * other.mean("share")));
  }
  out.conclusion +=
      fmt::format("relu costs {} ns per element, {} % of a step.", short_text(relu.mean("cost")), short_text(100 * relu.mean("share")));
  if (relu.mean("reached") == 0)
    out.conclusion += " No training with relu came to the low loss within this budget, so steps cannot be compared.";
  if (much == 2 && cheaper == 2) {
    out.verdict = StudyVerdict::kHolds;
  } else if (much == 0 && cheaper == 0) {
    out.verdict = StudyVerdict::kNotFound;
  } else {
    out.verdict = StudyVerdict::kHoldsIf;
    out.condition = much == 0   ? "one means the cost of the function; it did not need surely 1.5 times fewer steps"
                    : much == 1 ? fmt::format("it is compared with {}", listed(against))
                                : "one means the steps; it was not surely cheaper to compute than both";
  }
  return out;
}

}  // namespace

Study speed_study() {
  Study study;
  study.name = "speed";
  study.claim = "ReLU trains much faster than sigmoid and tanh, and is cheaper to compute.";
  study.method =
      "A small convolutional network is trained with each, at its best rate, until its loss is low. Much faster is 1.5 times fewer steps.";
  study.terms = {{"step", "one update of the weights, from one batch of 64 samples"}};
  study.brief = {"strokes", 1500};
  study.whole = {"fashion-mnist", 6000};
  study.expected = {StudyVerdict::kHolds, StudyVerdict::kHoldsIf};
  study.design = design;
  study.judge = judge;
  return study;
}

}  // namespace rectify
