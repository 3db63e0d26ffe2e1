// A network's description: plain data, no memory, no kernels.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rectify/activation/activation.h"
#include "rectify/tensor/shape.h"

namespace rectify {

/// What a node of a network does.
enum class NodeKind {
  kInput,
  kDense,       ///< x W^T + b, of a vector
  kConv2d,      ///< cross-correlation with `units` filters
  kMaxout,      ///< the largest of `pieces` affine maps; dense, or convolutional where `kernel` is given
  kGated,       ///< a * f(b) of two affine maps, f the node's activation; dense, or convolutional where `kernel` is given
  kActivation,  ///< f(x) for each value
  kMaxPool,
  kAveragePool,   ///< padding counts as zeros
  kGlobalPool,    ///< the mean over all positions
  kFlatten,       ///< an image as a vector, in the order height, width, channels
  kBatchNorm,     ///< per channel, over batch and positions (Ioffe and Szegedy 2015)
  kLayerNorm,     ///< per sample and position, over channels (Ba et al. 2016)
  kDropout,       ///< drops with probability `rate` in training (Srivastava et al. 2014)
  kAlphaDropout,  ///< the same, keeping mean and variance of what SELU gives (Klambauer et al. 2017)
  kAdd,           ///< the sum of its inputs
  kConcat,        ///< the channels of all inputs side by side
};

/// Whether an affine map adds a constant. A batch norm behind it makes one superfluous.
enum class Bias { kWith, kWithout };

/// Which values share the learnt parameters of an activation. In a vector each unit is a channel.
enum class ParameterSharing { kPerChannel, kShared, kPerUnit };

/// A node: its inputs are named, so that any graph can be described. Fields that its kind does not read stay as they are here.
struct Node {
  std::string name;
  NodeKind kind;
  std::vector<std::string> inputs;
  std::int64_t units = 0;                                    ///< channels of input; outputs of dense, conv2d, maxout, gated
  std::int64_t height = 1, width = 1;                        ///< of input
  int pieces = 0;                                            ///< of maxout
  std::int64_t kernel = 0;                                   ///< width and height of the window of conv2d, maxout, gated and pools
  std::int64_t stride = 1, padding = 0, groups = 1;          ///< where there is a kernel; groups of conv2d only
  Bias bias = Bias::kWith;                                   ///< of dense and conv2d
  std::string activation;                                    ///< SPEC, of activation; the gate of gated: SPEC or glu, swiglu, ...
  ParameterSharing sharing = ParameterSharing::kPerChannel;  ///< of activation and gated
  double rate = 0;                                           ///< of dropout and alpha dropout
  std::string init;  ///< of its weights and biases, as Initialisation::parse() reads it; empty: the network's

  bool operator==(const Node&) const = default;
};

/// A network's description. Nodes stand in the order in which they are computed; the first is the input, the last one's values are the
/// logits.
struct Model {
  std::vector<Node> nodes;

  Shape input_shape() const;
  std::int64_t input_units() const;
  std::int64_t output_units() const;
  bool operator==(const Model&) const = default;
};

/// The model that the compact text describes, each hidden layer followed by `activation`: a SPEC; "maxout" or "maxout(k=3)", which makes
/// each hidden layer the largest of k affine maps; or "glu", "swiglu" and the other names of the gated family, which make it a gated one.
///
/// "784-8x128-10" is 784 inputs, eight hidden layers of 128 units, and 10 outputs.
///
/// "1x28x28 conv32 pool conv64 pool 128 10" is an image of 1 channel and 28 x 28 positions and layers apart by spaces, the last of them the
/// outputs:
/// - 128: a dense layer; an image is flattened before the first.
/// - conv32: 32 filters of 3 x 3, padded so that the size stays; conv32k5s2p0g4 has a kernel of 5 x 5, stride 2, no padding, 4 groups.
/// - pool, avgpool: the largest or the mean of 2 x 2 positions; poolk3s2p1 has other sizes.
/// - globalpool: the mean over all positions.
/// - bn, ln: batch or layer norm; behind a layer it comes before its activation, but behind maxout and gated layers, which end with theirs.
/// - dropout0.5: drops half; alphadropout0.1.
///
/// Nodes are named "input", "dense 1", "conv 2", "hidden 1", ..., "output": "hidden i" is the activation, the maxout or the gated layer.
/// Errors: [net] what makes no sense, at which part, with an example; [activation] unknown.
Model parse_network(std::string_view text, std::string_view activation);

/// Whether `spec` names maxout, and with how many pieces (2 unless given). Errors: [maxout] k < 2 or not a number.
bool is_maxout(std::string_view spec, int* pieces);

/// Checks names, kinds, sizes, the graph, shapes and activations. Errors: [net] which node, got, wanted: among them a name that no node
/// has, a cycle, a node that nothing reads, shapes that do not fit.
void validate(const Model& model);

/// The shape of each node's output, in the order of the nodes. Errors: [net] shapes that do not fit.
std::vector<Shape> shapes(const Model& model);

/// Which nodes each node reads, in the order of its inputs. The model is valid.
std::vector<std::vector<std::size_t>> input_indices(const Model& model);

}  // namespace rectify
