// What the hand-written kernels are held to: definitions in double that do not cancel, and the errors allowed.
#pragma once

#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <vector>

namespace rectify::test {

/// A function of x and of parameters.
using Function = double (*)(double x, const double* p);

/// A kernel with some values of its parameters.
struct Reference {
  const char* name;
  Function f, slope;
  std::vector<Function> parameter_slopes = {};
  std::array<double, 2> parameters = {};
  double forward_ulp, grad_ulp;                            ///< the errors allowed in normal results
  double root = std::numeric_limits<double>::quiet_NaN();  ///< of f': within 0.8 of it, an error of 2^-23 sup |f'| is allowed
  double steepest = 0;                                     ///< sup |f'|
};

inline double square(double x) { return x * x; }
inline double sigmoid(double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }
inline double sigmoid_slope(double x) { return std::exp(-std::abs(x)) / square(1 + std::exp(-std::abs(x))); }
inline double softplus(double x) { return std::fmax(x, 0) + std::log1p(std::exp(-std::abs(x))); }

/// x sigmoid(z) and its slope for w = x dz/dx, limits at infinities included.
inline double gated(double x, double z) { return std::isinf(x) ? (x > 0 ? x : -0.0) : x * sigmoid(z); }
inline double gated_slope(double z, double w) {
  if (std::abs(z) > 800) return z > 0 ? 1 : 0;
  return sigmoid(z) * (1 + w * sigmoid(-z));
}
inline double gelu_tanh_exponent(double x) { return std::sqrt(8 / std::numbers::pi) * (x + 0.044715 * x * x * x); }
inline double gelu_tanh_steepness(double x) { return std::sqrt(8 / std::numbers::pi) * (x + 3 * 0.044715 * x * x * x); }

inline double cdf(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }
inline double gelu_slope(double x) { return cdf(x) + (std::abs(x) > 40 ? 0 : x * std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi)); }

inline double mish(double x) {
  if (std::abs(x) > 150) return x > 0 ? x : -0.0;
  const double n = std::exp(x) * (std::exp(x) + 2);
  return x * n / (n + 2);
}
inline double mish_slope(double x) {
  if (std::abs(x) > 150) return x > 0 ? 1 : 0;
  const double e = std::exp(x), m = e * (e + 2) + 2;
  return e * (e * (e * (e + 4) + 6 + 4 * x) + 4 + 4 * x) / square(m);
}

inline double tanh_shrink(double x) {
  if (std::abs(x) > 0.3) return x - std::tanh(x);
  constexpr double kSeries[] = {1.0 / 3,
                                -2.0 / 15,
                                17.0 / 315,
                                -62.0 / 2835,
                                1382.0 / 155925,
                                -21844.0 / 6081075,
                                929569.0 / 638512875,
                                -6404582.0 / 10854718875,
                                443861162.0 / 1856156927625};
  double sum = 0;
  for (int i = 8; i >= 0; --i) sum = sum * x * x + kSeries[i];
  return x * x * x * sum + 0.0;  // the difference is 0, not -0, for -0
}

inline double nothing(double, const double*) { return 0; }
inline double two_slopes(double x, const double* p) { return x > 0 ? x : p[0] * x; }
inline double two_slopes_slope(double x, const double* p) { return x > 0 ? 1 : p[0]; }
inline double left_part(double x, const double*) { return x > 0 ? 0 : x; }

inline double elu(double x, const double* p) { return x > 0 ? x : p[0] * std::expm1(x); }
inline double elu_slope(double x, const double* p) { return x > 0 ? 1 : p[0] * std::exp(x); }
inline double elu_parameter_slope(double x, const double*) { return x > 0 ? 0 : std::expm1(x); }

inline double celu(double x, const double* p) { return x > 0 ? x : p[0] * std::expm1(x / p[0]); }
inline double celu_slope(double x, const double* p) { return x > 0 ? 1 : std::exp(x / p[0]); }
inline double celu_parameter_slope(double x, const double* p) {
  const double z = x / p[0];
  if (x > 0 || std::isinf(x)) return x > 0 ? 0 : -1;
  return std::abs(z) > 1e-3 ? std::expm1(z) - z * std::exp(z) : -square(z) * (1.0 / 2 + z / 3 + square(z) / 8);
}

inline double swish(double x, const double* p) { return p[0] < 0 ? -gated(-x, p[0] * x) : gated(x, p[0] * x); }
inline double swish_slope(double x, const double* p) { return gated_slope(p[0] * x, p[0] * x); }
inline double swish_parameter_slope(double x, const double* p) { return std::abs(p[0] * x) > 400 ? 0 : x * x * sigmoid_slope(p[0] * x); }

inline double softplus_of(double x, const double* p) { return std::isinf(x) ? (x * p[0] > 0 ? x : 0) : softplus(p[0] * x) / p[0]; }
inline double softplus_slope(double x, const double* p) { return sigmoid(p[0] * x); }
inline double softplus_parameter_slope(double x, const double* p) {
  const double size = std::abs(x * p[0]), e = std::exp(-size);
  return -((std::isinf(size) ? 0 : size * e / (1 + e)) + std::log1p(e)) / square(p[0]);
}

inline const double kSelu = 1.0507009873554804934193349852946, kSeluLeft = kSelu * 1.6732632423543772848170429916717;

/// All kernels, some with parameters other than the usual ones.
inline const std::vector<Reference>& references() {
  using P = const double*;
  static const std::vector<Reference> kAll{
      {"linear", [](double x, P) { return x; }, [](double, P) { return 1.0; }},
      {"sigmoid", [](double x, P) { return sigmoid(x); }, [](double x, P) { return sigmoid_slope(x); }, {}, {}, 1.8, 2.4},
      {"tanh", [](double x, P) { return std::tanh(x); }, [](double x, P) { return 4 * sigmoid_slope(2 * x); }, {}, {}, 2, 2.4},
      {"relu", [](double x, P) { return x < 0 ? 0 : x; }, [](double x, P) { return x > 0 ? 1.0 : 0.0; }},
      {"leaky_relu", two_slopes, two_slopes_slope, {left_part}, {0.01f}, 0.5, 0},
      {"prelu", two_slopes, two_slopes_slope, {left_part}, {0.25f}, 0.5, 0},
      {"elu", elu, elu_slope, {elu_parameter_slope}, {1}, 1.1, 1.1},
      {"elu", elu, elu_slope, {elu_parameter_slope}, {100}, 2, 1.8},

      {"rrelu", two_slopes, two_slopes_slope, {left_part}, {11.0f / 48}, 0.5, 0},
      {"hard_tanh",
       [](double x, P p) { return std::fmin(std::fmax(x, p[0]), p[1]); },
       [](double x, P p) { return x > p[0] && x < p[1] ? 1.0 : 0.0; },
       {[](double x, P p) { return x < p[0] && p[0] < p[1] ? 1.0 : 0.0; },
        [](double x, P p) { return std::fmax(x, p[0]) > p[1] ? 1.0 : 0.0; }},
       {-1, 1}},
      {"relu6", [](double x, P) { return x < 0   ? 0
                                         : x > 6 ? 6
                                                 : x; }, [](double x, P) { return x > 0 && x < 6 ? 1.0 : 0.0; }},
      {"hard_sigmoid",
       [](double x, P) { return std::fmin(std::fmax((x + 3) / 6, 0), 1); },
       [](double x, P) { return std::abs(x) < 3 ? 1.0 / 6 : 0.0; },
       {},
       {},
       0.501,
       0.5},
      {"hard_swish",
       [](double x, P) { return x <= -3  ? -0.0
                                : x >= 3 ? x
                                         : x * (x + 3) / 6; },
       [](double x, P) { return x <= -3  ? 0.0
                                : x >= 3 ? 1.0
                                         : (2 * x + 3) / 6; },
       {},
       {},
       2.6,
       1.5,
       -1.5,
       1.5},
      {"soft_shrink",
       [](double x, P p) { return x > p[0]    ? x - p[0]
                                  : x < -p[0] ? x + p[0]
                                              : 0; },
       [](double x, P p) { return std::abs(x) > p[0] ? 1.0 : 0.0; },
       {[](double x, P p) { return x > p[0]    ? -1.0
                                   : x < -p[0] ? 1.0
                                               : 0.0; }},
       {0.5},
       0.5,
       0},
      {"hard_shrink",
       [](double x, P p) { return std::abs(x) > p[0] ? x : 0; },
       [](double x, P p) { return std::abs(x) > p[0] ? 1.0 : 0.0; },
       {nothing},
       {0.5}},
      {"threshold",
       [](double x, P p) { return x > p[0] ? x : p[1]; },
       [](double x, P p) { return x > p[0] ? 1.0 : 0.0; },
       {nothing, [](double x, P p) { return x > p[0] ? 0.0 : 1.0; }},
       {1, 0.3f}},
      {"relu_squared", [](double x, P) { return x > 0 ? x * x : 0; }, [](double x, P) { return x > 0 ? 2 * x : 0; }, {}, {}, 0.5, 0},
      {"softsign",
       [](double x, P) { return std::isinf(x) ? std::copysign(1.0, x) : x / (1 + std::abs(x)); },
       [](double x, P) { return square(1 / (1 + std::abs(x))); },
       {},
       {},
       1.5,
       3.5},

      {"selu",
       [](double x, P) { return x > 0 ? kSelu * x : kSeluLeft * std::expm1(x); },
       [](double x, P) { return x > 0 ? kSelu : kSeluLeft * std::exp(x); },
       {},
       {},
       1.9,
       1.8},
      {"celu", celu, celu_slope, {celu_parameter_slope}, {1}, 1.1, 1.1},
      {"celu", celu, celu_slope, {celu_parameter_slope}, {0.7f}, 2.2, 1.2},
      {"softplus", softplus_of, softplus_slope, {softplus_parameter_slope}, {1}, 2.4, 2},
      {"softplus", softplus_of, softplus_slope, {softplus_parameter_slope}, {0.7f}, 3.5, 2.5},
      {"softplus", softplus_of, softplus_slope, {softplus_parameter_slope}, {-0.7f}, 3.5, 2.5},
      {"log_sigmoid", [](double x, P) { return -softplus(-x); }, [](double x, P) { return sigmoid(-x); }, {}, {}, 2.5, 1.8},
      {"tanh_shrink", [](double x, P) { return tanh_shrink(x); }, [](double x, P) { return square(std::tanh(x)); }, {}, {}, 2.8, 2.9},

      {"gelu",
       [](double x, P) { return std::isinf(x) ? gated(x, x) : x * cdf(x); },
       [](double x, P) { return gelu_slope(x); },
       {},
       {},
       4.5,
       4,
       -0.7517915,
       1.1289},
      {"gelu_tanh",
       [](double x, P) { return gated(x, gelu_tanh_exponent(x)); },
       [](double x, P) { return gated_slope(gelu_tanh_exponent(x), gelu_tanh_steepness(x)); },
       {},
       {},
       2.1,
       3.8,
       -0.7524614,
       1.1293},
      {"quick_gelu",
       [](double x, P) { return gated(x, 1.702 * x); },
       [](double x, P) { return gated_slope(1.702 * x, 1.702 * x); },
       {},
       {},
       2.1,
       3.5,
       -0.7511548,
       1.0998},
      {"silu",
       [](double x, P) { return gated(x, x); },
       [](double x, P) { return gated_slope(x, x); },
       {},
       {},
       2.1,
       3.5,
       -1.2784645,
       1.0998},
      {"swish", swish, swish_slope, {swish_parameter_slope}, {1}, 2.1, 3.5, -1.2784645, 1.0998},
      {"swish", swish, swish_slope, {swish_parameter_slope}, {1.3f}, 2.1, 3.5, -0.9834342, 1.0998},
      {"swish", swish, swish_slope, {swish_parameter_slope}, {-1.3f}, 2.1, 3.5, 0.9834342, 1.0998},
      {"mish", [](double x, P) { return mish(x); }, [](double x, P) { return mish_slope(x); }, {}, {}, 4, 6, -1.1924, 1.0894},
  };
  return kAll;
}

}  // namespace rectify::test
