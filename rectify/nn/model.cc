#include "rectify/nn/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "rectify/base/error.h"
#include "rectify/base/nearest.h"
#include "rectify/nn/layer.h"

namespace rectify {
namespace {

constexpr std::size_t kMostNodes = 20'000;
constexpr double kMostParameters = 0x1p31;                   // 16 GiB of values and gradients
constexpr std::int64_t kMostValues = std::int64_t{1} << 31;  // of a node, a sample

using Names = std::map<std::string_view, std::size_t>;

Names names_of(const Model& model) {
  Names names;
  for (std::size_t i = 0; i < model.nodes.size(); ++i) {
    const Node& node = model.nodes[i];
    if (node.name.empty()) fail("net", fmt::format("node {} has no name", i + 1));
    if (!names.emplace(node.name, i).second) fail("net", fmt::format("two nodes are called \"{}\"", node.name));
  }
  return names;
}

/// The way from node `from` along inputs to node `to`, as text: `"a" reads "b" reads "c"`; empty where there is none.
std::string way(const Model& model, const Names& names, std::size_t from, std::size_t to, std::vector<bool>& seen) {
  if (from == to) return fmt::format("\"{}\"", model.nodes[from].name);
  if (seen[from]) return "";
  seen[from] = true;
  for (const std::string& input : model.nodes[from].inputs) {
    const auto found = names.find(input);
    if (found == names.end()) continue;
    const std::string rest = way(model, names, found->second, to, seen);
    if (!rest.empty()) return fmt::format("\"{}\" reads {}", model.nodes[from].name, rest);
  }
  return "";
}

[[noreturn]] void comes_later(const Model& model, const Names& names, std::size_t i, std::size_t input) {
  std::vector<bool> seen(model.nodes.size());
  const std::string back = way(model, names, input, i, seen);
  if (!back.empty()) fail("net", fmt::format("a cycle: \"{}\" reads {}", model.nodes[i].name, back));
  fail("net", fmt::format("\"{}\" reads \"{}\", which comes after it: write it before", model.nodes[i].name, model.nodes[input].name));
}

void check_inputs(const Model& model, const Names& names, std::size_t i) {
  const Node& node = model.nodes[i];
  const LayerType& type = layer_type(node.kind);
  if (i == 0 && !node.inputs.empty()) {
    fail("net", fmt::format("the input \"{}\" reads \"{}\", wanted nothing", node.name, node.inputs[0]));
  }
  if (node.inputs.size() < type.least_inputs || node.inputs.size() > type.most_inputs) {
    const char* wanted = type.least_inputs == 1 ? "one" : "at least two";
    fail("net", fmt::format("\"{}\" reads {} nodes, wanted {}", node.name, node.inputs.size(), wanted));
  }
  for (const std::string& input : node.inputs) {
    const auto found = names.find(input);
    if (found == names.end()) {
      std::vector<std::string> known;
      for (const Node& other : model.nodes) known.push_back(other.name);
      fail("net", fmt::format("\"{}\" reads \"{}\", which no node is called{}", node.name, input, did_you_mean(input, known)));
    }
    if (found->second >= i) comes_later(model, names, i, found->second);
  }
}

void check_dead_ends(const Model& model) {
  std::vector<bool> is_read(model.nodes.size(), false);
  for (const auto& inputs : input_indices(model)) {
    for (const std::size_t input : inputs) is_read[input] = true;
  }
  for (std::size_t i = 0; i + 1 < model.nodes.size(); ++i) {
    if (is_read[i]) continue;
    fail("net", fmt::format("\"{}\" is a dead end: no node reads it, and it is not the last, which is \"{}\"", model.nodes[i].name,
                            model.nodes.back().name));
  }
}

void check_size(const Model& model) {
  const std::vector<Shape> shape = shapes(model);
  const auto reads = input_indices(model);
  double parameters = 0;
  for (std::size_t i = 1; i < model.nodes.size(); ++i) {
    for (const ParameterShape& p : layer_type(model.nodes[i].kind).parameters(model.nodes[i], shape[reads[i][0]])) {
      double size = 1;
      for (const std::int64_t extent : p.shape) size *= static_cast<double>(extent);
      parameters += size;
    }
  }
  if (parameters > kMostParameters) {
    fail("net", fmt::format("{:.3g} parameters, at most {:.3g} are possible: use fewer or smaller layers", parameters, kMostParameters));
  }
}

}  // namespace

Shape Model::input_shape() const { return {nodes.front().units, nodes.front().height, nodes.front().width}; }

std::int64_t Model::input_units() const { return input_shape().size(); }

std::int64_t Model::output_units() const { return shapes(*this).back().size(); }

std::vector<std::vector<std::size_t>> input_indices(const Model& model) {
  const Names names = names_of(model);
  std::vector<std::vector<std::size_t>> all;
  for (const Node& node : model.nodes) {
    all.emplace_back();
    for (const std::string& input : node.inputs) all.back().push_back(names.at(input));
  }
  return all;
}

std::vector<Shape> shapes(const Model& model) {
  const auto reads = input_indices(model);
  std::vector<Shape> all;
  for (std::size_t i = 0; i < model.nodes.size(); ++i) {
    std::vector<Shape> inputs;
    for (const std::size_t input : reads[i]) inputs.push_back(all[input]);
    const Shape shape = layer_type(model.nodes[i].kind).shape(model.nodes[i], inputs);
    const double size = static_cast<double>(shape.channels) * static_cast<double>(shape.positions());
    if (size > static_cast<double>(kMostValues)) {
      fail("net", fmt::format("\"{}\" has {} values a sample, at most {} are possible", model.nodes[i].name, to_text(shape), kMostValues));
    }
    all.push_back(shape);
  }
  return all;
}

void validate(const Model& model) {
  if (model.nodes.size() < 2) fail("net", fmt::format("{} nodes, wanted an input and at least one more", model.nodes.size()));
  if (model.nodes.size() > kMostNodes) fail("net", fmt::format("{} nodes, wanted at most {}", model.nodes.size(), kMostNodes));
  const Names names = names_of(model);
  for (std::size_t i = 0; i < model.nodes.size(); ++i) {
    const Node& node = model.nodes[i];
    if ((node.kind == NodeKind::kInput) != (i == 0)) {
      fail("net", fmt::format("\"{}\" {}", node.name, i == 0 ? "comes first and is no input" : "is an input and does not come first"));
    }
    check_inputs(model, names, i);
    layer_type(node.kind).check(node);
  }
  check_dead_ends(model);
  check_size(model);
}

}  // namespace rectify
