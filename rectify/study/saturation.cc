// What large weights do to the slope of an activation.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "rectify/activation/activation.h"
#include "rectify/record/text.h"
#include "rectify/study/blocks.h"
#include "rectify/study/networks.h"
#include "rectify/study/slope_prediction.h"

namespace rectify {
namespace {

constexpr int kDepth = 4;
constexpr double kMostFlat = 0.25, kSame = 0.1;  // shares of pairs
constexpr double kScales[] = {1, 4, 16};

std::string scale_label(double scale) { return fmt::format("x{}", scale); }

std::vector<DesignColumn> columns() {
  return {
      {"flat_start", {"flat %", StudyUnit::kShare, "pairs of unit and sample whose slope is below 5 % of its largest, before training"}},
      {"predicted_flat", {"theory", StudyUnit::kShare, "the same as wide random layers have it"}},
      {"ceiling", {"ceiling", StudyUnit::kRatio, "the largest slope that the activation has"}},
      {"slope_start", {"slope left", StudyUnit::kRatio, "the slope that the layers see (rms) over the largest there is, before training"}},
      {"predicted_slope", {"theory", StudyUnit::kRatio, "the same as wide random layers have it"}},
      {"gradient_last", {"last gradient", StudyUnit::kRatio, "size (rms) of the gradient at the last hidden layer, before training"}},
      {"span_start", {"first / last", StudyUnit::kRatio, "the gradient at the first hidden layer over that at the last, before training"}},
      {"predicted_span", {"theory", StudyUnit::kRatio, "the same as wide random layers have it"}},
      {"first_median",
       {"median first", StudyUnit::kRatio, "median size of the gradient by a weight of the first layer, over 512 samples before training"}},
      accuracy_column()};
}

StudyDesign design(const StudyScope& scope) {
  DesignTable table;
  table.label_heads = {"activation", "weights"};
  table.columns = columns();
  const std::string net = scope.net.empty() ? stack_net(scope.data, kDepth, scope.choose(32, 64)) : scope.net;
  for (const char* activation : {"sigmoid", "tanh", "relu", "elu"}) {
    for (const double scale : kScales) {
      StudyCase one;
      one.labels = {activation, scale_label(scale)};
      one.training = study_training(net, activation, scope.choose(6, 5), 0.01);
      one.training->init = Initialisation::parse(fmt::format("lecun,scale={}", scale));
      one.rates = scope.choose<std::vector<double>>({0.01}, {0.0001, 0.001, 0.01, 0.1, 1});
      if (scope.net.empty()) {
        const SlopePrediction predicted = predict_slopes(Activation(activation), scale, kDepth);
        one.predicted = {{"predicted_flat", predicted.flat}, {"predicted_slope", predicted.slope}, {"predicted_span", predicted.span}};
      }
      one.predicted["ceiling"] = std::log10(Activation(activation).facts().sup_slope);
      one.before = [init = one.training->init](const TrainedCase& untrained, Measures& out) {
        if (const auto median = first_median_gradient(init, untrained)) out["first_median"] = *median;
      };
      table.cases.push_back(std::move(one));
    }
  }
  return {table};
}

/// What the largest weights do to one activation, beside the smallest.
struct Effect {
  std::string activation;
  Estimate flat, slope, last, first, accuracy;  ///< differences; all but shares as log10
  const FoundRow *small, *large;

  bool saturates() const { return large->mean("flat_start") > kMostFlat && surely_above(flat, kSame) && surely_below(slope, 0); }
};

Effect effect_on(const Findings& findings, const std::string& activation) {
  const FoundRow &small = findings.row({activation, scale_label(1)}), &large = findings.row({activation, scale_label(16)});
  const auto change = [&](const char* measure) { return difference(large, small, measure); };
  return {
      activation, change("flat_start"), change("slope_start"), change("gradient_last"), change("first_median"), change("accuracy"), &small,
      &large};
}

/// With two digits: the intervals of large ratios are wide.
std::string rounded(double ratio) {
  const double unit = std::pow(10, std::floor(std::log10(ratio)) - 1);
  return ratio < 100 ? short_text(ratio) : fmt::format("{:.0f}", std::round(ratio / unit) * unit);
}

/// "shrinks 3.1 times", "grows 2 times" or "changes by no sure factor".
std::string change_text(const Estimate& log10_change) {
  if (!surely_above(log10_change, 0) && !surely_below(log10_change, 0)) return "changes by no sure factor";
  return fmt::format("{} {} times", log10_change.mean > 0 ? "grows" : "shrinks", rounded(std::pow(10, std::abs(log10_change.mean))));
}

std::string slope_text(const Effect& effect) {
  std::string text = fmt::format("{}: {} flat with x1, {} with x16", effect.activation, percent_of(effect.small->estimate("flat_start")),
                                 percent_of(effect.large->estimate("flat_start")));
  if (effect.large->has("predicted_flat")) text += fmt::format(" (theory: {:.0f} %)", 100 * effect.large->mean("predicted_flat"));
  return text + fmt::format("; its slope {}. ", change_text(effect.slope));
}

std::string relu_text(const Effect& relu) {
  switch (outcome(relu.flat, kSame)) {
    case Outcome::kWithin:
      return fmt::format("relu is flat for x < 0 whatever the weights are: its share changes by {}. ", points_of(relu.flat));
    case Outcome::kOpen: return fmt::format("Whether relu's share of flat pairs changes is not decided ({}). ", points_of(relu.flat));
    case Outcome::kMore:
    case Outcome::kLess: break;
  }
  return fmt::format("relu's share of flat pairs changes too, by {}. ", points_of(relu.flat));
}

/// What the sentence leaves out; "" where it is right as it stands.
std::string condition_of(const Effect& sigmoid, const Effect& tanh, const Effect& relu) {
  std::vector<std::string> parts;
  if (!sigmoid.saturates()) parts.emplace_back("the activation is tanh, as sigmoid did not surely saturate");
  if (!tanh.saturates()) parts.emplace_back("the activation is sigmoid, as tanh did not surely saturate");
  const bool last = surely_below(sigmoid.last, 0) && surely_below(tanh.last, 0),
             first = surely_below(sigmoid.first, 0) && surely_below(tanh.first, 0);
  if (!last) {
    parts.emplace_back(
        "it is about the slope of a unit, as the gradient did not surely shrink with both, not even at the last hidden layer");
  } else if (!first) {
    parts.push_back(fmt::format(
        "one looks at the last hidden layer, where the gradient shrank: on its way back the large weights multiply it, and at the first "
        "layer it {}",
        surely_above(sigmoid.first, 0) && surely_above(tanh.first, 0) ? "surely grew with both" : "did not surely shrink with both"));
  }
  const Outcome stays = outcome(relu.flat, kSame);
  if (stays == Outcome::kOpen) parts.emplace_back("relu is left out, which is not decided");
  if (stays == Outcome::kMore || stays == Outcome::kLess) parts.emplace_back("relu is left out, whose share of flat pairs changed too");
  return fmt::format("{}", fmt::join(parts, ", and "));
}

Judgement judge(const Findings& findings) {
  const Effect sigmoid = effect_on(findings, "sigmoid"), tanh = effect_on(findings, "tanh"), relu = effect_on(findings, "relu");
  Judgement out;
  const Effect elu = effect_on(findings, "elu");
  out.conclusion = slope_text(sigmoid) + slope_text(tanh) + slope_text(elu) + relu_text(relu);
  out.conclusion += fmt::format(
      "At the last hidden layer, behind which no weights were scaled, the gradient {} with sigmoid and {} with tanh. On its way to the "
      "first layer small slopes and large weights multiply it: there the median gradient {} with sigmoid, {} with tanh, {} with relu and "
      "{} with elu. ",
      change_text(sigmoid.last), change_text(tanh.last), change_text(sigmoid.first), change_text(tanh.first), change_text(relu.first),
      change_text(elu.first));
  out.conclusion += fmt::format("The accuracy changes by {} with sigmoid, {} with tanh, {} with relu and {} with elu.",
                                points_of(sigmoid.accuracy), points_of(tanh.accuracy), points_of(relu.accuracy), points_of(elu.accuracy));
  const auto learned = [](const Effect& effect) { return effect.large->mean("learned"); };
  if (outcome(relu.flat, kSame) == Outcome::kWithin && learned(relu) == 0 && relu.small->mean("learned") == 1 &&
      learned(sigmoid) + learned(tanh) > 0) {
    out.conclusion +=
        fmt::format(" So relu did not saturate, and yet with {} it learned well at none of the rates tried.", scale_label(kScales[2]));
  }
  out.condition = condition_of(sigmoid, tanh, relu);
  if (!sigmoid.saturates() && !tanh.saturates()) {
    out.verdict = StudyVerdict::kNotFound;
    out.condition.clear();
  } else {
    out.verdict = out.condition.empty() ? StudyVerdict::kHolds : StudyVerdict::kHoldsIf;
  }
  return out;
}

}  // namespace

Study saturation_study() {
  Study study;
  study.name = "saturation";
  study.claim = "Large weights saturate sigmoid and tanh and their gradient vanishes; ReLU does not saturate for x > 0.";
  study.method =
      "The weights of all hidden layers begin 1, 4 and 16 times as large as variance 1 / inputs has them (LeCun's rule); the output "
      "layer's are left alone. Slopes and gradients are measured before training, the accuracy after it.";
  study.terms = {saturation_term(),
                 {"slope",
                  "f'(x), the factor by which an activation multiplies the gradient on its way back. It is the product of two: "
                  "its ceiling, the largest that the activation has, and what saturation leaves of that"},
                 {"theory", "what random layers have that are wide, so that what a unit sees is normally distributed"}};
  study.brief = {"spirals", 2000};
  study.whole = {"fashion-mnist", 6000};
  study.expected = {StudyVerdict::kHolds, StudyVerdict::kHoldsIf};
  study.design = design;
  study.judge = judge;
  return study;
}

}  // namespace rectify
