// What maxout contains.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>

#include "rectify/base/random.h"
#include "rectify/nn/initialise.h"
#include "rectify/nn/plan.h"
#include "rectify/record/text.h"
#include "rectify/study/blocks.h"
#include "rectify/study/networks.h"

namespace rectify {
namespace {

constexpr double kSlope = 0.01;     // of the leaky ReLU
constexpr double kRounding = 1e-5;  // of single precision, carried through two layers
constexpr std::int64_t kSamples = 256, kUnits = 32;

/// A network with its parameters and what one pass over `x` gives.
struct Passed {
  Passed(const Dataset& data, const char* activation) : model(parse_network(stack_net(data, 1, kUnits), activation)), parameters(model) {}

  void run(std::span<const float> x, std::int64_t count) {
    const std::unique_ptr<Backend> backend = make_onednn_backend();
    Plan plan(model, parameters, *backend, count, Mode::kTraining);
    std::copy(x.begin(), x.end(), plan.input().begin());
    for (std::int64_t i = 0; i < count; ++i) plan.labels()[i] = static_cast<std::int32_t>(i % model.output_units());
    plan.forward();
    logits.assign(plan.logits().begin(), plan.logits().end());
    plan.backward();
  }

  std::span<float> gradients(const char* node, ParameterKind kind) { return parameters.gradients(parameters.slot(node, kind)); }
  std::span<float> values(const char* node, ParameterKind kind) { return parameters.values(parameters.slot(node, kind)); }

  Model model;
  ParameterStore parameters;
  std::vector<float> logits;
};

/// Copies the plain network's parameters into maxout's two pieces, the second times `slope`.
void become_pieces(Passed& plain, Passed& maxout, double slope) {
  for (const ParameterKind kind : {ParameterKind::kWeight, ParameterKind::kBias}) {
    const auto from = plain.values("dense 1", kind), to = maxout.values("hidden 1", kind);
    for (std::size_t i = 0; i < from.size(); ++i) {
      to[i] = from[i];
      to[from.size() + i] = static_cast<float>(slope * from[i]);
    }
    std::ranges::copy(plain.values("output", kind), maxout.values("output", kind).begin());
  }
}

/// The largest difference of two arrays over the rms of the first.
double distance(std::span<const float> a, std::span<const float> b) {
  double largest = 0, squares = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(a[i]) - b[i]));
    squares += static_cast<double>(a[i]) * a[i];
  }
  return largest / std::sqrt(squares / static_cast<double>(a.size()));
}

/// Measures how far maxout with pieces (w, b), (slope w, slope b) is from `activation` with (w, b): outputs, and the gradient of w, which
/// reaches the first piece whole and the second times the slope.
void compare_pieces(const TrainedCase& trained, const char* activation, double slope, Measures& out) {
  Passed plain(trained.data, activation), maxout(trained.data, "maxout");
  initialise(plain.model, Initialisation{.bias = 0.1}, trained.seed, plain.parameters);
  become_pieces(plain, maxout, slope);
  const std::vector<float> x = test_samples(trained.data, trained.standardisation, kSamples);
  const auto count = static_cast<std::int64_t>(x.size()) / trained.data.sample_size();
  plain.run(x, count);
  maxout.run(x, count);
  out["outputs"] = distance(plain.logits, maxout.logits);
  const auto of_plain = plain.gradients("dense 1", ParameterKind::kWeight);
  const auto of_pieces = maxout.gradients("hidden 1", ParameterKind::kWeight);
  std::vector<float> sum(of_plain.size());
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] = static_cast<float>(of_pieces[i] + slope * of_pieces[sum.size() + i]);
  out["gradients"] = distance(of_plain, sum);
}

StudyCase same_as(const char* pieces, const char* activation, double slope) {
  StudyCase one;
  one.labels = {pieces, activation};
  one.probe = [activation, slope](const TrainedCase& trained, Measures& out) { compare_pieces(trained, activation, slope, out); };
  return one;
}

std::int64_t parameter_count(const std::string& net, const std::string& activation) {
  return ParameterStore(parse_network(net, activation)).count();
}

/// A network of two hidden layers that has about `wanted` parameters with `activation`.
std::string net_of_size(const Dataset& data, const std::string& activation, std::int64_t wanted) {
  int width = 2;
  while (parameter_count(stack_net(data, 2, width + 1), activation) <= wanted) ++width;
  return stack_net(data, 2, width);
}

StudyDesign design(const StudyScope& scope) {
  DesignTable same;
  same.title = "maxout with two pieces (weights, bias) beside the function that it becomes";
  same.label_heads = {"pieces", "compared with"};
  same.columns = {{"outputs", {"outputs", StudyUnit::kNumber, "largest difference of the networks' outputs, over their rms"}},
                  {"gradients", {"gradients", StudyUnit::kNumber, "the same of the gradients of w"}}};
  same.cases = {same_as("(w,b) (0,0)", "relu", 0), same_as("(w,b) (0.01w,0.01b)", "leaky_relu", kSlope)};

  DesignTable trained;
  trained.title = "two hidden layers, as wide as keeps them to about as many parameters";
  trained.label_heads = {"activation"};
  trained.columns = {{"parameters", {"parameters", StudyUnit::kNumber, "weights and biases of the network"}}, accuracy_column()};
  const std::int64_t wanted = parameter_count(stack_net(scope.data, 2, 32), "relu");
  for (const char* activation : {"relu", "leaky_relu", "maxout"}) {
    StudyCase one;
    one.labels = {activation};
    const std::string net = net_of_size(scope.data, activation, wanted);
    one.training = study_training(net, activation, scope.choose(8, 20), 0.03);
    one.rates = scope.choose<std::vector<double>>({0.03}, {0.01, 0.03, 0.1});
    one.predicted["parameters"] = static_cast<double>(parameter_count(net, activation));
    trained.cases.push_back(std::move(one));
  }
  return {same, trained};
}

Judgement judge(const Findings& findings) {
  double outputs = 0, gradients = 0;
  for (const FoundRow& row : findings.table(0)) {
    outputs = std::max(outputs, row.highest("outputs"));
    gradients = std::max(gradients, row.highest("gradients"));
  }
  const FoundRow &relu = findings.row({"relu"}), &maxed = findings.row({"maxout"});
  const Estimate ahead = difference(maxed, relu, "accuracy");
  Judgement out;
  out.verdict = std::max(outputs, gradients) < kRounding ? StudyVerdict::kHolds : StudyVerdict::kWrong;
  out.conclusion = fmt::format(
      "Maxout whose second piece is 0 gives what relu gives, and with 0.01 times the first piece what leaky_relu gives: outputs differ by "
      "at most {} of their size, gradients by {}, which is {}.{} With about as many parameters ({} against {}) maxout's accuracy is {}{}, "
      "where relu gets {} right.",
      short_text(outputs), short_text(gradients), out.verdict == StudyVerdict::kHolds ? "rounding" : "more than rounding",
      surely_above(ahead, 0) ? "" : " Containing them is no promise to beat them.", maxed.mean("parameters"), relu.mean("parameters"),
      beside_text(ahead, "relu's"), surely_below(ahead, 0) ? edge_text(maxed) : "", percent_of(relu.estimate("accuracy")));
  return out;
}

}  // namespace

Study maxout_study() {
  Study study;
  study.name = "maxout";
  study.claim = "Maxout contains ReLU and leaky ReLU as special cases.";
  study.method =
      "The weights of a relu network are copied into the two pieces of a maxout network. Outputs and gradients of both are compared, then "
      "three networks with about as many parameters are trained.";
  study.terms = {{"maxout", "a unit that computes k weighted sums of its inputs, its pieces, and passes on the largest"}};
  study.brief = {"spirals", 2000};
  study.whole = {"spirals", 6000};
  study.net = NetChoice::kFixed;
  study.expected = {StudyVerdict::kHolds};
  study.design = design;
  study.judge = judge;
  return study;
}

}  // namespace rectify
