#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "rectify/base/random.h"
#include "rectify/base/threads.h"
#include "rectify/nn/initialise.h"
#include "rectify/nn/plan.h"
#include "rectify/nn/test_double_network.h"

namespace rectify {
namespace {

struct Case {
  std::string net, activation;
};

const Case kTexts[] = {
    {"3-4", "relu"},
    {"4-5-3", "linear"},
    {"4-2x5-3", "relu"},
    {"4-2x5-3", "tanh"},
    {"4-5-6-3", "sigmoid"},
    {"4-3x5-3", "elu(alpha=0.7)"},
    {"4-17-3", "x * tanh(softplus(x))"},
    {"4-2x5-3", "prelu"},
    {"4-2x17-3", "mine = a * x * sigmoid(b * x) + c; a = 0.7 learn; b = 1.5; c = 0.2 learn"},
    {"4-2x5-3", "maxout"},
    {"4-5-17-3", "maxout(k=5)"},
    {"4-2x5-3", "swiglu"},
    {"5x1x1 6 bn 4 ln 3", "tanh"},
    {"4 6 dropout0.4 5 3", "tanh"},
    {"4 6 alphadropout0.3 5 3", "selu"},
    {"1x6x6 conv4 pool conv3 pool 5 3", "tanh"},
    {"1x6x6 conv4 pool conv3 avgpool 5 3", "relu"},
    {"1x7x7 conv4 poolk3s2p1 conv3 pool 5 3", "gelu"},
    {"2x7x6 conv3k3s2 conv4k2p0 globalpool 3", "softsign"},
    {"4x5x5 conv8g2 poolk3s2p1 conv4g4 avgpoolk3s1p1 3", "elu"},
    {"2x5x5 conv4 bn conv3 bn globalpool 3", "tanh"},
    {"2x5x5 conv4 bn conv3 bn globalpool 3", "relu"},
    {"2x5x5 conv4 ln dropout0.5 conv3 globalpool 3", "gelu"},
    {"2x5x5 conv3 conv4s2 3", "maxout(k=3)"},
    {"2x5x5 conv3 conv4s2 3", "reglu"},
    {"2x4x4 conv3 conv2 3", "prelu"},
    {"2x4x4 conv3 pool 3", "leaky_relu(slope=-0.2)"},
};

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

void expect_true_gradients(const std::string& what, const Model& model, Backend& backend) {
  SCOPED_TRACE(what + " on " + backend.name());
  ParameterStore store(model);
  Plan plan(model, store, backend, 7, Mode::kTraining);
  fill(store, model, plan);
  const PassContext context{.seed = 5, .step = 9};
  plan.set_pass(context);
  DoubleNetwork exact(model, store, context);
  const Values input(plan.input().begin(), plan.input().end());

  EXPECT_NEAR(plan.forward(), exact.loss(input, plan.labels()), 3e-6);
  plan.backward();
  const double h = 1e-5;
  for (const ParameterSlot& slot : store.slots()) {
    for (std::int64_t i = slot.offset; i < slot.offset + slot.size(); ++i) {
      if (!slot.is_learnt()) {
        ASSERT_EQ(store.gradients()[i], 0) << slot.node;
        continue;
      }
      const double value = exact.parameters[i];
      exact.parameters[i] = value + h;
      const double above = exact.loss(input, plan.labels());
      exact.parameters[i] = value - h;
      const double below = exact.loss(input, plan.labels());
      exact.parameters[i] = value;
      const double want = (above - below) / (2 * h);
      ASSERT_NEAR(store.gradients()[i], want, 1e-6 + 2e-5 * std::abs(want)) << slot.node << " value " << i - slot.offset;
    }
  }
}

TEST(PlanGradient, equals_finite_differences_in_double_for_every_parameter) {
  set_team_size(1);
  for (const auto& backend : {make_reference_backend(), make_onednn_backend()}) {
    for (const Case& c : kTexts) expect_true_gradients(c.net + " " + c.activation, parse_network(c.net, c.activation), *backend);
  }
}

Node input_of(std::int64_t channels, std::int64_t height = 1, std::int64_t width = 1) {
  return {.name = "in", .kind = NodeKind::kInput, .units = channels, .height = height, .width = width};
}
Node dense(const char* name, std::int64_t units, std::vector<std::string> inputs = {}) {
  return {.name = name, .kind = NodeKind::kDense, .inputs = std::move(inputs), .units = units};
}
Node conv(const char* name, std::int64_t units, std::vector<std::string> inputs = {}) {
  return {.name = name, .kind = NodeKind::kConv2d, .inputs = std::move(inputs), .units = units, .kernel = 3, .padding = 1};
}
Node f(const char* name, const char* spec, ParameterSharing sharing = ParameterSharing::kPerChannel) {
  return {.name = name, .kind = NodeKind::kActivation, .activation = spec, .sharing = sharing};
}
Node gated(const char* name, std::int64_t units, const char* gate, ParameterSharing sharing = ParameterSharing::kPerChannel) {
  return {.name = name, .kind = NodeKind::kGated, .units = units, .activation = gate, .sharing = sharing};
}
Node join(const char* name, NodeKind kind, std::vector<std::string> inputs) {
  return {.name = name, .kind = kind, .inputs = std::move(inputs)};
}

/// A model whose nodes read the one before unless they say otherwise.
Model graph(std::vector<Node> nodes) {
  for (std::size_t i = 1; i < nodes.size(); ++i) {
    if (nodes[i].inputs.empty()) nodes[i].inputs = {nodes[i - 1].name};
  }
  return {std::move(nodes)};
}

/// What a compact text cannot say.
std::vector<std::pair<std::string, Model>> graphs() {
  const Node maxout{.name = "m", .kind = NodeKind::kMaxout, .units = 4, .pieces = 3};
  const Node flatten = join("flat", NodeKind::kFlatten, {}), global = join("global", NodeKind::kGlobalPool, {});
  constexpr auto kShared = ParameterSharing::kShared, kPerUnit = ParameterSharing::kPerUnit;
  constexpr const char* kMine = "mine = a * x * sigmoid(b * x) + c; a = 0.7 learn; b = 1.5; c = 0.2 learn";
  Node window = gated("g", 4, "prelu");
  window.kernel = 2;
  Node without = dense("d", 5);
  without.bias = Bias::kWithout;
  return {
      {"activation on the input", graph({input_of(3), f("a", "prelu"), dense("d", 4)})},
      {"activation on activation", graph({input_of(3), dense("d", 5), f("a", "prelu"), f("b", "prelu"), dense("e", 4)})},
      {"activation last", graph({input_of(3), dense("d", 4), f("a", "prelu")})},
      {"dense on dense", graph({input_of(3), dense("d", 5), dense("e", 2), dense("f", 4)})},
      {"maxout last", graph({input_of(3), dense("d", 5), f("a", "prelu"), maxout})},
      {"gate that learns", graph({input_of(3), gated("g", 5, kMine), gated("h", 4, "swish")})},
      {"gate that learns shared parameters", graph({input_of(3), gated("g", 5, kMine, kShared), dense("e", 4)})},
      {"gate wider than a block", graph({input_of(1), gated("g", 1100, kMine), dense("e", 2)})},
      {"gate that learns on images", graph({input_of(2, 3, 3), window, global, dense("e", 3)})},
      {"no bias", graph({input_of(3), without, f("a", "tanh"), dense("e", 4)})},
      {"shared parameters", graph({input_of(3), dense("d", 5), f("a", "prelu", kShared), dense("e", 4)})},
      {"shared parameters on images", graph({input_of(2, 3, 3), conv("c", 2), f("a", "prelu", kShared), flatten, dense("e", 3)})},
      {"parameters per unit on images", graph({input_of(2, 3, 3), conv("c", 2), f("a", "prelu", kPerUnit), flatten, dense("e", 3)})},
      {"residual sum", graph({input_of(3), dense("d", 4), f("a", "tanh"), dense("e", 4), f("b", "relu"),
                              join("s", NodeKind::kAdd, {"b", "a"}), f("c", "tanh"), dense("g", 3)})},
      {"sum of one node and itself",
       graph({input_of(3), dense("d", 4), f("a", "tanh"), join("s", NodeKind::kAdd, {"a", "a"}), dense("g", 3)})},
      {"sum of three", graph({input_of(3), dense("d", 4), f("a", "tanh"), dense("e", 4), join("s", NodeKind::kAdd, {"e", "a", "e"}),
                              f("c", "sigmoid"), dense("g", 3)})},
      {"three readers", graph({input_of(3), dense("d", 4), f("a", "relu"), dense("e", 2, {"a"}), dense("g", 2, {"a"}), dense("h", 2, {"a"}),
                               join("s", NodeKind::kConcat, {"h", "e", "g"}), f("b", "tanh"), dense("o", 3)})},
      {"two views of one image",
       graph({input_of(2, 2, 2), conv("c", 2), f("a", "relu"), flatten, dense("d", 3, {"flat"}),
              join("global", NodeKind::kGlobalPool, {"a"}), dense("e", 3), join("s", NodeKind::kAdd, {"d", "e"})})},
      {"activation read before and after another works in place",
       graph(
           {input_of(3), dense("d", 4), f("a", "tanh", kShared), f("b", "relu"), join("s", NodeKind::kConcat, {"b", "a"}), dense("o", 3)})},
      {"residual blocks of convolutions with norms",
       graph({input_of(2, 4, 4), conv("c", 3), join("n", NodeKind::kBatchNorm, {}), f("a", "tanh"), conv("d", 3),
              join("m", NodeKind::kBatchNorm, {}), join("s", NodeKind::kAdd, {"m", "a"}), f("b", "softplus"), global, dense("o", 3)})},
      {"channels joined", graph({input_of(2, 4, 4), conv("c", 3), f("a", "tanh"), conv("d", 2), f("b", "sigmoid"),
                                 join("j", NodeKind::kConcat, {"a", "b", "in"}), conv("e", 2), global, dense("o", 3)})},
  };
}

TEST(PlanGradient, holds_for_any_graph) {
  set_team_size(1);
  for (const auto& backend : {make_reference_backend(), make_onednn_backend()}) {
    for (const auto& [what, model] : graphs()) expect_true_gradients(what, model, *backend);
  }
}

TEST(PlanGradient, is_tested_for_every_kind_of_node) {
  std::set<NodeKind> tested;
  for (const Case& c : kTexts) {
    for (const Node& node : parse_network(c.net, c.activation).nodes) tested.insert(node.kind);
  }
  for (const auto& [what, model] : graphs()) {
    for (const Node& node : model.nodes) tested.insert(node.kind);
  }
  for (const LayerType* const type : layer_types()) EXPECT_TRUE(tested.contains(type->kind)) << type->name;
}

}  // namespace
}  // namespace rectify
