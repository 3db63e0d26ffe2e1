#include "rectify/theory/moments.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>
#include <vector>

#include "rectify/base/error.h"

namespace rectify {
namespace {

constexpr int kPoints = 40;
constexpr double kLimit = 13;         // the density beyond is below 1e-37
constexpr int kPanels = 52;           // each 0.5 wide
constexpr double kTail = 12.5;        // a sum that has weight beyond has not converged
constexpr int kCoefficients = 200;    // of Hermite polynomials
constexpr double kNarrowest = 1e-12;  // a kink nearer than this to a panel's edge counts as on it

struct Node {
  double z, weight;
};

/// Nodes and weights of Gauss-Legendre quadrature on [-1, 1]: the zeros of the Legendre polynomial by Newton's method from Tricomi's
/// estimate. Source: Abramowitz and Stegun 1964, 25.4.29; recurrences 22.7.10 and 22.8.5.
std::array<Node, kPoints> legendre_nodes() {
  std::array<Node, kPoints> nodes;
  for (int i = 0; i < kPoints; ++i) {
    double z = -std::cos(std::numbers::pi * (i + 0.75) / (kPoints + 0.5)), slope = 0;
    for (int round = 0; round < 8; ++round) {
      double before = 1, value = z;
      for (int n = 2; n <= kPoints; ++n) {
        const double next = ((2 * n - 1) * z * value - (n - 1) * before) / n;
        before = value;
        value = next;
      }
      slope = kPoints * (z * value - before) / (z * z - 1);
      z -= value / slope;
    }
    nodes[i] = {z, 2 / ((1 - z * z) * slope * slope)};
  }
  return nodes;
}

/// Nodes on [-13, 13] with weights that hold the density of N(0, 1), panels ending at each of `splits` that lies inside.
std::vector<Node> gaussian_nodes(const std::vector<double>& splits, int panels = kPanels) {
  static const std::array<Node, kPoints> unit = legendre_nodes();
  std::vector<double> edges;
  for (int i = 0; i <= panels; ++i) edges.push_back(kLimit * (2.0 * i / panels - 1));
  for (const double split : splits) {
    if (std::abs(split) < kLimit) edges.push_back(split);
  }
  std::sort(edges.begin(), edges.end());
  std::vector<Node> nodes;
  nodes.reserve((edges.size() - 1) * kPoints);
  for (size_t i = 1; i < edges.size(); ++i) {
    const double half = (edges[i] - edges[i - 1]) / 2, middle = (edges[i] + edges[i - 1]) / 2;
    if (half < kNarrowest) continue;
    for (const auto [t, weight] : unit) {
      const double z = middle + half * t;
      nodes.push_back({z, half * weight * std::exp(-z * z / 2) * std::numbers::inv_sqrtpi / std::numbers::sqrt2});
    }
  }
  return nodes;
}

/// A sum over the nodes and the part of it that lies in the tails.
struct Sum {
  double all = 0, tails = 0;

  void add(const Node& node, double value) {
    all += node.weight * value;
    if (std::abs(node.z) > kTail) tails += node.weight * value;
  }
  /// Infinite where the tails count, and so would what lies beyond the limit.
  double value() const { return tails > 1e-12 && tails > 1e-6 * all ? std::numeric_limits<double>::infinity() : all; }
};

/// E g(z) from panels of the usual width, checked against panels of half the width: infinite where that adds half as much again (a pole
/// inside), NaN where the two disagree otherwise (a function that no such panels resolve).
template <class Function>
double checked_mean(const std::vector<Node>& nodes, const std::vector<Node>& finer, const Function& g) {
  constexpr double kGrown = 1.5, kAgree = 1e-2;
  Sum coarse, fine;
  for (const Node& node : nodes) coarse.add(node, g(node.z));
  for (const Node& node : finer) fine.add(node, g(node.z));
  if (fine.all > kGrown * coarse.all) return std::numeric_limits<double>::infinity();
  if (!(std::abs(fine.all - coarse.all) <= kAgree * std::abs(fine.all))) return std::numeric_limits<double>::quiet_NaN();
  return coarse.value();
}

double gain(double second, const char* what, const Activation& f) {
  if (!(second > 0) || std::isinf(second)) {
    const std::string got = std::isnan(second) ? "not a number" : fmt::format("{:g}", second);
    fail("theory",
         fmt::format("{} of {} is {} for x ~ N(0, 1), so no gain keeps it: set the initial weights with gain=G", what, f.spec(), got));
  }
  return 1 / std::sqrt(second);
}

/// The kinks of f as nodes see them, at z = x / sqrt(q).
std::vector<double> scaled_kinks(const Activation& f, double q) {
  std::vector<double> splits = f.facts().kinks;
  for (double& split : splits) split /= std::sqrt(q);
  return splits;
}

}  // namespace

GaussianMoments gaussian_moments(const Activation& f, double q) {
  const double scale = std::sqrt(q);
  const std::vector<double> splits = scaled_kinks(f, q);
  const std::vector<Node> nodes = gaussian_nodes(splits), finer = gaussian_nodes(splits, 2 * kPanels);

  std::vector<double> values;
  GaussianMoments moments{};
  for (const Node& node : nodes) {
    values.push_back(f.value(scale * node.z));
    moments.mean += node.weight * values.back();
  }
  moments.second = checked_mean(nodes, finer, [&](double z) { return std::pow(f.value(scale * z), 2); });
  moments.slope_second = checked_mean(nodes, finer, [&](double z) { return std::pow(f.slope(scale * z), 2); });
  if (!std::isfinite(moments.second) &&
      !std::isfinite(checked_mean(nodes, finer, [&](double z) { return std::abs(f.value(scale * z)); }))) {
    moments.mean = std::numeric_limits<double>::quiet_NaN();
  }
  // Around the mean in a second pass: E f^2 - (E f)^2 cancels where f is nearly constant.
  double variance = 0, covariance = 0;
  for (size_t i = 0; i < nodes.size(); ++i) {
    const double centred = values[i] - moments.mean;
    variance += nodes[i].weight * centred * centred;
    covariance += nodes[i].weight * centred * nodes[i].z;
  }
  const double rounding = 1e-26 * moments.second;
  moments.linear_share = variance <= rounding ? 1 : std::min(1.0, covariance * covariance / variance);
  if (!std::isfinite(moments.second)) moments.linear_share = std::numeric_limits<double>::quiet_NaN();
  return moments;
}

PairOf::PairOf(const Activation& f, double q) : values_(kCoefficients), slopes_(kCoefficients) {
  const double scale = std::sqrt(q);
  for (const auto& [z, weight] : gaussian_nodes(scaled_kinks(f, q))) {
    const double value = weight * f.value(scale * z), slope = weight * f.slope(scale * z);
    double before = 0, hermite = 1;  // normalised, so that their squares have the mean 1
    for (int k = 0; k < kCoefficients; ++k) {
      values_[k] += value * hermite;
      slopes_[k] += slope * hermite;
      const double next = (z * hermite - std::sqrt(k) * before) / std::sqrt(k + 1);
      before = hermite;
      hermite = next;
    }
  }
  for (double& value : values_) value *= value;
  for (double& slope : slopes_) slope *= slope;
}

PairMoments PairOf::at(double c) const {
  PairMoments sum{0, 0};
  double power = 1;
  for (int k = 0; k < kCoefficients; ++k, power *= c) {
    sum.values += values_[k] * power;
    sum.slopes += slopes_[k] * power;
  }
  return sum;
}

double forward_gain(const Activation& f) { return gain(gaussian_moments(f).second, "E f(x)^2", f); }

double backward_gain(const Activation& f) { return gain(gaussian_moments(f).slope_second, "E f'(x)^2", f); }

double maxout_gain(int pieces) {
  double second = 0;
  for (const auto [z, weight] : gaussian_nodes({})) {
    second += weight * pieces * std::pow(std::erfc(-z / std::numbers::sqrt2) / 2, pieces - 1) * z * z;
  }
  return 1 / std::sqrt(second);
}

}  // namespace rectify
