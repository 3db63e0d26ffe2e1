// Whether the first weights decide if a deep network trains.
#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "rectify/record/text.h"
#include "rectify/study/blocks.h"
#include "rectify/study/prediction.h"

namespace rectify {
namespace {

constexpr int kDepth = 20;
constexpr double kFar = 0.1;  // ten points of accuracy between the best and the worst initialisation

/// What a row is called, and what it is.
struct Scheme {
  const char *label, *init;
  bool in_short;
};
// PyTorch's Linear draws from a uniform distribution of variance 1 / (3 fan_in) unless told otherwise.
constexpr Scheme kSchemes[] = {{"1/sqrt(3 n)", "lecun,gain=0.57735", true},
                               {"glorot", "glorot", false},
                               {"he", "he", true},
                               {"auto", "auto", true},
                               {"critical", "critical", false},
                               {"lsuv", "lsuv", false}};

StudyDesign design(const StudyScope& scope) {
  DesignTable table;
  table.label_heads = {"activation", "init"};
  table.columns = {
      {"predicted_span", {"span predicted", StudyUnit::kRatio, "what theory says of the gradient span before training"}},
      {"span_start", {"span measured", StudyUnit::kRatio, "gradient at the first hidden layer over that at the last, before training"}},
      accuracy_column()};
  const int width = scope.choose(32, 64);
  for (const std::string& activation : scope.choose<std::vector<std::string>>({"tanh", "relu"}, {"sigmoid", "tanh", "relu", "elu"})) {
    for (const Scheme& scheme : kSchemes) {
      if (scope.length == StudyLength::kShort && !scheme.in_short) continue;
      StudyCase one;
      one.labels = {activation, scheme.label};
      one.training = study_training(stack_net(scope.data, kDepth, width), activation, scope.choose(6, 5), 0.01);
      one.training->init = Initialisation::parse(scheme.init);
      one.rates = scope.choose<std::vector<double>>({0.01}, {0.003, 0.01, 0.03});
      if (!hidden_variance(one.training->init, activation)) one.remark = "no such initialisation: it has no edge of chaos";
      if (const auto span = predicted_span(one.training->init, activation, scope.data, kDepth, width))
        one.predicted["predicted_span"] = *span;
      table.cases.push_back(std::move(one));
    }
  }
  return {table};
}

/// The rows of one activation with the best and the worst accuracy.
struct Extremes {
  const FoundRow *best = nullptr, *worst = nullptr;
};

Extremes extremes_of(const FoundTable& table, const std::string& activation) {
  Extremes found;
  for (const FoundRow& row : table) {
    if (row.labels[0] != activation || row.seeds.empty()) continue;
    if (found.best == nullptr || row.mean("accuracy") > found.best->mean("accuracy")) found.best = &row;
    if (found.worst == nullptr || row.mean("accuracy") < found.worst->mean("accuracy")) found.worst = &row;
  }
  return found;
}

Judgement judge(const Findings& findings) {
  std::vector<std::string> decided, helpless, indifferent, sentences;
  std::vector<std::string> activations;
  for (const FoundRow& row : findings.table()) {
    if (activations.empty() || activations.back() != row.labels[0]) activations.push_back(row.labels[0]);
  }
  for (const std::string& activation : activations) {
    const Extremes e = extremes_of(findings.table(), activation);
    const bool learns = e.best->mean("learned") == 1;
    const bool far = surely_above(difference(*e.best, *e.worst, "accuracy"), kFar);
    (far ? decided : learns ? indifferent : helpless).push_back(activation);
    sentences.push_back(fmt::format("{}: {} with {}, {} with {}.", activation, percent_of(e.best->estimate("accuracy")), e.best->labels[1],
                                    percent_of(e.worst->estimate("accuracy")), e.worst->labels[1]));
  }
  double error = 0;
  int rows = 0;
  for (const FoundRow& row : findings.table()) {
    if (!row.has("predicted_span") || !row.has("span_start")) continue;
    const double miss = std::abs(row.mean("predicted_span") - row.mean("span_start"));
    if (std::isfinite(miss)) error += miss, ++rows;
  }
  Judgement out;
  out.verdict = decided.empty()                           ? StudyVerdict::kNotFound
                : indifferent.empty() && helpless.empty() ? StudyVerdict::kHolds
                                                          : StudyVerdict::kHoldsIf;
  out.condition = fmt::format("the activation is {}", listed(decided));
  for (const std::string& sentence : sentences) out.conclusion += sentence + " ";
  if (!helpless.empty())
    out.conclusion += fmt::format("No initialisation here makes {} of {} layers learn well. ", listed(helpless), kDepth);
  if (!indifferent.empty())
    out.conclusion += fmt::format("With {} all of them come within ten points of each other. ", listed(indifferent));
  out.conclusion += fmt::format(
      "Theory, which knows nothing of these data but their variance, misses the measured span by a factor of {} in the mean of {} rows.",
      short_text(std::pow(10, error / std::max(1, rows))), rows);
  return out;
}

}  // namespace

Study initialisation_study() {
  Study study;
  study.name = "initialisation";
  study.claim = "Careful initialisation decides whether a deep network trains.";
  study.method =
      "Networks of 20 hidden layers begin with differently large random weights. The gradient is measured before training, beside what "
      "theory predicts, and the accuracy after it. 1/sqrt(3 n), with n inputs of a layer, is the standard deviation that PyTorch begins "
      "with; auto keeps the signal's size, critical the gradient's too; lsuv scales the layers by the data.";
  study.terms = {
      {"initialisation", "how large the random weights are with which training begins"},
      span_term(),
      {"edge of chaos", "the size of weights and biases at which signals and gradients neither grow nor shrink from layer to layer"}};
  study.brief = {"spirals", 1000};
  study.whole = {"fashion-mnist", 10000};
  study.net = NetChoice::kFixed;
  study.expected = {StudyVerdict::kHolds, StudyVerdict::kHoldsIf};
  study.design = design;
  study.judge = judge;
  return study;
}

}  // namespace rectify
