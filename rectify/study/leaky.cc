// Whether a slope for x < 0 keeps units alive where ReLU dies.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>
#include <utility>
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

/// The rates of the study dying-relu, and depths and initialisations of the study depth.
struct Trouble {
  const char* label;
  int depth;
  const char* optimiser;
  double rate;
  const char* init = "auto";
};
constexpr Trouble kTroubles[] = {{"sgd 0.01", kDepth, "sgd", 0.01},   {"sgd 0.1", kDepth, "sgd", 0.1},
                                 {"sgd 0.3", kDepth, "sgd", 0.3},     {"adam 0.001", kDepth, "adam", 0.001},
                                 {"adam 0.01", kDepth, "adam", 0.01}, {"adam 0.1", kDepth, "adam", 0.1},
                                 {"10 layers", 10, "sgd", 0.01},      {"20 layers", 20, "sgd", 0.01},
                                 {"30 layers", 30, "sgd", 0.01},      {"30 layers glorot", 30, "sgd", 0.01, "glorot"}};

/// Those that a study of this length tries.
std::vector<Trouble> troubles(const StudyScope& scope) {
  std::vector<Trouble> all(std::begin(kTroubles), std::end(kTroubles));
  if (scope.length == StudyLength::kShort) std::erase_if(all, [](const Trouble& one) { return one.depth > 20; });
  return all;
}

StudyCase make_case(const StudyScope& scope, const Trouble& trouble, const std::string& activation) {
  const int width = scope.choose(32, 64);
  StudyCase one;
  one.labels = {trouble.label, activation};
  one.training = study_training(stack_net(scope.data, trouble.depth, width), activation, scope.choose(5, 8), trouble.rate);
  one.training->optimiser = OptimiserOptions::parse(trouble.optimiser);
  one.training->init = Initialisation::parse(trouble.init);
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
  for (const Trouble& trouble : troubles(scope)) {
    table.cases.push_back(make_case(scope, trouble, "relu"));
    for (const std::string& activation : kRepaired) table.cases.push_back(make_case(scope, trouble, activation));
  }
  return table;
}

StudyDesign design(const StudyScope& scope) {
  DesignTable slopes;
  slopes.title = "the slope for x < 0 that prelu learns with sgd 0.01 in four times as many epochs, beginning at 0.25";
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

/// What became of an activation where relu's units are dead.
enum class Fate { kKept, kDiverged, kDead, kVanished, kOpen };

Fate fate_of(const FoundRow& row) {
  if (row.mean("diverged") > 0) return Fate::kDiverged;
  if (!row.has("dead_end") || !row.has("span_end")) return Fate::kOpen;
  const Estimate dead = row.estimate("dead_end"), span = row.estimate("span_end");
  if (surely_above(dead, kDies)) return Fate::kDead;
  if (surely_below(span, kTenth)) return Fate::kVanished;
  return surely_below(dead, kDies) && surely_above(span, kTenth) ? Fate::kKept : Fate::kOpen;
}

int diverged_seeds(const FoundRow& row) {
  return static_cast<int>(std::lround(row.mean("diverged") * static_cast<double>(row.seeds.size())));
}

/// Whether surely more than kDies of the units are dead, of the trainings that did not diverge.
bool is_dead(const FoundRow& row) { return row.has("dead_end") && surely_above(row.estimate("dead_end"), kDies); }

/// "it diverges in 3 of 5 trainings with sgd 0.1".
std::string fate_text(const FoundRow& row, Fate fate) {
  const std::string& where = row.labels[0];
  switch (fate) {
    case Fate::kDiverged: {
      const std::string dead =
          is_dead(row) ? fmt::format(" ({} of its units are dead in the others)", percent_of(row.estimate("dead_end"))) : "";
      return fmt::format("it diverges in {} of {} trainings with {}{}", diverged_seeds(row), row.seeds.size(), where, dead);
    }
    case Fate::kDead: return fmt::format("{} of its units are dead with {}", percent_of(row.estimate("dead_end")), where);
    case Fate::kVanished:
      return fmt::format("its first layer gets {} of the last one's gradient with {}", span_text(row.mean("span_end")), where);
    case Fate::kKept:
    case Fate::kOpen: break;
  }
  return "it is not decided with " + where;
}

/// A list of settings for each of the three, in their order: "elu with sgd 0.1 and adam 0.1".
class Settings {
 public:
  void add(const std::string& activation, const std::string& where) {
    if (names_.empty() || names_.back().first != activation) names_.push_back({activation, {}});
    names_.back().second.push_back(where);
  }
  bool empty() const { return names_.empty(); }
  std::string text() const {
    std::vector<std::string> parts;
    for (const auto& [activation, where] : names_) parts.push_back(fmt::format("{} with {}", activation, listed(where)));
    return listed(parts);
  }

 private:
  std::vector<std::pair<std::string, std::vector<std::string>>> names_;
};

/// What became of the three where relu's units are dead.
struct Fates {
  std::vector<const FoundRow*> beside;  ///< relu's rows, of those settings in which any of the three diverges
  Settings diverged, dead, vanished, open;
  int kept = 0, all = 0;

  void add_diverged(const FoundRow* relu) {
    if (std::find(beside.begin(), beside.end(), relu) == beside.end()) beside.push_back(relu);
  }
};

/// Where relu's units are dead, surely more than kDies of them.
struct Judged {
  std::vector<const FoundRow*> relu;
  std::vector<std::string> unsure, gone;  ///< where that is not sure, and where relu always diverges
};

Judged judged_in(const Findings& findings) {
  Judged out;
  for (const FoundRow& row : findings.table()) {
    if (row.labels[1] != "relu") continue;
    if (!row.has("dead_end")) {
      out.gone.push_back(row.labels[0]);
    } else if (surely_above(row.estimate("dead_end"), kDies)) {
      out.relu.push_back(&row);
    } else {
      out.unsure.push_back(row.labels[0]);
    }
  }
  return out;
}

/// "relu's dead units at the end: 21.7 +- 15.4 % with sgd 0.1 and 3.0 +- 1.9 % with 10 layers (5.4 +- 3.6 % before training)."
std::string relu_text(const Judged& judged) {
  std::vector<std::string> parts;
  for (const FoundRow* relu : judged.relu) {
    parts.push_back(fmt::format("{} with {}", percent_of(relu->estimate("dead_end")), relu->labels[0]));
    if (!surely_above(relu->estimate("dead_start"), kDies)) continue;
    parts.back() += fmt::format(" ({} before training)", percent_of(relu->estimate("dead_start")));
  }
  return fmt::format("Of relu's units are dead at the end: {}. ", listed(parts));
}

/// "prelu keeps its gradient in 5 of 6 of these: it diverges in 5 of 5 trainings with sgd 0.1."
std::string activation_text(const Findings& findings, const Judged& judged, const std::string& activation, Fates& fates) {
  std::vector<std::string> exceptions;
  for (const FoundRow* relu : judged.relu) {
    const FoundRow& row = findings.row({relu->labels[0], activation});
    const Fate fate = fate_of(row);
    const std::string& where = relu->labels[0];
    ++fates.all;
    switch (fate) {
      case Fate::kKept: ++fates.kept; continue;
      case Fate::kDiverged:
        fates.add_diverged(relu);
        (is_dead(row) ? fates.dead : fates.diverged).add(activation, where);
        break;
      case Fate::kDead: fates.dead.add(activation, where); break;
      case Fate::kVanished: fates.vanished.add(activation, where); break;
      case Fate::kOpen: fates.open.add(activation, where); break;
    }
    exceptions.push_back(fate_text(row, fate));
  }
  const std::size_t all = judged.relu.size();
  if (exceptions.empty()) return fmt::format("{} keeps its gradient in all {} of these. ", activation, all);
  return fmt::format("{} keeps its gradient in {} of {}: {}. ", activation, all - exceptions.size(), all, listed(exceptions));
}

/// "leaky_relu with adam 0.1; elu with adam 0.001 and 10 layers": where the difference of the accuracy to relu's `is` so.
std::string where_accuracy(const Findings& findings, bool (*is)(const Estimate& ahead, double limit)) {
  std::vector<std::string> parts;
  for (const std::string& activation : kRepaired) {
    std::vector<std::string> where;
    for (const FoundRow& row : findings.table()) {
      if (row.labels[1] != activation) continue;
      if (is(difference(row, findings.row({row.labels[0], "relu"}), "accuracy"), 0)) where.push_back(row.labels[0]);
    }
    if (!where.empty()) parts.push_back(fmt::format("{} with {}", activation, listed(where)));
  }
  return parts.empty() ? "none" : fmt::format("{}", fmt::join(parts, "; "));
}

/// What can be dead at all.
std::string dead_text(const Findings& findings) {
  double most = 0;
  for (const FoundRow& row : findings.table()) {
    if (row.labels[1] == "elu" && row.has("dead_end")) most = std::max(most, row.mean("dead_end"));
  }
  std::string text =
      "leaky_relu and prelu have a slope everywhere, so that no unit of theirs can be dead: of them the test is whether they diverge and "
      "whether the gradient reaches the first layer. ";
  if (most > 0) {
    text += fmt::format("elu's slope is 0 in single precision far below 0: there its units can be dead too, up to {:.1f} % in the mean. ",
                        100 * most);
  }
  return text;
}

std::string slopes_text(const FoundRow& prelu) {
  return fmt::format("prelu's slope, which begins at 0.25, is {} in the first layer in the end and {} in the last.",
                     number_of(prelu.estimate("learnt_1")), number_of(prelu.estimate(fmt::format("learnt_{}", kDepth))));
}

/// "relu itself diverges in 0 of 5 with sgd 0.1 (accuracy 77.2 +- 3.5 %)."; "" where none of the three does.
std::string beside_diverged(const Fates& fates) {
  if (fates.beside.empty()) return "";
  std::vector<std::string> parts;
  for (const FoundRow* relu : fates.beside) {
    parts.push_back(fmt::format("{} of {} with {} (accuracy {})", diverged_seeds(*relu), relu->seeds.size(), relu->labels[0],
                                percent_of(relu->estimate("accuracy"))));
  }
  return fmt::format("relu itself diverges in {}. ", listed(parts));
}

std::string condition_of(const Fates& fates) {
  std::vector<std::string> parts;
  if (!fates.diverged.empty()) parts.push_back(fmt::format("one leaves out {}, of which some trainings diverge", fates.diverged.text()));
  if (!fates.dead.empty()) parts.push_back(fmt::format("one leaves out {}, whose units are dead too", fates.dead.text()));
  if (!fates.vanished.empty()) parts.push_back(fmt::format("one leaves out {}, whose gradient vanished", fates.vanished.text()));
  if (!fates.open.empty()) parts.push_back(fmt::format("one leaves out {}, which is not decided", fates.open.text()));
  return fmt::format("{}", fmt::join(parts, ", and "));
}

Judgement judge(const Findings& findings) {
  const Judged judged = judged_in(findings);
  Fates fates;
  Judgement out;
  if (!judged.relu.empty()) {
    out.conclusion = relu_text(judged);
    for (const std::string& activation : kRepaired) out.conclusion += activation_text(findings, judged, activation, fates);
    out.conclusion += beside_diverged(fates);
  }
  if (!judged.unsure.empty()) {
    out.conclusion += fmt::format("Nothing is judged with {}, where not surely more than {:.0f} % of relu's units are dead. ",
                                  listed(judged.unsure), 100 * kDies);
  }
  if (!judged.gone.empty()) out.conclusion += fmt::format("With {} relu itself always diverges. ", listed(judged.gone));
  out.conclusion += fmt::format("Surely more accurate than relu: {}. Surely less: {}. ", where_accuracy(findings, surely_above),
                                where_accuracy(findings, surely_below));
  out.conclusion += dead_text(findings) + slopes_text(findings.row({"prelu"}));
  out.condition = condition_of(fates);
  if (2 * fates.kept > fates.all) {
    out.verdict = out.condition.empty() ? StudyVerdict::kHolds : StudyVerdict::kHoldsIf;
    return out;
  }
  // A training that diverged shows no dead gradient.
  const bool lost = !fates.dead.empty() || !fates.vanished.empty();
  out.verdict = lost && fates.open.empty() ? StudyVerdict::kWrong : StudyVerdict::kNotFound;
  out.condition.clear();
  return out;
}

}  // namespace

Study leaky_study() {
  Study study;
  study.name = "leaky";
  study.claim = "Leaky ReLU, PReLU and ELU keep the gradient alive where ReLU dies.";
  study.method = fmt::format(
      "relu and the three are trained at the rates of the study dying-relu with {} hidden layers, and with sgd 0.01 in deeper ones. They "
      "are judged where surely more than {:.0f} % of relu's units are dead at the end, whether training killed them or they began so. A "
      "gradient is kept where no training diverges, surely fewer units than that are dead, and the first layer surely gets more than a "
      "tenth of the last one's.",
      kDepth, 100 * kDies);
  study.terms = {
      dead_term(),
      span_term(),
      {"dead units in theory", "what random layers have that are wide; narrow layers and data of few inputs have more dead units"}};
  study.brief = {"spirals", 1500};
  study.whole = {"fashion-mnist", 6000};
  study.net = NetChoice::kFixed;
  study.expected = {StudyVerdict::kHolds, StudyVerdict::kHoldsIf};
  study.design = design;
  study.judge = judge;
  return study;
}

}  // namespace rectify
