#include "rectify/activation/compat.h"

namespace rectify {
namespace {

// Sources: the frameworks' own documentation (PyTorch 2's torch.nn, Keras 3's and Keras 2's layers and activations, ONNX's operators up to
// opset 24, JAX's jax.nn, TensorFlow's tf.nn) and darknet's activations.h. A name that differs from the catalogue's by capitals and
// underscores alone needs no row, unless another row has its entry: silu where swish is the same.
constexpr CompatRow kRows[] = {
    {"pytorch", "LeakyReLU", "leaky_relu", "negative_slope=slope", "", ""},
    {"pytorch", "PReLU", "prelu", "init=slope", "", ""},
    {"pytorch", "Hardtanh", "hard_tanh", "min_val=min max_val=max", "", ""},
    {"pytorch", "Softshrink", "soft_shrink", "lambd=lambda", "", ""},
    {"pytorch", "Hardshrink", "hard_shrink", "lambd=lambda", "", ""},
    {"pytorch", "Threshold", "threshold", "threshold=theta value=value", "", ""},

    {"keras", "leaky_relu", "leaky_relu", "negative_slope=slope=0.2", "", "function"},
    {"keras", "LeakyReLU", "leaky_relu", "negative_slope=slope=0.3", "", "layer"},
    {"keras", "PReLU", "prelu", "alpha=slope=0", "", ""},
    {"keras", "silu", "silu", "", "", ""},
    {"keras", "swish", "silu", "", "", ""},
    {"keras", "soft_shrink", "soft_shrink", "threshold=lambda", "", ""},
    {"keras", "hard_shrink", "hard_shrink", "threshold=lambda", "", ""},
    {"keras", "threshold", "threshold", "threshold=theta default_value=value", "", ""},

    {"keras2", "leaky_relu", "leaky_relu", "alpha=slope=0.2", "", "function"},
    {"keras2", "LeakyReLU", "leaky_relu", "alpha=slope=0.3", "", "layer"},
    {"keras2", "PReLU", "prelu", "alpha=slope=0", "", ""},
    {"keras2", "silu", "silu", "", "", ""},
    {"keras2", "swish", "silu", "", "", ""},
    {"keras2", "hard_sigmoid", "hard_sigmoid", "", "clip(0.2 * x + 0.5, 0, 1)", ""},
    {"keras2", "ThresholdedReLU", "threshold", "theta=theta", "", ""},

    {"onnx", "LeakyRelu", "leaky_relu", "alpha=slope", "", ""},
    {"onnx", "HardSigmoid", "hard_sigmoid", "", "clip(alpha * x + beta, 0, 1); alpha = 0.2; beta = 0.5", ""},
    {"onnx", "Selu", "selu", "",
     "gamma * (x > 0 ? x : alpha * expm1(x)); alpha = 1.67326319217681884765625; gamma = 1.05070102214813232421875", "rounded to single"},
    {"onnx", "Shrink", "hard_shrink", "", "x < -lambd ? x + bias : x > lambd ? x - bias : 0; bias = 0; lambd = 0.5", ""},
    {"onnx", "Swish", "swish", "", "x * sigmoid(alpha * x); alpha = 1", "not learnt"},
    {"onnx", "ThresholdedRelu", "threshold", "alpha=theta", "", ""},

    {"jax", "gelu", "gelu_tanh", "", "", "approximate=True"},
    {"jax", "leaky_relu", "leaky_relu", "negative_slope=slope", "", ""},
    {"jax", "silu", "silu", "", "", ""},
    {"jax", "swish", "silu", "", "", ""},

    {"tensorflow", "leaky_relu", "leaky_relu", "alpha=slope=0.2", "", ""},
    {"tensorflow", "swish", "swish", "", "x * sigmoid(beta * x); beta = 1", "not learnt"},

    {"darknet", "leaky", "leaky_relu", "slope=slope=0.1", "", ""},
    {"darknet", "relie", "leaky_relu", "slope=slope", "", ""},
    {"darknet", "hardtan", "hard_tanh", "", "", ""},
    {"darknet", "selu", "selu", "", "x >= 0 ? 1.0507 * x : 1.0507 * 1.6732 * expm1(x)", "constants cut short"},
};

}  // namespace

std::span<const CompatRow> compat_table() { return kRows; }

}  // namespace rectify
