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
constexpr int kJudged = 8;          // hidden layers at which relu is compared, named before any number is known

StudyDesign design(const StudyScope& scope) {
  DesignTable table;
  table.label_heads = {"activation", "hidden layers"};
  table.columns = {
      accuracy_column(),
      {"distance", {"distance", StudyUnit::kNumber, "largest difference from the matrices multiplied out, over the rms output"}},
      {"straight",
       {"straight %", StudyUnit::kShare,
        "pairs of samples that the network puts into one class and whose middle too; 100 for straight boundaries"}}};
  for (const char* activation : {"linear", "relu"}) {
    for (const int depth : {1, 2, 4, kJudged}) {
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

/// What the networks without activation have in common.
struct Linear {
  double distance = 0, lowest = 1, highest = 0, straight = 1;
  bool flat = true, depends = false;  ///< accuracies surely within three points of the shallowest; one surely not
};

Linear linear_of(const Findings& findings) {
  Linear out;
  const FoundRow& shallow = findings.row({"linear", "1"});
  for (const FoundRow& row : findings.table()) {
    if (row.labels[0] != "linear") continue;
    out.distance = std::max(out.distance, row.highest("distance"));
    out.straight = std::min(out.straight, row.lowest("straight"));
    out.lowest = std::min(out.lowest, row.mean("accuracy"));
    out.highest = std::max(out.highest, row.mean("accuracy"));
    const Outcome found = outcome(difference(row, shallow, "accuracy"), kFlat);
    out.flat &= found == Outcome::kWithin;
    out.depends |= found == Outcome::kMore || found == Outcome::kLess;
  }
  return out;
}

Judgement judge(const Findings& findings) {
  const Linear linear = linear_of(findings);
  const std::string depth = std::to_string(kJudged);
  const Estimate gain = difference(findings.row({"relu", depth}), findings.row({"linear", depth}), "accuracy");
  Judgement out;
  const std::string boundaries = linear.straight == 1 ? "all" : fmt::format("at least {:.1f} %", 100 * linear.straight);
  out.conclusion = fmt::format(
      "Without an activation the network and its matrices multiplied out into one differ by at most {} of the size of the outputs. Its "
      "accuracy lies between {:.1f} % and {:.1f} % whatever the depth, and {} of its boundaries are straight. With relu between {} hidden "
      "layers the accuracy is {}.",
      short_text(linear.distance), 100 * linear.lowest, 100 * linear.highest, boundaries, depth, beside_text(gain, "that without"));
  if (linear.distance > kRounding) {
    out.verdict = StudyVerdict::kWrong;
  } else if (linear.flat && surely_above(gain, 0)) {
    out.verdict = StudyVerdict::kHolds;
  } else {
    out.verdict = StudyVerdict::kHoldsIf;
    out.condition = linear.depends ? "one speaks of what can be computed; how well it is learnt did depend on depth"
                    : !linear.flat ? "one speaks of what can be computed; whether depth changes how well it is learnt was not decided"
                                   : "the data need more than a straight boundary; on these relu was not surely better";
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
