// Activations that are formulas alone: one line each, run by the tile evaluator.
#include "rectify/activation/kernels.h"

namespace rectify {
namespace {

constexpr CatalogueEntry kEntries[] = {
    {"rrelu", "", "x > 0 ? x : slope * x; slope = 11 / 48", "standard", "Xu et al. 2015 (evaluation: the mean slope)"},
    {"selu", "", "1.0507009873554804934193349852946 * (x > 0 ? x : 1.6732632423543772848170429916717 * expm1(x))", "standard",
     "Klambauer et al. 2017, eq. 2"},
    {"celu", "", "x > 0 ? x : alpha * expm1(x / alpha); alpha = 1", "standard", "Barron 2017"},
    {"gelu", "", "0.5 * x * erfc(-x / sqrt(2))", "standard", "Hendrycks and Gimpel 2016"},
    {"gelu_tanh", "gelu_new gelu_approximate", "x * sigmoid(2 * sqrt(2 / pi) * (x + 0.044715 * x^3))", "standard",
     "Hendrycks and Gimpel 2016"},
    {"quick_gelu", "", "x * sigmoid(1.702 * x)", "standard", "Hendrycks and Gimpel 2016"},
    {"silu", "", "x * sigmoid(x)", "standard", "Elfwing et al. 2017"},
    {"swish", "", "x * sigmoid(beta * x); beta = 1 learn", "standard", "Ramachandran et al. 2017"},
    {"mish", "", "x * tanh(softplus(x))", "standard", "Misra 2019"},
    {"softplus", "soft_relu", "softplus(beta * x) / beta; beta = 1", "standard", "Dugas et al. 2001"},
    {"softsign", "", "x / (1 + abs(x))", "standard", "Bergstra et al. 2009"},
    {"hard_tanh", "hardtanh", "clip(x, min, max); min = -1; max = 1", "standard", "Collobert 2004"},
    {"relu6", "", "clip(x, 0, 6)", "standard", "Krizhevsky 2010"},
    {"hard_sigmoid", "hardsigmoid", "clip((x + 3) / 6, 0, 1)", "standard", "Howard et al. 2019"},
    {"hard_swish", "hardswish hard_silu", "x * clip((x + 3) / 6, 0, 1)", "standard", "Howard et al. 2019"},
    {"log_sigmoid", "logsigmoid", "-softplus(-x)", "standard", "the logarithm of sigmoid"},
    {"soft_shrink", "softshrink", "x > lambda ? x - lambda : x < -lambda ? x + lambda : 0; lambda = 0.5", "standard", "Donoho 1995"},
    {"hard_shrink", "hardshrink", "abs(x) > lambda ? x : 0; lambda = 0.5", "standard", "Donoho and Johnstone 1994"},
    {"tanh_shrink", "tanhshrink", "x - tanh(x)", "standard", "PyTorch's Tanhshrink"},
    {"threshold", "thresholded_relu", "x > theta ? x : value; theta = 1; value = 0", "standard", "Konda et al. 2014"},
    {"relu_squared", "relu2 squared_relu", "max(x, 0)^2", "standard", "So et al. 2021 (Primer)"},

    {"squareplus", "", "x > 0 ? 0.5 * (x + sqrt(x^2 + b)) : 0.5 * b / (sqrt(x^2 + b) - x); b = 4", "further", "Barron 2021"},
    {"lisht", "", "x * tanh(x)", "further", "Roy et al. 2019"},
    {"snake", "", "x + sin(a * x)^2 / a; a = 1", "further", "Ziyin et al. 2020"},
    {"sine", "siren", "sin(omega * x); omega = 30", "further", "Sitzmann et al. 2020 (SIREN)"},
    {"gaussian", "", "exp(-x^2)", "further", "Broomhead and Lowe 1988"},
    {"elliott", "", "x < 0 ? 0.5 / (1 - x) : 1 - 0.5 / (1 + x)", "further", "Elliott 1993, scaled to [0, 1]"},
    {"isru", "", "x / sqrt(1 + alpha * x^2); alpha = 1", "further", "Carlile et al. 2017"},
    {"isrlu", "", "x < 0 ? x / sqrt(1 + alpha * x^2) : x; alpha = 1", "further", "Carlile et al. 2017"},
    {"arctan", "atan", "atan(x)", "further", "the inverse tangent"},
    {"erf", "", "erf(x)", "further", "the error function"},
    {"bent_identity", "", "x + 0.5 * x^2 / (sqrt(x^2 + 1) + 1)", "further", "x + (sqrt(x^2 + 1) - 1) / 2, written without cancellation"},
    {"elish", "", "(x < 0 ? expm1(x) : x) * sigmoid(x)", "further", "Basirat and Roth 2018"},
    {"hard_mish", "hardmish", "0.5 * x * clip(x + 2, 0, 2)", "further", "timm's HardMish"},
    {"serf", "", "x * erf(softplus(x))", "further", "Nag and Bhattacharyya 2021"},
    {"logish", "", "x * log1p(sigmoid(x))", "further", "Zhu et al. 2021"},
    {"smish", "", "x * tanh(log1p(sigmoid(x)))", "further", "Wang et al. 2022"},
    {"telu", "tanhexp", "x * tanh(exp(x))", "further", "Liu and Di 2020 (TanhExp); Fernandez and Mali 2024 (TeLU)"},
    {"xielu", "", "(x > 0 ? p * x^2 : n * (expm1(x) - x)) + 0.5 * x; p = 0.8 learn; n = 0.8 learn", "further", "Huang and Schlag 2024"},
    {"srelu", "", "x > tr ? tr + ar * (x - tr) : x < tl ? tl + al * (x - tl) : x; tr = 1 learn; ar = 1 learn; tl = 0 learn; al = 0.2 learn",
     "further", "Jin et al. 2016"},
};

}  // namespace

Family formula_family() { return {kEntries, nullptr}; }

}  // namespace rectify
