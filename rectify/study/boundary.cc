// What boundaries an activation makes possible.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "rectify/study/blocks.h"
#include "rectify/study/networks.h"

namespace rectify {
namespace {

const std::vector<std::string> kActivations{"linear", "sigmoid", "tanh", "relu", "leaky_relu", "prelu", "elu", "maxout"};
constexpr double kNear = 0.01;  // a point of accuracy

// The second data set, and a network for its two coordinates and two classes.
constexpr const char *kSecond = "moons", *kSecondNet = "2-3x32-2";

std::string after(const char* measure, int epochs) { return fmt::format("{}_{}", measure, epochs); }

/// Keeps the weights after 1, 2, 4, 8, ... epochs.
class Snapshots : public Watcher {
 public:
  void on_update(const ParameterStore& parameters, double) override { last_ = &parameters; }
  void on_epoch(int epoch, double) override {
    if ((epoch & (epoch - 1)) == 0) kept_[epoch] = {last_->values().begin(), last_->values().end()};
  }
  void report(Measures&) const override {}
  const std::map<int, std::vector<float>>& kept() const { return kept_; }

 private:
  const ParameterStore* last_ = nullptr;
  std::map<int, std::vector<float>> kept_;
};

/// Accuracy and straightness at every epoch whose weights were kept, and at the end.
void look_back(const TrainedCase& trained, Measures& out) {
  out["straight"] = straight_share(trained);
  for (const auto& [epoch, values] : static_cast<const Snapshots&>(*trained.watcher).kept()) {
    ParameterStore parameters(*trained.model);
    std::copy(values.begin(), values.end(), parameters.values().begin());
    TrainedCase then = trained;
    then.parameters = &parameters;
    out[after("accuracy", epoch)] = test_accuracy(then);
    out[after("straight", epoch)] = straight_share(then);
  }
}

DesignTable table_on(const StudyScope& scope, const std::string& data, const std::string& net) {
  const auto epochs = scope.choose<std::vector<int>>({2, 8}, {2, 8, 32});
  DesignTable table;
  table.label_heads = {"data", "activation"};
  for (const int epoch : epochs) {
    table.columns.push_back({after("accuracy", epoch), {fmt::format("% after {}", epoch), StudyUnit::kShare, ""}});
  }
  table.columns[0].column.meaning = "test samples that the network gets right after so many epochs of one training";
  const std::size_t first = table.columns.size();
  for (const int epoch : epochs) {
    table.columns.push_back({after("straight", epoch), {fmt::format("straight % after {}", epoch), StudyUnit::kShare, ""}});
  }
  table.columns[first].column.meaning =
      "then: pairs of samples that the network puts into one class and whose middle too; 100 for straight boundaries";
  for (const std::string& activation : kActivations) {
    StudyCase one;
    one.labels = {data, activation};
    one.training = study_training(net, activation, epochs.back(), 0.03);
    one.rates = scope.choose<std::vector<double>>({0.03, 0.3}, {0.003, 0.01, 0.03, 0.1, 0.3});
    one.watch = [] { return std::make_unique<Snapshots>(); };
    one.probe = look_back;
    table.cases.push_back(std::move(one));
  }
  return table;
}

StudyDesign design(const StudyScope& scope) {
  StudyDesign tables{table_on(scope, scope.data.name, scope.net.empty() ? stack_net(scope.data, 3, 32) : scope.net)};
  if (!scope.data_is_own || !scope.net.empty()) return tables;
  tables.push_back(table_on(scope, kSecond, kSecondNet));
  tables.back().data = DataAmount{kSecond, scope.choose<std::int64_t>(2000, 6000)};
  return tables;
}

/// What one data set says, at the end of training.
struct Boundaries {
  std::vector<std::string> above, near, below, open;  // activations, beside none
  std::string sentence;
};

const FoundRow& row_of(const FoundTable& table, std::string_view activation) {
  return *std::find_if(table.begin(), table.end(), [&](const FoundRow& row) { return row.labels[1] == activation; });
}

Boundaries judge_table(const FoundTable& table) {
  const FoundRow& linear = row_of(table, "linear");
  Boundaries out;
  double lowest = 1, highest = 0;
  for (const FoundRow& row : table) {
    if (&row == &linear) continue;
    const Estimate ahead = difference(row, linear, "accuracy");
    const Outcome found = outcome(ahead, kNear);
    (found == Outcome::kMore     ? out.above
     : found == Outcome::kLess   ? out.below
     : found == Outcome::kWithin ? out.near
                                 : out.open)
        .push_back(row.labels[1]);
    lowest = std::min(lowest, row.mean("accuracy"));
    highest = std::max(highest, row.mean("accuracy"));
  }
  out.sentence = fmt::format(
      "On {} the network without an activation gets {} of the test samples right; {:.0f} % of its boundaries are straight. With an "
      "activation it is {:.1f} % to {:.1f} %.",
      table.front().labels[0], percent_of(linear.estimate("accuracy")), 100 * linear.mean("straight"), 100 * lowest, 100 * highest);
  for (const FoundRow& row : table) {
    if (row.mean("diverged") == 0) continue;
    out.sentence += fmt::format(" Of {}'s trainings {:.0f} % diverged; they count as chance.", row.labels[1], 100 * row.mean("diverged"));
  }
  return out;
}

Judgement judge(const Findings& findings) {
  Judgement out;
  bool any = false;
  std::vector<std::string> exceptions;
  for (std::size_t t = 0; t < findings.tables(); ++t) {
    const Boundaries found = judge_table(findings.table(t));
    const std::string& data = findings.table(t).front().labels[0];
    any |= !found.above.empty();
    if (!found.near.empty())
      exceptions.push_back(fmt::format("{} on {} (within a point of straight boundaries)", listed(found.near), data));
    if (!found.below.empty())
      exceptions.push_back(fmt::format("{} on {} (surely worse than straight boundaries)", listed(found.below), data));
    if (!found.open.empty()) exceptions.push_back(fmt::format("{} on {} (not decided by these seeds)", listed(found.open), data));
    out.conclusion += (t == 0 ? "" : " ") + found.sentence;
  }
  out.verdict = !any ? StudyVerdict::kNotFound : exceptions.empty() ? StudyVerdict::kHolds : StudyVerdict::kHoldsIf;
  out.condition = fmt::format("one leaves out {}", listed(exceptions));
  return out;
}

}  // namespace

Study boundary_study() {
  Study study;
  study.name = "boundary";
  study.claim = "Non-linear activations make complex decision boundaries possible.";
  study.method =
      "The same network learns three interleaved spirals, and two half moons, with each activation, each at its best rate. One training is "
      "looked at early, later and at its end. The end decides: more than a point above the network without an activation.";
  study.terms = {
      {"decision boundary", "where the network changes its mind from one class to another; of a linear map it is a straight line"}};
  study.brief = {"spirals", 2000};
  study.whole = {"spirals", 6000};
  study.expected = {StudyVerdict::kHolds, StudyVerdict::kHoldsIf};
  study.design = design;
  study.judge = judge;
  return study;
}

}  // namespace rectify
