// What runs a node of a model, and the table of all kinds of nodes. A new kind is one file that defines its LayerType and one line in
// layer.cc.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "rectify/nn/activation_choice.h"
#include "rectify/nn/backend.h"
#include "rectify/nn/model.h"
#include "rectify/nn/parameter_store.h"
#include "rectify/record/stats.h"
#include "rectify/tensor/arena.h"

namespace rectify {

/// Values that a pass over them is worth a thread of its own for.
inline constexpr std::int64_t kWorthAThread = std::int64_t{1} << 14;

/// What passes between two layers: values forward and the gradient of the loss with respect to them backward, each [samples, height, width,
/// channels]. Memory is shared, so a signal is valid only from the layer that writes it to the last that reads it.
struct Signal {
  Shape shape;
  std::span<float> values;
  std::span<float> gradient;  ///< empty where none is wanted: at the input and in inference
};

/// What kind of pass a plan runs.
enum class Pass {
  kStep,   ///< of training: dropout drops, batch norms gather running statistics
  kProbe,  ///< at fixed weights: dropout passes everything on, running statistics stay
};

/// Which pass a training plan runs. Dropout draws its mask from seed and step, so that the same step drops the same.
struct PassContext {
  Pass pass = Pass::kStep;
  std::uint64_t seed = 0, step = 0;
};

/// Runs one node of a plan, reading its input signals and writing its output signal.
class Layer {
 public:
  virtual ~Layer() = default;
  virtual void parameters_changed() {}
  /// Computes the output's values and, with `stats`, adds what it sees.
  virtual void forward(LayerStats* stats) = 0;
  /// Computes the gradients of its parameters and of those inputs that have one from the output's, which it may destroy.
  virtual void backward(LayerStats* stats) = 0;
  /// Empty statistics if this is a hidden layer's non-linearity.
  virtual std::optional<LayerStats> make_stats() const { return std::nullopt; }
};

/// What of its signals a layer needs again in its backward pass. Arrays of its own come on top.
enum class Saved { kNothing, kInput, kOutput, kMask };

/// Which layer next to it computes an activation along with its own work, which saves a pass over memory in each direction.
enum class LeftTo { kNobody, kInput, kReader };

/// When a layer runs: moments in the order of computation.
struct LayerTimes {
  std::int64_t forward, backward;
};

/// What a layer is built from. Signals stay where they are; their spans are set when the arena is allocated.
struct LayerSetup {
  const Node& node;
  std::int64_t batch;
  std::span<const Signal> inputs;  ///< the values of what it reads, with gradients of its own
  bool input_wants_gradient;       ///< whether the first of them will have one
  const Signal& output;
  Purpose purpose;
  Saved saved;
  LeftTo left_to;
  const ActivationChoice* takes;  ///< the activation left to it, null for none; that of its output only in passes without statistics
  LayerTimes times;
  const PassContext& context;
  ParameterStore& store;
  Backend& backend;
  Arena& arena;
  const ActivationChoice* activation;  ///< of activation and gated nodes
  std::int64_t& kept_bytes;            ///< what keep() was asked for

  const Signal& input() const { return inputs.front(); }
  /// Rows of the output as [rows, channels].
  std::int64_t rows() const { return batch * output.shape.positions(); }
  std::span<float> values(ParameterKind kind) const { return store.values(store.slot(node.name, kind)); }
  std::span<float> gradients(ParameterKind kind) const { return store.gradients(store.slot(node.name, kind)); }

  /// Memory that lasts from the forward to the backward pass where there is one, or for one of them.
  template <class T>
  void keep(std::span<T>& view, std::int64_t count) const {
    const bool training = purpose == Purpose::kTraining;
    if (training) kept_bytes += static_cast<std::int64_t>(count * sizeof(T));
    arena.place(view, count, {times.forward, training ? times.backward : times.forward});
  }
  template <class T>
  void for_forward(std::span<T>& view, std::int64_t count) const {
    arena.place(view, count, {times.forward, times.forward});
  }
  template <class T>
  void for_backward(std::span<T>& view, std::int64_t count) const {
    if (purpose == Purpose::kTraining) arena.place(view, count, {times.backward, times.backward});
  }
};

/// A parameter tensor that a node has.
struct ParameterShape {
  ParameterKind kind;
  std::vector<std::int64_t> shape;
};

/// Where a layer's result may lie.
enum class Place {
  kApart,    ///< in memory of its own
  kInPlace,  ///< also in that of its first input, which it overwrites
  kView,     ///< the same: the values are its input's
};

/// A `parameters`, a `saved` and a `takes` for layers that have none.
std::vector<ParameterShape> no_parameters(const Node& node, const Shape& input);
Saved saves_nothing(const ActivationChoice* activation, bool output_is_kept);
bool takes_nothing(const ActivationChoice& activation, LeftTo side);

/// All that the rest of nn/ knows of a kind of node. What a kind leaves out is that of a layer with one input and nothing of its own.
struct LayerType {
  NodeKind kind;
  const char* name;  ///< in descriptions: "conv2d"
  std::size_t least_inputs = 1, most_inputs = 1;
  /// Errors: [net] what of the node's own fields makes no sense.
  void (*check)(const Node& node);
  /// The output's shape. Errors: [net] inputs that do not fit.
  Shape (*shape)(const Node& node, std::span<const Shape> inputs);
  std::vector<ParameterShape> (*parameters)(const Node& node, const Shape& input) = no_parameters;
  /// What it needs again backward; `output_is_kept`: whether a reader keeps its output anyway.
  Saved (*saved)(const ActivationChoice* activation, bool output_is_kept) = saves_nothing;
  /// Whether it can compute an activation that learns nothing and stands before it (kReader) or behind it (kInput).
  bool (*takes)(const ActivationChoice& activation, LeftTo side) = takes_nothing;
  /// Where the values of the output may lie, and the gradient of the first input (in that of the output).
  Place values = Place::kApart, gradient = Place::kApart;
  /// Null for the input, which nothing computes.
  std::unique_ptr<Layer> (*make)(const LayerSetup& setup);
};

extern const LayerType kDenseLayer, kConv2dLayer, kMaxoutLayer, kGatedLayer, kActivationLayer, kMaxPoolLayer, kAveragePoolLayer,
    kGlobalPoolLayer, kFlattenLayer, kBatchNormLayer, kLayerNormLayer, kDropoutLayer, kAlphaDropoutLayer, kAddLayer, kConcatLayer;

/// The type of nodes of a kind.
const LayerType& layer_type(NodeKind kind);
/// All of them.
std::span<const LayerType* const> layer_types();

/// A `saved` for layers that need their input.
Saved saves_input(const ActivationChoice* activation, bool output_is_kept);
/// A `takes` for layers that compute a ReLU behind them.
bool takes_relu_behind(const ActivationChoice& activation, LeftTo side);
/// A `shape` for layers that keep it.
Shape same_shape(const Node& node, std::span<const Shape> inputs);
/// A `check` for layers without fields.
inline void no_fields(const Node&) {}

/// A `make` for a layer that is built from its setup.
template <class L>
std::unique_ptr<Layer> make_layer(const LayerSetup& setup) {
  return std::make_unique<L>(setup);
}

/// Adds the squares of a sample's own gradient, which is `batch` times that of the mean loss, at the pre-activation.
void add_gradient_squares(std::span<const float> gradient, std::int64_t batch, LayerStats& stats);

/// Errors: [net] `units` of node `name` are not in 1 .. 1,000,000.
void check_units(const std::string& name, std::int64_t units);

}  // namespace rectify
