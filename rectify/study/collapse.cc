// Depth without an activation.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rectify/record/text.h"
#include "rectify/study/blocks.h"
#include "rectify/study/networks.h"

namespace rectify {
namespace {

constexpr double kRounding = 1e-4;  // products of a dozen matrices in single precision
constexpr double kFlat = 0.03;      // accuracies within three points do not depend on depth

StudyDesign design(const StudyScope& scope) {
  DesignTable table;
  table.label_heads = {"activation", "hidden layers"};
  table.columns = {
      accuracy_column(),
      {"distance", {"distance", StudyUnit::kNumber, "largest difference from the matrices multiplied out, over the rms output"}},
      {"straight",
       {"straight %", StudyUnit::kShare, "pairs of samples of one class whose middle has it too; 100 for straight boundaries"}}};
  for (const char* activation : {"linear", "relu"}) {
    for (const int depth : {1, 2, 4, 8}) {
      StudyCase one;
      one.labels = {activation, std::to_string(depth)};
      one.training = study_training(stack_net(scope.data, depth, 32), activation, scope.choose(6, 20), 0.01);
      one.probe = [](const TrainedCase& trained, Measures& out) {
        out["distance"] = distance_from_product(trained);
        out["straight"] = straight_share(trained);
      };
      table.cases.push_back(std::move(one));
    }
  }
  return {table};
}

Judgement judge(const Findings& findings) {
  double distance = 0, lowest = 1, highest = 0, straight = 1;
  const FoundRow* best = nullptr;
  for (const FoundRow& row : findings.table()) {
    if (row.labels[0] == "linear") {
      distance = std::max(distance, row.mean("distance"));
      lowest = std::min(lowest, row.mean("accuracy"));
      highest = std::max(highest, row.mean("accuracy"));
      straight = std::min(straight, row.mean("straight"));
    } else if (best == nullptr || row.mean("accuracy") > best->mean("accuracy")) {
      best = &row;
    }
  }
  const Estimate gain = difference(*best, findings.row({"linear", best->labels[1]}), "accuracy");
  Judgement out;
  const std::string boundaries = straight == 1 ? "all" : fmt::format("at least {:.1f} %", 100 * straight);
  out.conclusion = fmt::format(
      "Without an activation the network and its matrices multiplied out into one differ by at most {} of the size of the outputs. Its "
      "accuracy lies between {:.1f} % and {:.1f} % whatever the depth, and {} of its boundaries are straight. With relu between the same "
      "matrices ({} hidden layers) the accuracy is {}.",
      short_text(distance), 100 * lowest, 100 * highest, boundaries, best->labels[1], beside_text(gain, "that"));
  if (distance > kRounding) {
    out.verdict = StudyVerdict::kWrong;
  } else if (highest - lowest < kFlat && surely_above(gain, 0)) {
    out.verdict = StudyVerdict::kHolds;
  } else {
    out.verdict = StudyVerdict::kHoldsIf;
    out.condition = highest - lowest < kFlat ? "the data need more than a straight boundary; on these it made no difference"
                                             : "one speaks of what can be computed; how well it is learnt did depend on depth";
  }
  return out;
}

}  // namespace

Study collapse_study() {
  Study study;
  study.name = "collapse";
  study.claim = "Without non-linear activations a deep network is a single linear map.";
  study.method =
      "Networks with and without relu learn the same data at four depths. Then all matrices of each are multiplied out into one.";
  study.terms = {
      {"linear map", "y = W x + b: every output is a weighted sum of the inputs. Linear maps after each other are one linear map"},
      {"decision boundary", "where the network changes its mind from one class to another; of a linear map it is a straight line"}};
  study.brief = {"spirals", 2000};
  study.whole = {"spirals", 6000};
  study.net = NetChoice::kFixed;
  study.expected = {StudyVerdict::kHolds};
  study.design = design;
  study.judge = judge;
  return study;
}

}  // namespace rectify
