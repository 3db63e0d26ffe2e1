// What large weights do to the slope of an activation.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "rectify/activation/activation.h"
#include "rectify/record/text.h"
#include "rectify/study/blocks.h"
#include "rectify/study/prediction.h"

namespace rectify {
namespace {

constexpr int kDepth = 4;
constexpr double kMostFlat = 0.25, kSame = 0.1;  // shares of pairs

std::string scale_label(double scale) { return fmt::format("x{}", scale); }

StudyDesign design(const StudyScope& scope) {
  DesignTable table;
  table.label_heads = {"activation", "weights"};
  table.columns = {
      {"flat_start", {"flat %", StudyUnit::kShare, "pairs of unit and sample whose slope is below 5 % of its largest, before training"}},
      {"ceiling", {"slope at most", StudyUnit::kRatio, "the largest slope that the activation has anywhere"}},
      {"slope_start", {"of it left", StudyUnit::kRatio, "the slope that the layers see (rms), over that largest one"}},
      {"gradient_start", {"median gradient", StudyUnit::kRatio, "rms gradient at the pre-activations of the middle one of the layers"}},
      accuracy_column()};
  const std::string net = scope.net.empty() ? stack_net(scope.data, kDepth, scope.choose(32, 64)) : scope.net;
  for (const char* activation : {"sigmoid", "tanh", "relu", "elu"}) {
    for (const double scale : {1.0, 4.0, 16.0}) {
      StudyCase one;
      one.labels = {activation, scale_label(scale)};
      one.training = study_training(net, activation, scope.choose(6, 5), 0.01);
      one.training->init = Initialisation::parse(fmt::format("lecun,gain={}", scale));
      one.rates = scope.choose<std::vector<double>>({0.01}, {0.001, 0.01, 0.1});
      one.predicted["ceiling"] = std::log10(Activation(activation).facts().sup_slope);
      table.cases.push_back(std::move(one));
    }
  }
  return {table};
}

/// What large weights do to one activation.
struct Effect {
  Estimate flat;      ///< share of flat pairs with the largest weights, minus that with the smallest
  double most_flat;   ///< with the largest weights
  Estimate slope;     ///< log10 of the slope, the same difference
  Estimate gradient;  ///< log10 of the median gradient, the same difference
  Estimate accuracy;  ///< of the accuracy
};

Effect effect_on(const Findings& findings, const std::string& activation) {
  const FoundRow &small = findings.row({activation, scale_label(1)}), &large = findings.row({activation, scale_label(16)});
  return {difference(large, small, "flat_start"), large.mean("flat_start"), difference(large, small, "slope_start"),
          difference(large, small, "gradient_start"), difference(large, small, "accuracy")};
}

Judgement judge(const Findings& findings) {
  const Effect sigmoid = effect_on(findings, "sigmoid"), tanh = effect_on(findings, "tanh"), relu = effect_on(findings, "relu");
  const auto saturates = [](const Effect& e) { return e.most_flat > kMostFlat && surely_above(e.flat, kSame) && surely_below(e.slope, 0); };
  const bool relu_stays = std::abs(relu.flat.mean) < kSame;
  Judgement out;
  out.conclusion = fmt::format(
      "Sixteen times larger weights make {:.0f} % of sigmoid's pairs of unit and sample flat and {:.0f} % of tanh's; of the slope {} and "
      "{} are left of what there was. relu changes by {} (it is flat for x < 0 whatever the weights are). ",
      100 * sigmoid.most_flat, 100 * tanh.most_flat, span_text(sigmoid.slope.mean), span_text(tanh.slope.mean), points_of(relu.flat));
  if (!saturates(sigmoid) || !saturates(tanh)) {
    out.verdict = StudyVerdict::kNotFound;
    return out;
  }
  const bool sigmoid_loses = surely_below(sigmoid.gradient, 0), tanh_loses = surely_below(tanh.gradient, 0);
  const auto gradient = [&](const char* activation, double scale) {
    return span_text(findings.row({activation, scale_label(scale)}).mean("gradient_start"));
  };
  out.conclusion += fmt::format(
      "Yet the gradient has another factor, the weights that it goes back through. At the middle layer it goes from {} to {} with sigmoid "
      "and from {} to {} with tanh. The accuracy changes by {} for sigmoid, {} for tanh and {} for relu.",
      gradient("sigmoid", 1), gradient("sigmoid", 16), gradient("tanh", 1), gradient("tanh", 16), points_of(sigmoid.accuracy),
      points_of(tanh.accuracy), points_of(relu.accuracy));
  out.verdict = sigmoid_loses && tanh_loses && relu_stays ? StudyVerdict::kHolds : StudyVerdict::kHoldsIf;
  out.condition = !relu_stays ? "one leaves out relu, whose share of flat pairs changed too"
                              : "one speaks of the slope of a unit; the gradient of the whole network also has the large weights as "
                                "factors, and did not vanish";
  return out;
}

}  // namespace

Study saturation_study() {
  Study study;
  study.name = "saturation";
  study.claim = "Large weights saturate sigmoid and tanh and their gradient vanishes; ReLU does not saturate for x > 0.";
  study.method =
      "The hidden weights begin 1, 4 and 16 times as large as LeCun's rule (variance 1 / inputs) has them. Slopes and gradients are "
      "measured before training, the accuracy after it.";
  study.terms = {saturation_term(),
                 {"slope", "f'(x), the factor by which an activation multiplies the gradient on its way back. sigmoid's is 0.25 at most"},
                 {"median gradient", "the size of the gradient at the middle one of the layers, when they are put in the order of it"}};
  study.brief = {"spirals", 2000};
  study.whole = {"fashion-mnist", 6000};
  study.expected = {StudyVerdict::kHolds, StudyVerdict::kHoldsIf};
  study.design = design;
  study.judge = judge;
  return study;
}

}  // namespace rectify
