// What boundaries an activation makes possible.
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "rectify/study/blocks.h"
#include "rectify/study/networks.h"

namespace rectify {
namespace {

const std::vector<std::string> kActivations{"linear", "sigmoid", "tanh", "relu", "leaky_relu", "prelu", "elu", "maxout"};

StudyDesign design(const StudyScope& scope) {
  DesignTable table;
  table.label_heads = {"activation", "epochs"};
  table.columns = {
      accuracy_column(),
      {"straight",
       {"straight %", StudyUnit::kShare, "pairs of samples of one class whose middle has it too; 100 for straight boundaries"}}};
  const std::string net = scope.net.empty() ? stack_net(scope.data, 3, 32) : scope.net;
  for (const std::string& activation : kActivations) {
    for (const int epochs : scope.choose<std::vector<int>>({10}, {2, 8, 32})) {
      StudyCase one;
      one.labels = {activation, std::to_string(epochs)};
      one.training = study_training(net, activation, epochs, 0.03);
      one.rates = scope.choose<std::vector<double>>({0.03, 0.3}, {0.01, 0.03, 0.1, 0.3});
      one.probe = [](const TrainedCase& trained, Measures& out) { out["straight"] = straight_share(trained); };
      table.cases.push_back(std::move(one));
    }
  }
  return {table};
}

Judgement judge(const Findings& findings) {
  const std::string most = findings.table().back().labels[1];
  const FoundRow& linear = findings.row({"linear", most});
  std::vector<std::string> above, level;
  double lowest = 1, highest = 0;
  for (const std::string& activation : kActivations) {
    if (activation == "linear") continue;
    const FoundRow& row = findings.row({activation, most});
    (surely_above(difference(row, linear, "accuracy"), 0) ? above : level).push_back(activation);
    lowest = std::min(lowest, row.mean("accuracy"));
    highest = std::max(highest, row.mean("accuracy"));
  }
  Judgement out;
  out.verdict = above.empty() ? StudyVerdict::kNotFound : level.empty() ? StudyVerdict::kHolds : StudyVerdict::kHoldsIf;
  out.condition = fmt::format("the activation is {}; {} did no better than a straight line", listed(above), listed(level));
  out.conclusion = fmt::format(
      "After {} epochs the network without an activation gets {} of the test samples right, with straight boundaries ({:.0f} % straight). "
      "With an activation it is {:.1f} % to {:.1f} %.",
      most, percent_of(linear.estimate("accuracy")), 100 * linear.mean("straight"), 100 * lowest, 100 * highest);
  return out;
}

}  // namespace

Study boundary_study() {
  Study study;
  study.name = "boundary";
  study.claim = "Non-linear activations make complex decision boundaries possible.";
  study.method = "The same network learns three interleaved spirals with each activation, each at its best rate.";
  study.terms = {
      {"decision boundary", "where the network changes its mind from one class to another; of a linear map it is a straight line"}};
  study.brief = {"spirals", 2000};
  study.whole = {"spirals", 6000};
  study.expected = {StudyVerdict::kHolds};
  study.design = design;
  study.judge = judge;
  return study;
}

}  // namespace rectify
