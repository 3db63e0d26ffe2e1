// What runs a node of a model, and the table of all kinds of nodes. A new kind is one file that defines its LayerType and one line in
// layer.cc.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "rectify/nn/backend.h"
#include "rectify/nn/model.h"
#include "rectify/nn/parameter_store.h"
#include "rectify/record/stats.h"
#include "rectify/tensor/arena.h"

namespace rectify {

/// What passes between two layers: values forward and the gradient of the loss with respect to them backward, [batch, width] each.
/// Gradients share memory, so each is valid from the layer that writes it to the one that reads it; the network's input and inference have
/// none.
struct Signal {
  std::int64_t width = 0;
  std::span<float> values;
  std::span<float> gradient;
};

/// Runs one node of a plan, reading its input signal and writing its output signal.
class Layer {
 public:
  virtual ~Layer() = default;
  virtual void parameters_changed() {}
  /// Computes the output's values and, with `stats`, adds what it sees.
  virtual void forward(LayerStats* stats) = 0;
  /// Computes the gradients of its parameters and, if the input has one, the input's gradient from the output's, which it may destroy.
  virtual void backward(LayerStats* stats) = 0;
  /// Empty statistics if this is a hidden layer's non-linearity. A layer without records into those of the one that reads it, if it has
  /// them.
  virtual std::optional<LayerStats> make_stats() const { return std::nullopt; }
};

/// What a layer is built from. Signals stay where they are; their spans are set when the arena is allocated.
struct LayerSetup {
  const Node& node;
  std::int64_t batch;
  const Signal& input;
  const Signal& output;
  Purpose purpose;
  ParameterStore& store;
  Backend& backend;
  Arena& arena;
  const Activation* activation;  ///< of activation nodes
};

/// A parameter tensor that a node has.
struct ParameterShape {
  ParameterKind kind;
  std::vector<std::int64_t> shape;
};

/// Whether a layer's two gradients, of output and input, lie in the same memory.
enum class Gradients { kApart, kInPlace };

/// All that the rest of nn/ knows of a kind of node.
struct LayerType {
  NodeKind kind;
  /// Errors: [net] what of the node's own fields makes no sense.
  void (*check)(const Node& node);
  /// How many values a sample has after the node.
  std::int64_t (*width)(const Node& node, std::int64_t input_width);
  std::vector<ParameterShape> (*parameters)(const Node& node, std::int64_t input_width);
  Gradients gradients;
  /// Null for the input, which nothing computes.
  std::unique_ptr<Layer> (*make)(const LayerSetup& setup);
};

extern const LayerType kDenseLayer;
extern const LayerType kMaxoutLayer;
extern const LayerType kActivationLayer;

/// The type of nodes of a kind.
const LayerType& layer_type(NodeKind kind);

/// The width of each node's output, in the order of the nodes.
std::vector<std::int64_t> widths(const Model& model);

/// Adds the squares of a sample's own gradient, which is `batch` times that of the mean loss, at the pre-activation.
void add_gradient_squares(std::span<const float> gradient, std::int64_t batch, LayerStats& stats);

/// Errors: [net] `units` of node `name` are not in 1 .. 1,000,000.
void check_units(const std::string& name, std::int64_t units);

}  // namespace rectify
