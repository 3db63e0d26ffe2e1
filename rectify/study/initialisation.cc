// Whether the first weights decide if a deep network trains.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "rectify/record/text.h"
#include "rectify/study/blocks.h"
#include "rectify/study/prediction.h"

namespace rectify {
namespace {

constexpr int kDepth = 20;
constexpr double kFar = 0.1;  // ten points of accuracy
// The two that are judged, named before any number is known.
constexpr const char *kCareful = "auto", *kCareless = "1/sqrt(3 n)";

/// What a row is called, and what it is.
struct Scheme {
  const char *label, *init;
  bool in_short;
};
// PyTorch's Linear draws from a uniform distribution of variance 1 / (3 fan_in) unless told otherwise.
constexpr Scheme kSchemes[] = {{kCareless, "lecun,gain=0.57735", true},
                               {"glorot", "glorot", false},
                               {"he", "he", true},
                               {"lecun", "lecun", false},
                               {kCareful, "auto", true},
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
      one.rates = scope.choose<std::vector<double>>({0.01}, {0.001, 0.003, 0.01, 0.03, 0.1, 0.3});
      if (!hidden_variance(one.training->init, activation)) one.remark = "no such initialisation: it has no edge of chaos";
      if (const auto span = predicted_span(one.training->init, activation, scope.data, kDepth, width))
        one.predicted["predicted_span"] = *span;
      table.cases.push_back(std::move(one));
    }
  }
  return {table};
}

/// What initialisation does to one activation.
enum class Effect {
  kDecides,    ///< the careful one is surely much better
  kReversed,   ///< the careless one is
  kSame,       ///< both are surely near, and learn
  kHelpless,   ///< both are surely near, as neither learns
  kMixed,      ///< both are surely near, and some of their trainings learn
  kUndecided,  ///< the seeds do not tell
};

Effect effect_of(const FoundRow& careful, const FoundRow& careless) {
  switch (outcome(difference(careful, careless, "accuracy"), kFar)) {
    case Outcome::kMore: return Effect::kDecides;
    case Outcome::kLess: return Effect::kReversed;
    case Outcome::kOpen: return Effect::kUndecided;
    case Outcome::kWithin: break;
  }
  const double learned = careful.mean("learned") + careless.mean("learned");
  return learned == 2 ? Effect::kSame : learned == 0 ? Effect::kHelpless : Effect::kMixed;
}

/// "tanh: 82.0 % with auto, 10.0 % with 1/sqrt(3 n); with 5 of 6 it learned well."
std::string sentence_of(const FoundTable& table, const FoundRow& careful, const FoundRow& careless) {
  int tried = 0, learned = 0;
  for (const FoundRow& row : table) {
    if (row.labels[0] != careful.labels[0] || row.seeds.empty()) continue;
    ++tried, learned += row.mean("learned") == 1;
  }
  return fmt::format("{}: {} with {}, {} with {}; with {} of {} it learned well.", careful.labels[0],
                     percent_of(careful.estimate("accuracy")), kCareful, percent_of(careless.estimate("accuracy")), kCareless, learned,
                     tried);
}

/// Whether every initialisation but the careless one made an activation learn well.
bool all_others_learn(const FoundTable& table, const std::string& activation) {
  return std::all_of(table.begin(), table.end(), [&](const FoundRow& row) {
    return row.labels[0] != activation || row.seeds.empty() || (row.mean("learned") == 1) == (row.labels[1] != kCareless);
  });
}

/// "the activation is tanh or relu, and careful means any but 1/sqrt(3 n), which alone did not make these learn".
std::string condition_of(const FoundTable& table, const std::vector<std::string>& decided, std::size_t activations) {
  std::vector<std::string> parts;
  if (decided.size() < activations) parts.push_back(fmt::format("the activation is {}", listed(decided, "or")));
  const bool others = std::all_of(decided.begin(), decided.end(), [&](const std::string& one) { return all_others_learn(table, one); });
  if (others) {
    parts.push_back(fmt::format("careful means any but {}, which alone did not make {} learn in a training as short as here", kCareless,
                                decided.size() == 1 ? "it" : "these"));
  }
  return fmt::format("{}", fmt::join(parts, ", and "));
}

/// How far theory's spans are from the measured ones.
std::string theory_text(const FoundTable& table) {
  double error = 0;
  int rows = 0;
  for (const FoundRow& row : table) {
    if (!row.has("predicted_span") || !row.has("span_start")) continue;
    const double miss = std::abs(row.mean("predicted_span") - row.mean("span_start"));
    if (std::isfinite(miss)) error += miss, ++rows;
  }
  if (rows == 0) return "Theory has no number for these.";
  return fmt::format(
      "Theory, which knows nothing of these data but their variance, misses the measured span by a factor of {} in the mean of {} rows.",
      short_text(std::pow(10, error / rows)), rows);
}

Judgement judge(const Findings& findings) {
  std::map<Effect, std::vector<std::string>> groups;
  Judgement out;
  std::size_t activations = 0;
  for (const FoundRow& careless : findings.table()) {
    if (careless.labels[1] != kCareless) continue;
    const FoundRow& careful = findings.row({careless.labels[0], kCareful});
    groups[effect_of(careful, careless)].push_back(careless.labels[0]);
    out.conclusion += sentence_of(findings.table(), careful, careless) + " ";
    ++activations;
  }
  const std::pair<Effect, const char*> kTexts[] = {
      {Effect::kReversed, "With {} the careless one is surely better by more than ten points. "},
      {Effect::kSame, "With {} the two are surely within ten points, and both learn. "},
      {Effect::kHelpless, "With {} the two are surely within ten points, as neither makes it learn well. "},
      {Effect::kMixed, "With {} the two are surely within ten points, and some of the trainings learn well. "},
      {Effect::kUndecided, "With {} the seeds do not decide whether ten points lie between the two. "}};
  for (const auto& [effect, text] : kTexts) {
    if (groups.contains(effect)) out.conclusion += fmt::format(fmt::runtime(text), listed(groups[effect]));
  }
  const std::vector<std::string>& decided = groups[Effect::kDecides];
  out.condition = decided.empty() ? "" : condition_of(findings.table(), decided, activations);
  out.verdict = decided.empty() ? StudyVerdict::kNotFound : out.condition.empty() ? StudyVerdict::kHolds : StudyVerdict::kHoldsIf;
  out.conclusion += theory_text(findings.table());
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
      "with: here the careless one. auto keeps the signal's size: here the careful one. critical keeps the gradient's too; lsuv scales the "
      "layers by the data. Initialisation decides where more than ten points lie between the two.";
  study.terms = {
      {"initialisation", "how large the random weights are with which training begins"},
      span_term(),
      {"edge of chaos", "the size of weights and biases at which signals and gradients neither grow nor shrink from layer to layer"}};
  study.brief = {"spirals", 1000};
  study.whole = {"fashion-mnist", 8000};
  study.net = NetChoice::kFixed;
  study.expected = {StudyVerdict::kHolds, StudyVerdict::kHoldsIf};
  study.design = design;
  study.judge = judge;
  return study;
}

}  // namespace rectify
