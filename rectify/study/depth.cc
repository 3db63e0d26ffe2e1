// How deep a network can be before its gradient is lost.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "rectify/record/text.h"
#include "rectify/study/blocks.h"
#include "rectify/study/prediction.h"

namespace rectify {
namespace {

const std::vector<std::string> kActivations{"sigmoid", "tanh", "relu", "elu"}, kInits{"glorot", "auto"};

StudyDesign design(const StudyScope& scope) {
  DesignTable table;
  table.label_heads = {"activation", "init", "layers"};
  table.columns = {
      {"trainable", {"depth in theory", StudyUnit::kNumber, "trainable depth: hidden layers that theory lets train; inf: any number"}},
      {"predicted_span", {"span in theory", StudyUnit::kRatio, "the gradient span before training, by theory"}},
      {"span_start", {"span measured", StudyUnit::kRatio, "gradient at the first hidden layer over that at the last, before training"}},
      accuracy_column()};
  const int width = scope.choose(32, 64);
  for (const std::string& activation : kActivations) {
    for (const std::string& init : scope.choose<std::vector<std::string>>({"auto"}, kInits)) {
      const Initialisation initialisation = Initialisation::parse(init);
      const auto trainable = trainable_depth(Activation(activation), *hidden_variance(initialisation, activation));
      for (const int depth : scope.choose<std::vector<int>>({2, 20}, {1, 5, 10, 20, 30})) {
        StudyCase one;
        one.labels = {activation, init, std::to_string(depth)};
        one.training = study_training(stack_net(scope.data, depth, width), activation, scope.choose(8, 4), 0.01);
        one.training->init = initialisation;
        one.rates = scope.choose<std::vector<double>>({0.03, 0.3}, {0.003, 0.03, 0.3});
        if (trainable) one.predicted["trainable"] = *trainable;
        if (depth > 1) one.predicted["predicted_span"] = predicted_span(initialisation, activation, scope.data, depth, width).value_or(NAN);
        table.cases.push_back(std::move(one));
      }
    }
  }
  return {table};
}

/// The rows of an activation and an initialisation, from shallow to deep.
std::vector<const FoundRow*> ladder(const Findings& findings, const std::string& activation, const std::string& init) {
  std::vector<const FoundRow*> rows;
  for (const FoundRow& row : findings.table()) {
    if (row.labels[0] == activation && row.labels[1] == init) rows.push_back(&row);
  }
  return rows;
}

/// The most hidden layers with which every seed learned well; 0 if none.
int deepest_that_learns(const std::vector<const FoundRow*>& rows) {
  int deepest = 0;
  for (const FoundRow* row : rows) {
    if (row->mean("learned") == 1) deepest = std::max(deepest, std::stoi(row->labels[2]));
  }
  return deepest;
}

/// What became of an activation with any of its initialisations.
enum class Fate { kLearns, kStopped, kNever };

/// How often theory and measurement agree.
struct Agreement {
  int agree = 0, all = 0;
};

/// Whether theory's depth lies between the deepest that learned and the next that was tried.
bool agrees(const std::vector<const FoundRow*>& rows, int deepest, double theory) {
  for (const FoundRow* row : rows) {
    const int depth = std::stoi(row->labels[2]);
    if (depth > deepest) return deepest <= theory && theory < depth;
  }
  return theory >= deepest;
}

Fate fate_of(const Findings& findings, const std::string& activation, std::string& sentence, Agreement& agreement) {
  Fate fate = Fate::kNever;
  std::vector<std::string> parts;
  for (const std::string& init : kInits) {
    const auto rows = ladder(findings, activation, init);
    if (rows.empty()) continue;
    const int deepest = deepest_that_learns(rows), tried = std::stoi(rows.back()->labels[2]);
    const std::string span = rows.back()->has("span_start") ? span_text(rows.back()->mean("span_start")) : "unmeasured";
    std::string theory = "no number";
    if (rows.back()->has("trainable")) {
      const double depth = rows.back()->mean("trainable");
      theory = std::isinf(depth) ? "any" : short_text(depth);
      ++agreement.all, agreement.agree += agrees(rows, deepest, depth);
    }
    parts.push_back(fmt::format("{} with {} (theory {}, gradient {})", deepest, init, theory, span));
    if (deepest == tried) fate = Fate::kLearns;
    if (deepest > 0 && fate == Fate::kNever) fate = Fate::kStopped;
  }
  sentence += fmt::format(" {}: {}.", activation, listed(parts));
  return fate;
}

Judgement judge(const Findings& findings) {
  const std::string most = findings.table().back().labels[2];
  Judgement out;
  out.conclusion = fmt::format(
      "The most hidden layers, of at most {}, with which every seed learned well; beside it theory's number, and the gradient span "
      "over {}:",
      most, most);
  std::vector<Fate> fates;
  Agreement agreement;
  for (const std::string& activation : kActivations) fates.push_back(fate_of(findings, activation, out.conclusion, agreement));
  out.conclusion += fmt::format(" Theory's number lies between the deepest that learned and the next one tried in {} of {}.",
                                agreement.agree, agreement.all);
  const Fate sigmoid = fates[0], tanh = fates[1], relu = fates[2];
  if (sigmoid == Fate::kStopped && tanh == Fate::kStopped) {
    out.verdict = relu == Fate::kLearns ? StudyVerdict::kHolds : StudyVerdict::kHoldsIf;
    out.condition = "one adds that relu was stopped too";
  } else if (sigmoid == Fate::kStopped || tanh == Fate::kStopped) {
    const bool is_sigmoid = sigmoid == Fate::kStopped;
    out.verdict = StudyVerdict::kHoldsIf;
    out.condition = fmt::format("the activation is {}: {} {}", is_sigmoid ? "sigmoid" : "tanh", is_sigmoid ? "tanh" : "sigmoid",
                                (is_sigmoid ? tanh : sigmoid) == Fate::kLearns ? "learned at every depth with a suitable initialisation"
                                                                               : "learned well at no depth, so that depth did not decide");
  } else {
    out.verdict = StudyVerdict::kNotFound;
  }
  return out;
}

}  // namespace

Study depth_study() {
  Study study;
  study.name = "depth";
  study.claim = "Vanishing gradients stop deep sigmoid and tanh networks.";
  study.method =
      "Networks from shallow to deep are trained with usual initialisations. The gradient before training and the depth that can be "
      "trained, as theory predicts them, stand beside what was measured.";
  study.terms = {span_term(),
                 {"trainable depth",
                  "six times the number of layers over which what tells two inputs apart shrinks by a factor e (Schoenholz et al. 2017). "
                  "It is a rule of thumb of wide networks"}};
  study.brief = {"spirals", 2000};
  study.whole = {"fashion-mnist", 8000};
  study.net = NetChoice::kFixed;
  study.expected = {StudyVerdict::kHolds, StudyVerdict::kHoldsIf};
  study.design = design;
  study.judge = judge;
  return study;
}

}  // namespace rectify
