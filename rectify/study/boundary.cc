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
constexpr const char* kSecond = "moons";

DesignTable table_on(const StudyScope& scope, const Dataset& data) {
  DesignTable table;
  table.label_heads = {"data", "activation", "epochs"};
  table.columns = {
      accuracy_column(),
      {"straight",
       {"straight %", StudyUnit::kShare, "pairs of samples of one class whose middle has it too; 100 for straight boundaries"}}};
  const std::string net = scope.net.empty() ? stack_net(data, 3, 32) : scope.net;
  for (const std::string& activation : kActivations) {
    for (const int epochs : scope.choose<std::vector<int>>({10}, {2, 8, 32})) {
      StudyCase one;
      one.labels = {data.name, activation, std::to_string(epochs)};
      one.training = study_training(net, activation, epochs, 0.03);
      one.rates = scope.choose<std::vector<double>>({0.03, 0.3}, {0.01, 0.03, 0.1, 0.3});
      one.probe = [](const TrainedCase& trained, Measures& out) { out["straight"] = straight_share(trained); };
      table.cases.push_back(std::move(one));
    }
  }
  return table;
}

StudyDesign design(const StudyScope& scope) {
  StudyDesign tables{table_on(scope, scope.data)};
  if (!scope.data_is_own) return tables;
  tables.push_back(table_on(scope, load_dataset(kSecond)));
  tables.back().data = DataAmount{kSecond, scope.choose<std::int64_t>(2000, 6000)};
  return tables;
}

/// What one data set says.
struct Boundaries {
  std::vector<std::string> above, level;  // activations, beside none
  std::string sentence;
};

/// An activation's row with the number of epochs that suits it best.
const FoundRow& best_of(const FoundTable& table, const std::string& activation) {
  const FoundRow* best = nullptr;
  for (const FoundRow& row : table) {
    if (row.labels[1] == activation && (best == nullptr || row.mean("accuracy") > best->mean("accuracy"))) best = &row;
  }
  return *best;
}

Boundaries judge_table(const FoundTable& table) {
  const FoundRow& linear = best_of(table, "linear");
  Boundaries out;
  double lowest = 1, highest = 0;
  for (const std::string& activation : kActivations) {
    if (activation == "linear") continue;
    const FoundRow& row = best_of(table, activation);
    (surely_above(difference(row, linear, "accuracy"), 0) ? out.above : out.level).push_back(activation);
    lowest = std::min(lowest, row.mean("accuracy"));
    highest = std::max(highest, row.mean("accuracy"));
  }
  out.sentence = fmt::format(
      "On {} the network without an activation gets {} of the test samples right, with straight boundaries ({:.0f} % straight). With an "
      "activation it is {:.1f} % to {:.1f} %.",
      table.front().labels[0], percent_of(linear.estimate("accuracy")), 100 * linear.mean("straight"), 100 * lowest, 100 * highest);
  return out;
}

Judgement judge(const Findings& findings) {
  Judgement out;
  bool any = false;
  std::vector<std::string> failures;
  for (std::size_t t = 0; t < findings.tables(); ++t) {
    const Boundaries found = judge_table(findings.table(t));
    any |= !found.above.empty();
    const std::string data = findings.table(t).front().labels[0];
    if (!found.level.empty()) failures.push_back(fmt::format("{} on {}", listed(found.level), data));
    out.conclusion += (t == 0 ? "" : " ") + found.sentence;
  }
  out.verdict = !any ? StudyVerdict::kNotFound : failures.empty() ? StudyVerdict::kHolds : StudyVerdict::kHoldsIf;
  out.conclusion += " Each is taken with the number of epochs that suits it best.";
  out.condition = fmt::format("one leaves out {}, which did no better than straight boundaries", listed(failures));
  return out;
}

}  // namespace

Study boundary_study() {
  Study study;
  study.name = "boundary";
  study.claim = "Non-linear activations make complex decision boundaries possible.";
  study.method = "The same network learns three interleaved spirals, and two half moons, with each activation, each at its best rate.";
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
