#include "rectify/theory/dead_units.h"

#include <cmath>
#include <numbers>

namespace rectify {
namespace {

constexpr double kEnd = 9;  // of the integrals over a normal variable
constexpr int kPoints = 4001;

double density(double z) { return std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi); }
double below(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

/// E f(z), z ~ N(0, 1), f smooth: the trapezoidal rule.
template <class Function>
double expectation(const Function& f) {
  const double step = 2 * kEnd / (kPoints - 1);
  double sum = 0;
  for (int i = 0; i < kPoints; ++i) {
    const double z = -kEnd + step * i;
    sum += density(z) * f(z);
  }
  return sum * step;
}

/// E max(0, x), x ~ N(mean, deviation^2).
double mean_relu(double mean, double deviation) { return mean * below(mean / deviation) + deviation * density(mean / deviation); }

/// E max(0, x)^2 of the same.
double second_relu(double mean, double deviation) {
  return (deviation * deviation + mean * mean) * below(mean / deviation) + mean * deviation * density(mean / deviation);
}

}  // namespace

double predicted_dead_share(const ReluStack& stack) {
  double variance = 1, common = stack.correlation, dead = 0;  // of pre-activations without their bias; the part that samples share
  for (int layer = 0; layer < stack.depth; ++layer) {
    const double shared = std::sqrt(common), own = std::sqrt(variance - common);
    const auto mean = [&](double z) { return stack.bias + shared * z; };
    dead += expectation([&](double z) { return std::pow(below(-mean(z) / own), static_cast<double>(stack.samples)); });
    common = 2 * expectation([&](double z) { return std::pow(mean_relu(mean(z), own), 2); });
    variance = 2 * second_relu(stack.bias, std::sqrt(variance));
  }
  return dead / stack.depth;
}

}  // namespace rectify
