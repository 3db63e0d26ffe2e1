// Whether a slope for x < 0 keeps units alive where ReLU dies.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "rectify/data/batches.h"
#include "rectify/record/text.h"
#include "rectify/study/blocks.h"
#include "rectify/study/prediction.h"
#include "rectify/theory/dead_units.h"

namespace rectify {
namespace {

constexpr int kDepth = 4;
constexpr double kDies = 0.01;  // a share of the units
constexpr double kTenth = -1;   // log10 of the gradient span: less than a tenth reaches the first layer
const std::vector<std::string> kRepaired{"leaky_relu", "prelu", "elu"};

/// The rates of the study dying-relu, and two of the depths of the study depth.
struct Trouble {
  const char* label;
  int depth;
  const char* optimiser;
  double rate;
};
constexpr Trouble kTroubles[] = {{"sgd 0.01", kDepth, "sgd", 0.01},   {"sgd 0.1", kDepth, "sgd", 0.1},
                                 {"sgd 0.3", kDepth, "sgd", 0.3},     {"adam 0.001", kDepth, "adam", 0.001},
                                 {"adam 0.01", kDepth, "adam", 0.01}, {"adam 0.1", kDepth, "adam", 0.1},
                                 {"10 layers", 10, "sgd", 0.01},      {"20 layers", 20, "sgd", 0.01}};

StudyCase make_case(const StudyScope& scope, const Trouble& trouble, const std::string& activation) {
  const int width = scope.choose(32, 64);
  StudyCase one;
  one.labels = {trouble.label, activation};
  one.training = study_training(stack_net(scope.data, trouble.depth, width), activation, scope.choose(5, 8), trouble.rate);
  one.training->optimiser = OptimiserOptions::parse(trouble.optimiser);
  if (const auto span = predicted_span(one.training->init, activation, scope.data, trouble.depth, width)) {
    one.predicted["predicted_span"] = *span;
  }
  if (activation == "relu") {
    one.predicted["predicted_dead"] = predicted_dead_share({.depth = trouble.depth,
                                                            .correlation = off_centre(scope.data.train, Standardisation(scope.data)),
                                                            .samples = std::min<std::int64_t>(2048, scope.data.train.count)});
  }
  return one;
}

DesignTable troubles_table(const StudyScope& scope) {
  DesignTable table;
  table.label_heads = {"training", "activation"};
  table.columns = {dead_start_column(),
                   {"predicted_dead", {"theory %", StudyUnit::kShare, "the same as wide random layers have it, for relu"}},
                   dead_end_column(),
                   span_start_column(),
                   {"predicted_span", {"theory", StudyUnit::kRatio, "the same as wide random layers have it"}},
                   {"span_end", {"span after", StudyUnit::kRatio, "the span after training"}},
                   diverged_column_beside_dead(),
                   accuracy_column()};
  for (const Trouble& trouble : kTroubles) {
    table.cases.push_back(make_case(scope, trouble, "relu"));
    for (const std::string& activation : kRepaired) table.cases.push_back(make_case(scope, trouble, activation));
  }
  return table;
}

StudyDesign design(const StudyScope& scope) {
  DesignTable slopes;
  slopes.title = "the slope for x < 0 that prelu learns in four times as many epochs, beginning at 0.25";
  slopes.label_heads = {"activation"};
  for (int layer = 1; layer <= kDepth; ++layer) {
    slopes.columns.push_back({fmt::format("learnt_{}", layer),
                              {fmt::format("layer {}", layer), StudyUnit::kNumber,
                               layer == 1 ? "mean over the units of the first hidden layer, and so on" : ""}});
  }
  slopes.cases.push_back(make_case(scope, kTroubles[0], "prelu"));
  slopes.cases.back().labels = {"prelu"};
  slopes.cases.back().training->epochs *= 4;
  return {troubles_table(scope), slopes};
}

/// What became of an activation where relu's units die.
enum class Fate { kAlive, kDiverged, kDied, kLost, kOpen };

Fate fate_of(const FoundRow& row) {
  if (row.mean("diverged") > 0) return Fate::kDiverged;
  if (!row.has("dead_end") || !row.has("span_end")) return Fate::kOpen;
  const Estimate dead = row.estimate("dead_end"), span = row.estimate("span_end");
  if (surely_above(dead, kDies)) return Fate::kDied;
  if (surely_below(span, kTenth)) return Fate::kLost;
  return surely_below(dead, kDies) && surely_above(span, kTenth) ? Fate::kAlive : Fate::kOpen;
}

/// How many of a row's trainings diverged: "3 of 5".
std::string diverged_text(const FoundRow& row) {
  const auto seeds = row.seeds.size();
  return fmt::format("{:.0f} of {}", std::round(row.mean("diverged") * static_cast<double>(seeds)), seeds);
}

std::string fate_text(const FoundRow& row, Fate fate) {
  const std::string& name = row.labels[1];
  switch (fate) {
    case Fate::kDiverged: return fmt::format("{} diverges in {} trainings", name, diverged_text(row));
    case Fate::kDied: return fmt::format("{} of {}'s units die", percent_of(row.estimate("dead_end")), name);
    case Fate::kLost: return fmt::format("{}'s first layer gets {} of the last one's gradient", name, span_text(row.mean("span_end")));
    case Fate::kAlive:
    case Fate::kOpen: break;
  }
  return fmt::format("of {} it is not decided", name);
}

/// Where the others are judged, and what became of them there.
struct Fates {
  std::vector<std::string> judged, diverged, died, lost, open;  ///< the latter: "prelu with sgd 0.1"
  int alive = 0;
  std::string text;
};

void judge_trouble(const Findings& findings, const Trouble& trouble, const FoundRow& relu, Fates& out) {
  out.judged.emplace_back(trouble.label);
  std::vector<std::string> keepers, said;
  for (const std::string& activation : kRepaired) {
    const FoundRow& row = findings.row({trouble.label, activation});
    const Fate fate = fate_of(row);
    const std::string where = fmt::format("{} with {}", activation, trouble.label);
    if (fate == Fate::kAlive) {
      ++out.alive;
      keepers.push_back(activation);
      continue;
    }
    said.push_back(fate_text(row, fate));
    (fate == Fate::kDiverged ? out.diverged : fate == Fate::kDied ? out.died : fate == Fate::kLost ? out.lost : out.open).push_back(where);
  }
  if (!keepers.empty()) {
    said.insert(said.begin(), fmt::format("{} {}", listed(keepers), keepers.size() > 1 ? "keep their gradients" : "keeps its gradient"));
  }
  out.text += fmt::format("With {} {} of relu's units are dead in the end; {}. ", trouble.label, percent_of(relu.estimate("dead_end")),
                          listed(said));
}

Fates fates_in(const Findings& findings) {
  Fates out;
  std::vector<std::string> unsure, gone, ahead;
  for (const Trouble& trouble : kTroubles) {
    const FoundRow& relu = findings.row({trouble.label, "relu"});
    if (!relu.has("dead_end")) {
      gone.emplace_back(trouble.label);
    } else if (surely_above(relu.estimate("dead_end"), kDies)) {
      judge_trouble(findings, trouble, relu, out);
    } else {
      unsure.emplace_back(trouble.label);
    }
    for (const std::string& activation : kRepaired) {
      const FoundRow& row = findings.row({trouble.label, activation});
      if (surely_above(difference(row, relu, "accuracy"), 0)) ahead.push_back(fmt::format("{} with {}", activation, trouble.label));
    }
  }
  if (!unsure.empty()) {
    out.text += fmt::format("Nothing is judged with {}, where relu does not surely lose more than {:.0f} % of its units. ", listed(unsure),
                            100 * kDies);
  }
  if (!gone.empty()) out.text += fmt::format("With {} relu itself always diverges. ", listed(gone));
  out.text += fmt::format("Surely more accurate than relu: {}. ", ahead.empty() ? "none" : listed(ahead));
  return out;
}

std::string condition_of(const Fates& fates) {
  std::vector<std::string> parts;
  if (!fates.diverged.empty()) parts.push_back(fmt::format("the training does not diverge, as that of {} did", listed(fates.diverged)));
  if (!fates.died.empty()) parts.push_back(fmt::format("one leaves out {}, whose units died too", listed(fates.died)));
  if (!fates.lost.empty()) parts.push_back(fmt::format("one leaves out {}, whose gradient vanished", listed(fates.lost)));
  if (!fates.open.empty()) parts.push_back(fmt::format("one leaves out {}, which is not decided", listed(fates.open)));
  return fmt::format("{}", fmt::join(parts, ", and "));
}

Judgement judge(const Findings& findings) {
  const Fates fates = fates_in(findings);
  const FoundRow& slopes = findings.row({"prelu"});
  Judgement out;
  out.conclusion = fates.text +
                   "leaky_relu and prelu have a slope everywhere, so that no unit of theirs can be dead: of them the test is "
                   "whether they train and whether the gradient reaches the first layer. ";
  out.conclusion += fmt::format("prelu's learnt slope is {} in the first layer and {} in the last.", number_of(slopes.estimate("learnt_1")),
                                number_of(slopes.estimate(fmt::format("learnt_{}", kDepth))));
  if (fates.judged.empty()) {
    out.verdict = StudyVerdict::kNotFound;
    return out;
  }
  out.condition = condition_of(fates);
  const bool none = fates.alive == 0;
  out.verdict = out.condition.empty() ? StudyVerdict::kHolds
                : !none               ? StudyVerdict::kHoldsIf
                : fates.open.empty()  ? StudyVerdict::kWrong
                                      : StudyVerdict::kNotFound;
  if (none) out.condition.clear();
  return out;
}

}  // namespace

Study leaky_study() {
  Study study;
  study.name = "leaky";
  study.claim = "Leaky ReLU, PReLU and ELU keep the gradient alive where ReLU dies.";
  study.method = fmt::format(
      "relu and the three are trained at the rates of the study dying-relu with {} hidden layers, and with sgd 0.01 in deeper ones. They "
      "are judged where more than {:.0f} % of relu's units surely die. A gradient is kept where no training diverges, surely fewer units "
      "than "
      "that are dead, and the first layer surely gets more than a tenth of the last one's.",
      kDepth, 100 * kDies);
  study.terms = {dead_term(),
                 span_term(),
                 {"theory", "what random layers have that are wide; narrow layers and data of few inputs have more dead units"}};
  study.brief = {"spirals", 1500};
  study.whole = {"fashion-mnist", 6000};
  study.net = NetChoice::kFixed;
  study.expected = {StudyVerdict::kHolds, StudyVerdict::kHoldsIf};
  study.design = design;
  study.judge = judge;
  return study;
}

}  // namespace rectify
