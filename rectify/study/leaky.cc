// Whether a slope for x < 0 keeps units alive where ReLU dies.
#include <fmt/format.h>

#include <iterator>
#include <string>
#include <vector>

#include "rectify/record/text.h"
#include "rectify/study/blocks.h"

namespace rectify {
namespace {

constexpr int kDepth = 4, kDeep = 20;
const std::vector<std::string> kRepaired{"leaky_relu", "prelu", "elu"};

/// A rate that is usual, rates at which units die, and a deep network.
struct Trouble {
  const char* label;
  int depth;
  const char* optimiser;
  double rate;
};
constexpr Trouble kTroubles[] = {{"sgd 0.01", kDepth, "sgd", 0.01},
                                 {"sgd 0.1", kDepth, "sgd", 0.1},
                                 {"adam 0.01", kDepth, "adam", 0.01},
                                 {"sgd 0.01, deep", kDeep, "sgd", 0.01}};

StudyCase make_case(const StudyScope& scope, const Trouble& trouble, const std::string& activation) {
  StudyCase one;
  one.labels = {trouble.label, activation};
  one.training = study_training(stack_net(scope.data, trouble.depth, scope.choose(32, 64)), activation, scope.choose(6, 8), trouble.rate);
  one.training->optimiser = OptimiserOptions::parse(trouble.optimiser);
  return one;
}

StudyDesign design(const StudyScope& scope) {
  DesignTable table;
  table.label_heads = {"training", "activation"};
  table.columns = {dead_start_column(), dead_end_column(), span_start_column(), diverged_column(), accuracy_column()};
  for (const Trouble& trouble : kTroubles) {
    table.cases.push_back(make_case(scope, trouble, "relu"));
    for (const std::string& activation : kRepaired) table.cases.push_back(make_case(scope, trouble, activation));
  }
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
  return {table, slopes};
}

/// Whether an activation left units dead, or its training diverged.
bool failed(const FoundRow& row) { return row.mean("diverged") > 0 || !row.has("dead_end") || !(row.mean("dead_end") < 0.01); }

Judgement judge(const Findings& findings) {
  bool dies = false, better = true, surely_better = false;
  std::vector<std::string> failures;  // where, and with what
  Judgement out;
  for (const Trouble& trouble : kTroubles) {
    const FoundRow& relu = findings.row({trouble.label, "relu"});
    dies |= relu.has("dead_end") && relu.mean("dead_end") > 0.01;
    std::vector<std::string> ahead, failing;
    for (const std::string& activation : kRepaired) {
      const FoundRow& row = findings.row({trouble.label, activation});
      const Estimate gain = difference(row, relu, "accuracy");
      better &= !surely_below(gain, 0);
      surely_better |= surely_above(gain, 0);
      if (surely_above(gain, 0)) ahead.push_back(activation);
      if (failed(row)) failing.push_back(activation);
    }
    if (!failing.empty()) failures.push_back(fmt::format("{} ({})", trouble.label, listed(failing)));
    out.conclusion +=
        fmt::format("{}: {} of relu's units are dead at the end; {}; surely more accurate than relu: {}. ", trouble.label,
                    percent_of(relu.estimate("dead_end")),
                    failing.empty() ? "none of the others'" : fmt::format("with {} units died or training diverged", listed(failing)),
                    ahead.empty() ? "none" : listed(ahead));
  }
  const FoundRow& slopes = findings.row({"prelu"});
  out.conclusion += fmt::format("prelu's learnt slope is {} in the first layer and {} in the last.", number_of(slopes.estimate("learnt_1")),
                                number_of(slopes.estimate(fmt::format("learnt_{}", kDepth))));
  if (!dies) {
    out.verdict = StudyVerdict::kNotFound;
  } else if (failures.size() == std::size(kTroubles)) {
    out.verdict = StudyVerdict::kWrong;
  } else if (!failures.empty()) {
    out.verdict = StudyVerdict::kHoldsIf;
    out.condition = fmt::format("one leaves out {}", listed(failures));
  } else if (better && surely_better) {
    out.verdict = StudyVerdict::kHolds;
  } else {
    out.verdict = StudyVerdict::kHoldsIf;
    out.condition = surely_better ? "one asks for live units; in accuracy not each of them is at least as good as relu everywhere"
                                  : "one asks for live units; the accuracy did not surely gain by it";
  }
  return out;
}

}  // namespace

Study leaky_study() {
  Study study;
  study.name = "leaky";
  study.claim = "Leaky ReLU, PReLU and ELU keep the gradient alive where ReLU dies.";
  study.method = fmt::format(
      "relu and the three are trained as usual, then where relu has trouble: at rates that kill its units, and with {} hidden layers in "
      "place of {}.",
      kDeep, kDepth);
  study.terms = {dead_term(), span_term()};
  study.brief = {"spirals", 2000};
  study.whole = {"fashion-mnist", 6000};
  study.net = NetChoice::kFixed;
  study.expected = {StudyVerdict::kHolds, StudyVerdict::kHoldsIf};
  study.design = design;
  study.judge = judge;
  return study;
}

}  // namespace rectify
