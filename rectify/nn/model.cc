#include "rectify/nn/model.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "rectify/base/error.h"
#include "rectify/nn/layer.h"

namespace rectify {
namespace {

constexpr std::size_t kMostNodes = 10'000;
constexpr std::int64_t kMostParameters = std::int64_t{1} << 31;  // 16 GiB of values and gradients
constexpr int kMostPieces = 255;                                 // which piece is the largest is kept in a byte

constexpr const char* kExample = "write for example 784-8x128-10 or 784-256-64-10";

/// "128" or "8x128".
struct Part {
  std::int64_t count = 1, units = 0;
};

std::int64_t parse_size(std::string_view text, std::string_view part) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) fail("net", fmt::format("\"{}\" is too large; {}", part, kExample));
  if (error != std::errc() || end != text.data() + text.size()) {
    fail("net", fmt::format("\"{}\" is neither UNITS nor LAYERSxUNITS; {}", part, kExample));
  }
  if (value < 1) fail("net", fmt::format("\"{}\" is not positive; {}", part, kExample));
  return value;
}

Part parse_part(std::string_view part) {
  if (part.empty()) fail("net", fmt::format("a part between dashes is empty; {}", kExample));
  const std::size_t x = part.find('x');
  if (x == std::string_view::npos) return {1, parse_size(part, part)};
  return {parse_size(part.substr(0, x), part), parse_size(part.substr(x + 1), part)};
}

/// The width of each layer, the input's first and the output's last.
std::vector<std::int64_t> parse_widths(std::string_view text) {
  std::vector<Part> parts;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t dash = std::min(text.find('-', begin), text.size());
    parts.push_back(parse_part(text.substr(begin, dash - begin)));
    begin = dash + 1;
  }
  if (parts.size() < 2) fail("net", fmt::format("\"{}\" has no outputs, wanted at least INPUTS-OUTPUTS; {}", text, kExample));
  if (parts.front().count != 1) fail("net", fmt::format("\"{}\" repeats the input; {}", text, kExample));
  if (parts.back().count != 1) fail("net", fmt::format("\"{}\" repeats the output; {}", text, kExample));
  std::vector<std::int64_t> widths;
  for (const auto [count, units] : parts) {
    if (count > static_cast<std::int64_t>(kMostNodes - widths.size())) {
      fail("net", fmt::format("\"{}\" has more than {} layers; {}", text, kMostNodes, kExample));
    }
    widths.insert(widths.end(), count, units);
  }
  return widths;
}

/// Checks what node `i` reads: the node before it, and nothing else. Every layer has one input, and no gradient is summed over readers.
void check_inputs(const Model& model, std::size_t i) {
  const Node& node = model.nodes[i];
  if (i == 0) {
    if (!node.inputs.empty()) fail("net", fmt::format("the input \"{}\" reads \"{}\", wanted nothing", node.name, node.inputs[0]));
    return;
  }
  if (node.inputs.size() != 1) fail("net", fmt::format("\"{}\" reads {} nodes, wanted one", node.name, node.inputs.size()));
  if (const std::string& before = model.nodes[i - 1].name; node.inputs[0] != before) {
    fail("net", fmt::format("\"{}\" reads \"{}\", wanted \"{}\", the node before it", node.name, node.inputs[0], before));
  }
}

void check_size(const Model& model) {
  std::int64_t parameters = 0, width = 0;
  for (const Node& node : model.nodes) {
    const LayerType& type = layer_type(node.kind);
    for (const ParameterShape& p : type.parameters(node, width)) {
      std::int64_t size = 1;
      for (const std::int64_t extent : p.shape) size *= extent;
      parameters += size;
    }
    width = type.width(node, width);
  }
  if (parameters > kMostParameters) {
    fail("net", fmt::format("{:.3g} parameters, at most {:.3g} are possible: use fewer or smaller layers", static_cast<double>(parameters),
                            static_cast<double>(kMostParameters)));
  }
}

}  // namespace

std::int64_t Model::input_units() const { return nodes.front().units; }

std::int64_t Model::output_units() const { return widths(*this).back(); }

bool is_maxout(std::string_view spec, int* pieces) {
  std::string text(spec);
  std::erase(text, ' ');
  *pieces = 2;
  if (text == "maxout") return true;
  if (!text.starts_with("maxout(")) return false;
  const std::string_view prefix = "maxout(k=";
  if (text.starts_with(prefix)) {
    const char* const last = text.data() + text.size() - 1;
    const auto [end, error] = std::from_chars(text.data() + prefix.size(), last, *pieces);
    if (error == std::errc() && end == last && *last == ')' && *pieces >= 2 && *pieces <= kMostPieces) return true;
  }
  fail("maxout", fmt::format("got \"{}\", wanted maxout or for example maxout(k=3), with k from 2 to {}", spec, kMostPieces));
}

Model parse_network(std::string_view text, std::string_view activation) {
  const std::vector<std::int64_t> width = parse_widths(text);
  int pieces = 0;
  const bool maxout = is_maxout(activation, &pieces);
  Model model;
  const auto add = [&model](Node node) {
    if (!model.nodes.empty()) node.inputs = {model.nodes.back().name};
    model.nodes.push_back(std::move(node));
  };
  add({.name = "input", .kind = NodeKind::kInput, .units = width.front()});
  for (std::size_t i = 1; i + 1 < width.size(); ++i) {
    if (maxout) {
      add({.name = fmt::format("hidden {}", i), .kind = NodeKind::kMaxout, .units = width[i], .pieces = pieces});
      continue;
    }
    add({.name = fmt::format("dense {}", i), .kind = NodeKind::kDense, .units = width[i]});
    add({.name = fmt::format("hidden {}", i), .kind = NodeKind::kActivation, .activation = std::string(activation)});
  }
  add({.name = "output", .kind = NodeKind::kDense, .units = width.back()});
  validate(model);
  return model;
}

void validate(const Model& model) {
  if (model.nodes.size() < 2) fail("net", fmt::format("{} nodes, wanted an input and at least one more", model.nodes.size()));
  if (model.nodes.size() > 2 * kMostNodes) fail("net", fmt::format("{} nodes, wanted at most {}", model.nodes.size(), 2 * kMostNodes));
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < model.nodes.size(); ++i) {
    const Node& node = model.nodes[i];
    if (node.name.empty()) fail("net", fmt::format("node {} has no name", i));
    if (!names.insert(node.name).second) fail("net", fmt::format("two nodes are called \"{}\"", node.name));
    if ((node.kind == NodeKind::kInput) != (i == 0)) {
      fail("net", fmt::format("\"{}\" {}", node.name, i == 0 ? "comes first and is no input" : "is an input and does not come first"));
    }
    layer_type(node.kind).check(node);
    check_inputs(model, i);
  }
  check_size(model);
}

}  // namespace rectify
