#include "rectify/nn/model_toml.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "rectify/base/error.h"
#include "rectify/base/nearest.h"
#include "rectify/nn/initialise.h"
#include "rectify/nn/layer.h"

namespace rectify {
namespace {

constexpr std::array kSharings{std::pair{ParameterSharing::kPerChannel, "channel"}, std::pair{ParameterSharing::kShared, "shared"},
                               std::pair{ParameterSharing::kPerUnit, "unit"}};

/// The keys that a kind of node reads, beside name, kind and inputs.
std::vector<std::string> keys_of(NodeKind kind) {
  switch (kind) {
    case NodeKind::kInput: return {"shape"};
    case NodeKind::kDense: return {"units", "bias", "init"};
    case NodeKind::kConv2d: return {"units", "kernel", "stride", "padding", "groups", "bias", "init"};
    case NodeKind::kMaxout: return {"units", "pieces", "kernel", "stride", "padding", "init"};
    case NodeKind::kGated: return {"units", "activation", "parameters", "kernel", "stride", "padding", "init"};
    case NodeKind::kActivation: return {"activation", "parameters"};
    case NodeKind::kMaxPool:
    case NodeKind::kAveragePool: return {"kernel", "stride", "padding"};
    case NodeKind::kDropout:
    case NodeKind::kAlphaDropout: return {"rate"};
    default: return {};
  }
}

/// Reads one table `node`; messages name it.
class NodeReader {
 public:
  NodeReader(const toml::table& table, std::size_t number) : table_(table), who_(fmt::format("node {}", number)) {}

  Node read(const std::string& before, std::string_view activation) {
    node_.name = text("name", "");
    if (!node_.name.empty()) who_ = fmt::format("\"{}\"", node_.name);
    node_.kind = kind();
    check_keys();
    if (node_.kind == NodeKind::kInput) {
      read_shape();
    } else {
      read_inputs(before);
    }
    read_fields(activation);
    return std::move(node_);
  }

 private:
  [[noreturn]] void wrong_type(std::string_view key, std::string_view wanted) const {
    fail("net", fmt::format("{} of {} is not {}{}", key, who_, wanted, at(table_.get(key)->source())));
  }

  static std::string at(const toml::source_region& source) {
    return source.begin.line == 0 ? std::string() : fmt::format(", at line {}", source.begin.line);
  }

  std::string text(std::string_view key, std::string otherwise) const {
    const toml::node* const found = table_.get(key);
    if (found == nullptr) return otherwise;
    const auto value = found->value_exact<std::string>();
    if (!value) wrong_type(key, "a text in quotes");
    return *value;
  }

  template <class T>
  void read_number(std::string_view key, T& to, std::string_view wanted) const {
    const toml::node* const found = table_.get(key);
    if (found == nullptr) return;
    const auto value = found->value<T>();
    if (!value || found->is_boolean()) wrong_type(key, wanted);
    to = *value;
  }

  void read_whole(std::string_view key, std::int64_t& to) const {
    if (const toml::node* const found = table_.get(key); found != nullptr && !found->is_integer()) wrong_type(key, "a whole number");
    read_number(key, to, "a whole number");
  }

  NodeKind kind() const {
    const std::string name = text("kind", "");
    std::vector<std::string> names;
    for (const LayerType* const type : layer_types()) {
      if (type->name == name) return type->kind;
      names.emplace_back(type->name);
    }
    if (name.empty()) fail("net", fmt::format("{} has no kind, wanted one of {}", who_, fmt::join(names, ", ")));
    fail("net", fmt::format("{} is of kind \"{}\", wanted one of {}{}", who_, name, fmt::join(names, ", "), did_you_mean(name, names)));
  }

  void check_keys() const {
    std::vector<std::string> keys{"name", "kind"};
    if (node_.kind != NodeKind::kInput) keys.emplace_back("inputs");
    for (std::string& key : keys_of(node_.kind)) keys.push_back(std::move(key));
    for (const auto& [key, value] : table_) {
      if (std::find(keys.begin(), keys.end(), key.str()) != keys.end()) continue;
      fail("net", fmt::format("{}, of kind {}, has no key \"{}\": it has {}{}{}", who_, layer_type(node_.kind).name, key.str(),
                              fmt::join(keys, ", "), did_you_mean(key.str(), keys), at(value.source())));
    }
  }

  void read_shape() {
    const toml::array* const shape = table_.get_as<toml::array>("shape");
    std::vector<std::int64_t> extents;
    if (shape != nullptr) {
      for (const toml::node& extent : *shape) extents.push_back(extent.value_exact<std::int64_t>().value_or(0));
    }
    if (extents.size() != 1 && extents.size() != 3) {
      fail("net", fmt::format("{} has no shape of one or three numbers: write shape = [784], or [1, 28, 28] for channels, height and width",
                              who_));
    }
    node_.units = extents[0];
    if (extents.size() == 3) node_.height = extents[1], node_.width = extents[2];
  }

  void read_inputs(const std::string& before) {
    const toml::node* const found = table_.get("inputs");
    if (found == nullptr) {
      if (!before.empty()) node_.inputs = {before};
      return;
    }
    const toml::array* const names = found->as_array();
    if (names == nullptr) wrong_type("inputs", "a list of names, such as [\"conv 1\", \"input\"]");
    for (const toml::node& name : *names) {
      const auto value = name.value_exact<std::string>();
      if (!value) wrong_type("inputs", "a list of names, such as [\"conv 1\", \"input\"]");
      node_.inputs.push_back(*value);
    }
  }

  void read_fields(std::string_view activation) {
    if (node_.kind != NodeKind::kInput) read_whole("units", node_.units);
    for (const auto& [key, field] : {std::pair{"kernel", &Node::kernel}, {"padding", &Node::padding}, {"groups", &Node::groups}}) {
      read_whole(key, node_.*field);
    }
    // A pool's windows lie side by side unless it says otherwise.
    if (node_.kind == NodeKind::kMaxPool || node_.kind == NodeKind::kAveragePool) node_.stride = std::max<std::int64_t>(node_.kernel, 1);
    read_whole("stride", node_.stride);
    std::int64_t pieces = node_.kind == NodeKind::kMaxout ? 2 : 0;
    read_whole("pieces", pieces);
    node_.pieces = static_cast<int>(std::clamp<std::int64_t>(pieces, -1, 256));
    const bool drops = node_.kind == NodeKind::kDropout || node_.kind == NodeKind::kAlphaDropout;
    if (drops && !table_.contains("rate"))
      fail("net", fmt::format("{} has no rate, the share of units that it drops: write rate = 0.5", who_));
    read_number("rate", node_.rate, "a number");
    if (const toml::node* const bias = table_.get("bias")) {
      if (!bias->is_boolean()) wrong_type("bias", "true or false");
      node_.bias = *bias->value<bool>() ? Bias::kWith : Bias::kWithout;
    }
    if (node_.kind == NodeKind::kActivation || node_.kind == NodeKind::kGated) {
      node_.activation = text("activation", std::string(activation));
      if (table_.contains("activation")) rectify::at(who_, [this] { GatedActivation{node_.activation}; });
    }
    read_sharing();
    read_init();
  }

  void read_init() {
    node_.init = text("init", "");
    if (node_.init.empty()) return;
    const Initialisation init = rectify::at(who_, [this] { return Initialisation::parse(node_.init); });
    if (init.scheme == InitScheme::kLsuv) {
      fail("net", fmt::format("{} has init = \"{}\": lsuv scales a whole network, write --init lsuv", who_, node_.init));
    }
  }

  void read_sharing() {
    const std::string name = text("parameters", "channel");
    std::vector<std::string> names;
    for (const auto& [sharing, known] : kSharings) {
      if (name == known) {
        node_.sharing = sharing;
        return;
      }
      names.emplace_back(known);
    }
    fail("net",
         fmt::format("{} has parameters = \"{}\", wanted one of {}{}", who_, name, fmt::join(names, ", "), did_you_mean(name, names)));
  }

  const toml::table& table_;
  std::string who_;
  Node node_;
};

void write_window(const Node& node, toml::table& table) {
  if (node.kernel == 0) return;
  table.insert("kernel", node.kernel);
  table.insert("stride", node.stride);
  table.insert("padding", node.padding);
  if (node.groups != 1) table.insert("groups", node.groups);
}

toml::table to_table(const Node& node) {
  toml::table table;
  table.insert("name", node.name);
  table.insert("kind", layer_type(node.kind).name);
  if (node.kind == NodeKind::kInput) {
    table.insert("shape", toml::array{node.units, node.height, node.width});
    return table;
  }
  toml::array inputs;
  for (const std::string& input : node.inputs) inputs.push_back(input);
  table.insert("inputs", std::move(inputs));
  if (node.units > 0) table.insert("units", node.units);
  if (node.kind == NodeKind::kMaxout) table.insert("pieces", node.pieces);
  write_window(node, table);
  if (node.bias == Bias::kWithout) table.insert("bias", false);
  if (!node.activation.empty()) table.insert("activation", node.activation);
  for (const auto& [sharing, name] : kSharings) {
    if (sharing == node.sharing && sharing != ParameterSharing::kPerChannel) table.insert("parameters", name);
  }
  if (node.kind == NodeKind::kDropout || node.kind == NodeKind::kAlphaDropout) table.insert("rate", node.rate);
  if (!node.init.empty()) table.insert("init", node.init);
  return table;
}

Model parse(std::string_view text, std::string_view activation) {
  toml::table document;
  try {
    document = toml::parse(text);
  } catch (const toml::parse_error& e) {
    fail("net", fmt::format("line {}, column {}: {}", e.source().begin.line, e.source().begin.column, e.description()));
  }
  for (const auto& [key, value] : document) {
    if (key.str() != "node") fail("net", fmt::format("unknown key \"{}\", wanted tables [[node]]; did you mean node?", key.str()));
  }
  const toml::array* const nodes = document.get_as<toml::array>("node");
  if (nodes == nullptr) fail("net", "no tables [[node]], wanted one for each node of the network");
  Model model;
  for (const toml::node& node : *nodes) {
    const toml::table* const table = node.as_table();
    if (table == nullptr) fail("net", "an entry of node is no table, wanted [[node]]");
    const std::string before = model.nodes.empty() ? "" : model.nodes.back().name;
    model.nodes.push_back(NodeReader(*table, model.nodes.size() + 1).read(before, activation));
  }
  validate(model);
  return model;
}

}  // namespace

Model parse_model(std::string_view text, std::string_view activation, std::string_view file) {
  if (file.empty()) return parse(text, activation);
  return at(file, [&] { return parse(text, activation); });
}

std::string to_toml(const Model& model) {
  toml::array nodes;
  for (const Node& node : model.nodes) nodes.push_back(to_table(node));
  std::stringstream text;
  text << toml::table{{"node", std::move(nodes)}};
  return text.str() + "\n";
}

}  // namespace rectify
