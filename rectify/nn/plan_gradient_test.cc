#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "rectify/base/random.h"
#include "rectify/base/threads.h"
#include "rectify/nn/initialise.h"
#include "rectify/nn/plan.h"

namespace rectify {
namespace {

using Values = std::vector<double>;
/// f(x; p) in double, p the learnt parameters of a unit.
using Function = std::function<double(double x, const Values& p)>;

struct Case {
  std::string net, activation;
  Function function;
};

Function of(const std::string& spec) {
  return [activation = Activation(spec)](double x, const Values&) { return activation.value(x); };
}

/// A network evaluated in double, straight from its definition.
class DoubleNetwork {
 public:
  DoubleNetwork(const Model& model, const ParameterStore& store, Function function)
      : parameters(store.values().begin(), store.values().end()), model_(model), store_(store), function_(std::move(function)) {}

  Values parameters;

  Values logits(Values x) const {
    for (const Node& node : model_.nodes) {
      if (node.kind == NodeKind::kDense) x = affine(node.name, x);
      if (node.kind == NodeKind::kMaxout) x = maxout(node, affine(node.name, x));
      if (node.kind == NodeKind::kActivation) x = activation(node.name, x);
    }
    return x;
  }

  double loss(const Values& input, std::span<const std::int32_t> labels) const {
    const std::size_t inputs = input.size() / labels.size();
    double mean = 0;
    for (std::size_t r = 0; r < labels.size(); ++r) {
      const Values z = logits({input.begin() + r * inputs, input.begin() + (r + 1) * inputs});
      double sum = 0;
      for (const double logit : z) sum += std::exp(logit);
      mean += (std::log(sum) - z[labels[r]]) / static_cast<double>(labels.size());
    }
    return mean;
  }

 private:
  const double* at(const std::string& node, ParameterKind kind) const { return parameters.data() + store_.slot(node, kind).offset; }

  Values affine(const std::string& name, const Values& x) const {
    const std::int64_t units = store_.slot(name, ParameterKind::kBias).size();
    const double* w = at(name, ParameterKind::kWeight);
    Values y(at(name, ParameterKind::kBias), at(name, ParameterKind::kBias) + units);
    for (double& value : y) {
      for (const double input : x) value += *w++ * input;
    }
    return y;
  }

  static Values maxout(const Node& node, const Values& z) {
    Values y(z.begin(), z.begin() + node.units);
    for (std::size_t i = 0; i < z.size(); ++i) y[i % node.units] = std::max(y[i % node.units], z[i]);
    return y;
  }

  Values activation(const std::string& name, Values x) const {
    for (const ParameterSlot& slot : store_.slots()) {
      if (slot.node != name) continue;
      const std::int64_t units = slot.shape[1];
      for (std::int64_t u = 0; u < units; ++u) {
        Values p;
        for (std::int64_t j = 0; j < slot.shape[0]; ++j) p.push_back(parameters[slot.offset + j * units + u]);
        x[u] = function_(x[u], p);
      }
      return x;
    }
    for (double& value : x) value = function_(value, {});
    return x;
  }

  const Model& model_;
  const ParameterStore& store_;
  Function function_;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all{
      {"3-4", "relu", of("relu")},
      {"4-5-3", "linear", of("linear")},
      {"4-2x5-3", "relu", of("relu")},
      {"4-2x5-3", "tanh", of("tanh")},
      {"4-5-6-3", "sigmoid", of("sigmoid")},
      {"4-3x5-3", "elu(alpha=0.7)", of("elu(alpha=0.7)")},
      {"4-17-3", "x * tanh(softplus(x))", of("x * tanh(softplus(x))")},
      {"4-2x5-3", "prelu", [](double x, const Values& p) { return x > 0 ? x : p[0] * x; }},
      {"4-2x17-3", "mine = a * x * sigmoid(b * x) + c; a = 0.7 learn; b = 1.5; c = 0.2 learn",
       [](double x, const Values& p) { return p[0] * x / (1 + std::exp(-1.5 * x)) + p[1]; }},
      {"4-2x5-3", "maxout", of("linear")},
      {"4-5-17-3", "maxout(k=5)", of("linear")},
  };
  return all;
}

/// Values of its own for each parameter, so that no two gradients are equal by symmetry.
void fill(ParameterStore& store, const Model& model, Plan& plan) {
  initialise(model, Initialisation::parse("auto,bias=0.1"), 3, store);
  Random random(4, 0);
  for (const ParameterSlot& slot : store.slots()) {
    for (float& value : store.values(slot)) value += static_cast<float>(0.1 * random.normal());
  }
  for (float& value : plan.input()) value = static_cast<float>(random.normal());
  for (std::int32_t& label : plan.labels()) label = static_cast<std::int32_t>(random.below(model.output_units()));
  plan.parameters_changed();
}

void expect_true_gradients(const Case& c, Model model, Backend& backend) {
  SCOPED_TRACE(c.net + " " + c.activation + " on " + backend.name());
  ParameterStore store(model);
  Plan plan(model, store, backend, 7, Mode::kTraining);
  fill(store, model, plan);
  DoubleNetwork exact(model, store, c.function);
  const Values input(plan.input().begin(), plan.input().end());

  EXPECT_NEAR(plan.forward(), exact.loss(input, plan.labels()), 2e-6);
  plan.backward();
  const double h = 1e-5;
  for (const ParameterSlot& slot : store.slots()) {
    for (std::int64_t i = slot.offset; i < slot.offset + slot.size(); ++i) {
      const double value = exact.parameters[i];
      exact.parameters[i] = value + h;
      const double above = exact.loss(input, plan.labels());
      exact.parameters[i] = value - h;
      const double below = exact.loss(input, plan.labels());
      exact.parameters[i] = value;
      const double want = (above - below) / (2 * h);
      ASSERT_NEAR(store.gradients()[i], want, 1e-6 + 1e-5 * std::abs(want)) << slot.node << " value " << i - slot.offset;
    }
  }
}

TEST(PlanGradient, equals_finite_differences_in_double_for_every_parameter) {
  set_team_size(1);
  for (const auto& backend : {make_reference_backend(), make_onednn_backend()}) {
    for (const Case& c : cases()) expect_true_gradients(c, parse_network(c.net, c.activation), *backend);
  }
}

Model chain(std::vector<Node> nodes) {
  for (std::size_t i = 1; i < nodes.size(); ++i) nodes[i].inputs = {nodes[i - 1].name};
  return {std::move(nodes)};
}

// What a compact text cannot say: activations on the input, on each other and on the output, and dense layers without any between.
TEST(PlanGradient, holds_for_any_chain_of_nodes) {
  const Node input{.name = "in", .kind = NodeKind::kInput, .units = 3};
  const auto dense = [](const char* name, std::int64_t units) { return Node{.name = name, .kind = NodeKind::kDense, .units = units}; };
  const auto prelu = [](const char* name) { return Node{.name = name, .kind = NodeKind::kActivation, .activation = "prelu"}; };
  const Function function = [](double x, const Values& p) { return x > 0 ? x : p[0] * x; };
  const Node maxout{.name = "m", .kind = NodeKind::kMaxout, .units = 4, .pieces = 3};
  const auto backend = make_reference_backend();
  expect_true_gradients({"activation on the input", "prelu", function}, chain({input, prelu("a"), dense("d", 4)}), *backend);
  expect_true_gradients({"activation on activation", "prelu", function},
                        chain({input, dense("d", 5), prelu("a"), prelu("b"), dense("e", 4)}), *backend);
  expect_true_gradients({"activation last", "prelu", function}, chain({input, dense("d", 4), prelu("a")}), *backend);
  expect_true_gradients({"dense on dense", "", function}, chain({input, dense("d", 5), dense("e", 2), dense("f", 4)}), *backend);
  expect_true_gradients({"maxout last", "", function}, chain({input, dense("d", 5), prelu("a"), maxout}), *backend);
}

TEST(PlanGradient, is_tested_for_every_kind_of_node) {
  std::set<NodeKind> tested;
  for (const Case& c : cases()) {
    for (const Node& node : parse_network(c.net, c.activation).nodes) tested.insert(node.kind);
  }
  EXPECT_EQ(tested, (std::set{NodeKind::kInput, NodeKind::kDense, NodeKind::kMaxout, NodeKind::kActivation}));
}

}  // namespace
}  // namespace rectify
