// A network's description: plain data, no memory, no kernels.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rectify/activation/activation.h"

namespace rectify {

/// What a node of a network does.
enum class NodeKind { kInput, kDense, kMaxout, kActivation };

/// A node: its inputs are named, so that any graph can be described.
struct Node {
  std::string name;
  NodeKind kind;
  std::vector<std::string> inputs;
  std::int64_t units = 0;  ///< of input, dense, maxout
  int pieces = 0;          ///< of maxout
  std::string activation;  ///< SPEC, of activation
};

/// A network's description. Nodes stand in the order in which they are computed; the last one's values are the logits.
struct Model {
  std::vector<Node> nodes;

  std::int64_t input_units() const;
  std::int64_t output_units() const;
};

/// The model that the compact text describes: "784-8x128-10" is 784 inputs, eight hidden layers of 128 units, each followed by `activation`
/// (a SPEC, or "maxout" or "maxout(k=3)", which replaces each hidden layer by one of k linear pieces and their maximum), and 10 outputs.
/// Nodes are named "input", "dense 1", "hidden 1", ..., "output": "hidden i" is the activation or the maxout.
/// Errors: [net] what makes no sense, at which part, with an example; [activation] unknown.
Model parse_network(std::string_view text, std::string_view activation);

/// Checks names, kinds, sizes, order and activations. Errors: [net] which node, got, wanted.
void validate(const Model& model);

/// Whether `spec` names maxout, and with how many pieces (2 unless given). Errors: [maxout] k < 2 or not a number.
bool is_maxout(std::string_view spec, int* pieces);

}  // namespace rectify
