#include "rectify/activation/compat.h"

namespace rectify {
namespace {

// Sources: the frameworks' own documentation (PyTorch 2's torch.nn, Keras 3's and Keras 2's layers and activations, ONNX's operators up to
// opset 24, JAX's jax.nn, TensorFlow's tf.nn) and darknet's activations.h. A name of kSpellings needs no row, unless it stands for
// something else than the entry that it spells, or another row has its entry: silu where swish is the same.
constexpr CompatRow kRows[] = {
    {"pytorch", "LeakyReLU", "leaky_relu", "negative_slope=slope", "", "", ""},
    {"pytorch", "PReLU", "prelu", "init=slope", "", "", ""},
    {"pytorch", "RReLU", "rrelu", "", "x > 0 ? x : (lower + upper) / 2 * x; lower = 1 / 8; upper = 1 / 3", "as in evaluation", ""},
    {"pytorch", "GELU", "gelu", "", "", "", "approximate=none"},
    {"pytorch", "GELU", "gelu_tanh", "", "", "", "approximate=tanh"},
    // Above the threshold it is x, which at 20 is the same to the last place.
    {"pytorch", "Softplus", "softplus", "beta=beta", "", "", "threshold=20"},
    {"pytorch", "Softplus", "softplus", "", "beta * x > threshold ? x : softplus(beta * x) / beta; beta = 1; threshold = 20", "", ""},
    {"pytorch", "Hardtanh", "hard_tanh", "min_val=min max_val=max", "", "", ""},
    {"pytorch", "Softshrink", "soft_shrink", "lambd=lambda", "", "", ""},
    {"pytorch", "Hardshrink", "hard_shrink", "lambd=lambda", "", "", ""},
    {"pytorch", "Threshold", "threshold", "threshold=theta=? value=value=?", "", "", ""},

    {"keras", "relu", "relu", "", "x >= threshold ? x : negative_slope * (x - threshold); negative_slope = 0; threshold = 0", "",
     "max_value=None"},
    {"keras", "relu", "relu", "",
     "x >= max_value ? max_value : x >= threshold ? x : negative_slope * (x - threshold); negative_slope = 0; max_value = 6; threshold = 0",
     "with max_value", ""},
    {"keras", "leaky_relu", "leaky_relu", "negative_slope=slope=0.2", "", "function", ""},
    {"keras", "LeakyReLU", "leaky_relu", "negative_slope=slope=0.3", "", "layer", ""},
    {"keras", "PReLU", "prelu", "alpha=slope=0", "", "", ""},
    {"keras", "silu", "silu", "", "", "", ""},
    {"keras", "swish", "silu", "", "", "", ""},
    {"keras", "gelu", "gelu", "", "", "", "approximate=False"},
    {"keras", "gelu", "gelu_tanh", "", "", "", "approximate=True"},
    {"keras", "soft_shrink", "soft_shrink", "threshold=lambda", "", "", ""},
    {"keras", "hard_shrink", "hard_shrink", "threshold=lambda", "", "", ""},
    {"keras", "threshold", "threshold", "threshold=theta=? default_value=value=?", "", "", ""},
    {"keras", "exponential", "", "", "exp(x)", "", ""},
    {"keras", "sparse_plus", "", "", "x <= -1 ? 0 : x < 1 ? (x + 1)^2 / 4 : x", "", ""},
    {"keras", "sparse_sigmoid", "", "", "clip((x + 1) / 2, 0, 1)", "", ""},

    {"keras2", "relu", "relu", "", "x >= threshold ? x : alpha * (x - threshold); alpha = 0; threshold = 0", "function", "max_value=None"},
    {"keras2", "relu", "relu", "",
     "x >= max_value ? max_value : x >= threshold ? x : alpha * (x - threshold); alpha = 0; max_value = 6; threshold = 0",
     "function, with max_value", ""},
    {"keras2", "ReLU", "relu", "", "x >= threshold ? x : negative_slope * (x - threshold); negative_slope = 0; threshold = 0", "layer",
     "max_value=None"},
    {"keras2", "ReLU", "relu", "",
     "x >= max_value ? max_value : x >= threshold ? x : negative_slope * (x - threshold); negative_slope = 0; max_value = 6; threshold = 0",
     "layer, with max_value", ""},
    {"keras2", "leaky_relu", "leaky_relu", "alpha=slope=0.2", "", "function", ""},
    {"keras2", "LeakyReLU", "leaky_relu", "alpha=slope=0.3", "", "layer", ""},
    {"keras2", "PReLU", "prelu", "alpha=slope=0", "", "", ""},
    {"keras2", "silu", "silu", "", "", "", ""},
    {"keras2", "swish", "silu", "", "", "", ""},
    {"keras2", "gelu", "gelu", "", "", "", "approximate=False"},
    {"keras2", "gelu", "gelu_tanh", "", "", "", "approximate=True"},
    {"keras2", "hard_sigmoid", "hard_sigmoid", "", "clip(0.2 * x + 0.5, 0, 1)", "", ""},
    {"keras2", "ThresholdedReLU", "threshold", "theta=theta", "", "", ""},
    {"keras2", "exponential", "", "", "exp(x)", "", ""},

    {"onnx", "LeakyRelu", "leaky_relu", "alpha=slope", "", "", ""},
    {"onnx", "Gelu", "gelu", "", "", "", "approximate=none"},
    {"onnx", "Gelu", "gelu_tanh", "", "", "", "approximate=tanh"},
    {"onnx", "HardSigmoid", "hard_sigmoid", "", "clip(alpha * x + beta, 0, 1); alpha = 0.2; beta = 0.5", "", ""},
    {"onnx", "Selu", "selu", "",
     "gamma * (x > 0 ? x : alpha * expm1(x)); alpha = 1.67326319217681884765625; gamma = 1.05070102214813232421875", "rounded to single",
     ""},
    {"onnx", "Shrink", "hard_shrink", "", "x < -lambd ? x + bias : x > lambd ? x - bias : 0; bias = 0; lambd = 0.5", "", ""},
    {"onnx", "Swish", "swish", "", "x * sigmoid(alpha * x); alpha = 1", "not learnt", ""},
    {"onnx", "ThresholdedRelu", "threshold", "", "x > alpha ? x : 0; alpha = 1", "", ""},
    {"onnx", "Sin", "", "", "sin(x)", "", ""},
    {"onnx", "Clip", "", "", "clip(x, min, max); min = -3.4028234663852886e38; max = 3.4028234663852886e38", "", ""},

    {"jax", "gelu", "gelu_tanh", "", "", "", "approximate=True"},
    {"jax", "gelu", "gelu", "", "", "", "approximate=False"},
    {"jax", "leaky_relu", "leaky_relu", "negative_slope=slope", "", "", ""},
    {"jax", "silu", "silu", "", "", "", ""},
    {"jax", "swish", "silu", "", "", "", ""},
    {"jax", "sparse_plus", "", "", "x <= -1 ? 0 : x < 1 ? (x + 1)^2 / 4 : x", "", ""},
    {"jax", "sparse_sigmoid", "", "", "clip((x + 1) / 2, 0, 1)", "", ""},

    {"tensorflow", "leaky_relu", "leaky_relu", "alpha=slope=0.2", "", "", ""},
    {"tensorflow", "gelu", "gelu", "", "", "", "approximate=False"},
    {"tensorflow", "gelu", "gelu_tanh", "", "", "", "approximate=True"},
    {"tensorflow", "hard_sigmoid", "hard_sigmoid", "", "clip(0.2 * x + 0.5, 0, 1)", "", ""},
    {"tensorflow", "swish", "swish", "", "x * sigmoid(beta * x); beta = 1", "not learnt", ""},

    {"darknet", "leaky", "leaky_relu", "slope=slope=0.1", "", "", ""},
    {"darknet", "relie", "leaky_relu", "slope=slope", "", "", ""},
    {"darknet", "hardtan", "hard_tanh", "", "", "", ""},
    {"darknet", "selu", "selu", "", "x >= 0 ? 1.0507 * x : 1.0507 * 1.6732 * expm1(x)", "constants cut short", ""},
};

constexpr CompatSpellings kSpellings[] = {
    {"pytorch",
     "Identity Sigmoid Tanh ReLU ELU SELU CELU LogSigmoid Tanhshrink SiLU Mish ReLU6 Hardsigmoid Hardswish Softsign "
     "Softmax LogSoftmax GLU"},
    {"keras",
     "linear sigmoid tanh elu selu celu softplus log_sigmoid tanh_shrink mish hard_tanh relu6 hard_sigmoid hard_silu softsign "
     "squareplus softmax log_softmax glu"},
    {"keras2", "linear sigmoid tanh elu selu softplus mish softsign softmax"},
    {"onnx", "Identity Sigmoid Tanh Relu PRelu Elu Celu Softplus Mish HardSwish Softsign Softmax LogSoftmax"},
    {"jax",
     "identity sigmoid tanh relu elu selu celu softplus log_sigmoid mish hard_tanh relu6 hard_sigmoid hard_silu soft_sign "
     "squareplus softmax log_softmax glu"},
    {"tensorflow", "sigmoid tanh relu elu selu silu softplus relu6 softsign softmax log_softmax"},
    {"darknet", "linear logistic tanh relu elu"},
};

}  // namespace

std::span<const CompatRow> compat_table() { return kRows; }
std::span<const CompatSpellings> compat_spellings() { return kSpellings; }

}  // namespace rectify
