#include "rectify/nn/initialise.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "rectify/activation/gated.h"
#include "rectify/base/error.h"
#include "rectify/base/random.h"
#include "rectify/base/settings.h"
#include "rectify/nn/orthogonal.h"
#include "rectify/theory/moments.h"
#include "rectify/theory/propagation.h"

namespace rectify {
namespace {

constexpr std::array<std::pair<InitScheme, const char*>, 7> kSchemes{{{InitScheme::kAuto, "auto"},
                                                                      {InitScheme::kHe, "he"},
                                                                      {InitScheme::kGlorot, "glorot"},
                                                                      {InitScheme::kLecun, "lecun"},
                                                                      {InitScheme::kOrthogonal, "orthogonal"},
                                                                      {InitScheme::kCritical, "critical"},
                                                                      {InitScheme::kLsuv, "lsuv"}}};

constexpr const char *kWho = "init", *kExample = "auto,gain=4.72,bias=0.1";

InitScheme parse_scheme(std::string_view name) {
  std::vector<std::string> names;
  for (const auto& [scheme, known] : kSchemes) {
    if (name == known) return scheme;
    names.emplace_back(known);
  }
  unknown_name(kWho, "initialisation", name, names, kExample);
}

void read(const Setting& setting, std::string_view scheme, Initialisation& init) {
  constexpr double kLargest = 1e30;
  if (setting.key == "gain") {
    init.gain = number_of(kWho, setting, 0, kLargest, 1.5);
    if (*init.gain == 0) fail(kWho, "gain=0 is out of range: it must be above 0");
  } else if (setting.key == "scale") {
    init.scale = number_of(kWho, setting, 0, kLargest, 4);
    if (init.scale == 0) fail(kWho, "scale=0 is out of range: it must be above 0");
  } else if (setting.key == "bias") {
    init.bias = number_of(kWho, setting, -kLargest, kLargest, 0.1);
  } else {
    const std::vector<std::string> keys{"gain", "scale", "bias"};
    unknown_key(kWho, scheme, setting.key, keys, kExample);
  }
}

/// What is computed from activations; each takes milliseconds to find.
template <class Value>
class Found {
 public:
  explicit Found(Value (*compute)(const Activation&)) : compute_(compute) {}
  Value of(const std::string& spec) {
    for (const auto& [known, value] : all_) {
      if (known == spec) return value;
    }
    return all_.emplace_back(spec, compute_(Activation(spec))).second;
  }

 private:
  Value (*compute_)(const Activation&);
  std::vector<std::pair<std::string, Value>> all_;
};

/// What initialise() needs to know of activations.
struct Theory {
  Found<double> gains{forward_gain};
  Found<CriticalPoint> critical{critical_point};
};

/// A model with what follows from it, and what is known of its activations.
struct Network {
  const Model& model;
  std::vector<std::vector<std::size_t>> reads = input_indices(model);
  std::vector<Shape> shape = shapes(model);
  Theory theory = {};
};

/// The node that `i` is or passes on, changed little: past pools, flatten and dropout.
std::size_t origin(const Network& network, std::size_t i) {
  constexpr NodeKind kPassOn[] = {NodeKind::kMaxPool, NodeKind::kAveragePool, NodeKind::kGlobalPool,
                                  NodeKind::kFlatten, NodeKind::kDropout,     NodeKind::kAlphaDropout};
  while (std::find(std::begin(kPassOn), std::end(kPassOn), network.model.nodes[i].kind) != std::end(kPassOn)) i = network.reads[i][0];
  return i;
}

/// The gain that makes up for what node `i`, an origin, does to the second moment of what it is given: 1 for the input, norms and plain
/// sums. What a gated layer makes is a * f(b) of two values with a second moment of 1, of which a does not change it.
double gain_after(Network& network, std::size_t i) {
  const Node& node = network.model.nodes[i];
  switch (node.kind) {
    case NodeKind::kMaxout: return maxout_gain(node.pieces);
    case NodeKind::kGated: return network.theory.gains.of(GatedActivation(node.activation).gate().spec());
    case NodeKind::kActivation: return network.theory.gains.of(node.activation);
    case NodeKind::kConcat: break;
    default: return 1;
  }
  double second = 0;  // of all channels together
  for (const std::size_t input : network.reads[i]) {
    const double gain = gain_after(network, origin(network, input));
    second += static_cast<double>(network.shape[input].channels) / (gain * gain);
  }
  return std::sqrt(static_cast<double>(network.shape[i].channels) / second);
}

/// The variances of a critical layer. One that reads data makes them what the first activation behind it wants to see.
InitialVariance critical_variance(Network& network, std::size_t i, std::size_t before) {
  const Model& model = network.model;
  Theory& theory = network.theory;
  const Node& source = model.nodes[before];
  if (source.kind == NodeKind::kActivation) return theory.critical.of(source.activation).variance;
  if (source.kind != NodeKind::kInput) return {std::pow(gain_after(network, before), 2), 0};
  const auto first = std::find_if(model.nodes.begin() + static_cast<std::ptrdiff_t>(i), model.nodes.end(),
                                  [](const Node& node) { return node.kind == NodeKind::kActivation; });
  if (first == model.nodes.end()) return {1, 0};
  const auto [variance, q] = theory.critical.of(first->activation);
  return {q - variance.bias, variance.bias};
}

/// The standard deviation of the weights of node `i`, whose values come from `before`.
double deviation(Network& network, std::size_t i, std::size_t before, const Initialisation& init, const ParameterSlot& weights) {
  const Node& node = network.model.nodes[i];
  const bool reads_data = before == 0;
  const double given = reads_data ? 1 : init.gain.value_or(1);
  const auto fan_in = static_cast<double>(weights.fan_in()), positions = static_cast<double>(std::max<std::int64_t>(node.kernel, 1));
  const double fan_out = static_cast<double>(node.units) * positions * positions;
  switch (init.scheme) {
    case InitScheme::kAuto: return (!reads_data && init.gain ? given : gain_after(network, before)) / std::sqrt(fan_in);
    case InitScheme::kHe: return given * std::sqrt(2 / fan_in);
    case InitScheme::kGlorot: return given * std::sqrt(2 / (fan_in + fan_out));
    case InitScheme::kCritical: return given * std::sqrt(critical_variance(network, i, before).weight / fan_in);
    case InitScheme::kOrthogonal:
    case InitScheme::kLsuv:
    case InitScheme::kLecun: break;
  }
  return given / std::sqrt(fan_in);
}

void fill_weights(Network& network, std::size_t i, std::size_t before, const Initialisation& init, const ParameterSlot& slot,
                  Random& random, std::span<float> values) {
  if (init.scheme == InitScheme::kOrthogonal || init.scheme == InitScheme::kLsuv) {
    // Each map of a maxout or gated layer is a layer's.
    const Node& node = network.model.nodes[i];
    const std::int64_t maps = node.kind == NodeKind::kMaxout ? node.pieces : node.kind == NodeKind::kGated ? 2 : 1;
    const std::int64_t rows = slot.shape.front() / maps, size = rows * slot.fan_in();
    for (std::int64_t m = 0; m < maps; ++m) fill_orthogonal(values.subspan(m * size, size), rows, slot.fan_in(), random);
    if (init.scheme == InitScheme::kLsuv) return;
    const bool given = init.gain && before != 0;
    const double gain = given ? *init.gain : gain_after(network, before);
    for (float& value : values) value = static_cast<float>(gain * value);
    return;
  }
  const double sigma = deviation(network, i, before, init, slot);
  for (float& value : values) value = static_cast<float>(sigma * random.normal());
}

void fill_biases(Network& network, std::size_t i, std::size_t before, const Initialisation& init, std::uint64_t seed,
                 std::span<float> values) {
  const Model& model = network.model;
  const bool hidden = i + 1 < model.nodes.size();
  std::fill(values.begin(), values.end(), static_cast<float>(hidden ? init.bias : 0));
  if (init.scheme != InitScheme::kCritical || !hidden) return;
  const double sigma = std::sqrt(critical_variance(network, i, before).bias);
  if (sigma == 0) return;
  Random random(seed, named_stream(model.nodes[i].name + " bias"));
  for (float& value : values) value = static_cast<float>(value + sigma * random.normal());
}

void fill_learnt(const Activation& activation, std::span<float> values, std::int64_t units) {
  auto row = values.begin();
  for (const FormulaParameter& p : activation.parameters()) {
    if (p.learn == Learn::kYes) row = std::fill_n(row, units, static_cast<float>(p.value));
  }
}

/// What a node's weights and biases begin with.
Initialisation of_node(const Node& node, const Initialisation& of_network) {
  return node.init.empty() ? of_network : Initialisation::parse(node.init);
}

}  // namespace

Initialisation Initialisation::parse(std::string_view text) {
  const auto [name, settings] = split_settings(kWho, text);
  Initialisation init;
  init.scheme = parse_scheme(name);
  for (const Setting& setting : settings) read(setting, name, init);
  if (init.scheme == InitScheme::kLsuv && init.scale != 1) fail(kWho, "lsuv scales every layer by the data, after scale=: write gain=4");
  return init;
}

std::string Initialisation::text() const {
  std::string text;
  for (const auto& [known, name] : kSchemes) {
    if (known == scheme) text = name;
  }
  if (gain) text += fmt::format(",gain={}", *gain);
  if (scale != 1) text += fmt::format(",scale={}", scale);
  if (bias != 0) text += fmt::format(",bias={}", bias);
  return text;
}

void check(const Model& model, const Initialisation& init) {
  const bool critical = std::any_of(model.nodes.begin(), model.nodes.end(),
                                    [&](const Node& node) { return of_node(node, init).scheme == InitScheme::kCritical; });
  if (!critical) return;
  Theory theory;
  for (const Node& node : model.nodes) {
    if (node.kind == NodeKind::kActivation) theory.critical.of(node.activation);
  }
}

void initialise(const Model& model, const Initialisation& init, std::uint64_t seed, ParameterStore& store) {
  Network network{model};
  const auto before = [&](std::size_t node) { return origin(network, network.reads[node][0]); };
  std::size_t i = 0;  // slots stand in the order of the nodes
  for (const ParameterSlot& slot : store.slots()) {
    while (model.nodes[i].name != slot.node) ++i;
    const std::span<float> values = store.values(slot);
    const Initialisation own = of_node(model.nodes[i], init);
    switch (slot.kind) {
      case ParameterKind::kWeight: {
        Random random(seed, named_stream(slot.node));
        fill_weights(network, i, before(i), own, slot, random, values);
        if (own.scale != 1 && i + 1 < model.nodes.size()) {
          for (float& value : values) value = static_cast<float>(own.scale * value);
        }
        break;
      }
      case ParameterKind::kBias: fill_biases(network, i, before(i), own, seed, values); break;
      case ParameterKind::kActivation: fill_learnt(GatedActivation(model.nodes[i].activation).gate(), values, slot.shape.back()); break;
      case ParameterKind::kScale:
      case ParameterKind::kRunningVariance: std::ranges::fill(values, 1.0f); break;
      case ParameterKind::kShift:
      case ParameterKind::kRunningMean: std::ranges::fill(values, 0.0f); break;
    }
  }
}

}  // namespace rectify
