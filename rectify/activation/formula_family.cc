// Activations that are formulas alone: one line each, run by the tile evaluator.
#include "rectify/activation/kernels.h"

namespace rectify {
namespace {

constexpr CatalogueEntry kEntries[] = {
    // At x = b = 0 the quotient is 0 / 0, which ReLU's 0 takes the place of.
    {"squareplus", "", "x > 0 ? 0.5 * (x + sqrt(x^2 + b)) : sqrt(x^2 + b) - x == 0 ? 0 : 0.5 * b / (sqrt(x^2 + b) - x); b = 4", "further",
     "Barron 2021"},
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
    {"xielu", "", "x > 0 ? p * x^2 + 0.5 * x : 0.5 * x - n * (x - expm1(x)); p = 0.8 learn; n = 0.8 learn", "further",
     "Huang and Schlag 2024"},
    {"srelu", "", "x > tr ? tr + ar * (x - tr) : x < tl ? tl + al * (x - tl) : x; tr = 1 learn; ar = 1 learn; tl = 0 learn; al = 0.2 learn",
     "further", "Jin et al. 2016"},
};

}  // namespace

Family formula_family() { return {kEntries, nullptr}; }

}  // namespace rectify
