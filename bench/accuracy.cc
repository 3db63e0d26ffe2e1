// Test accuracy on Fashion-MNIST, the mean of three seeds, beside what is expected: of each activation in the default comparison, sigmoid
// also with the gain that keeps its gradient; and of presets trained as they are by default.
#include <fmt/core.h>

#include <atomic>
#include <cstdio>
#include <string>
#include <vector>

#include "program.h"
#include "rectify/compare/comparison.h"
#include "rectify/data/dataset.h"
#include "rectify/train/recipes.h"

namespace rectify::bench {
namespace {

/// An activation with its initialisation and the accuracy that it should reach.
struct Expectation {
  const char* activation;
  const char* init;
  double low, high;
};
constexpr Expectation kExpectations[] = {
    {"linear", "auto", 0.82, 0.86}, {"sigmoid", "auto", 0.05, 0.20}, {"sigmoid", "auto,gain=4.72", 0.85, 1},
    {"tanh", "auto", 0.87, 1},      {"relu", "auto", 0.87, 1},       {"leaky_relu", "auto", 0.87, 1},
    {"prelu", "auto", 0.87, 1},     {"elu", "auto", 0.87, 1},        {"maxout", "auto", 0.87, 1},
};

/// A preset and the accuracy that it should reach; of an activation besides relu, how far it may stay behind relu.
struct PresetExpectation {
  const char* net;
  const char* activation;
  double low;
};
constexpr double kBehindRelu = 0.01;
constexpr PresetExpectation kPresets[] = {
    {"mlp", "relu", 0.895},         {"lenet", "relu", 0.92},      {"lenet", "maxout", -kBehindRelu},
    {"lenet", "elu", -kBehindRelu}, {"resnet-20", "relu", 0.935},
};

double mean_accuracy(CompareOptions options, const std::string& activation, const Dataset& data) {
  options.activations = {activation};
  ProgressSink silent;
  const std::atomic<bool> stop = false;
  return mean_over_seeds(compare(options, data, silent, stop), options.seeds).front().test_accuracy.value_or(0);
}

/// Prints a row and adds it to `rows`.
void tell(const char* what, const char* how, double accuracy, double low, double high, nlohmann::json& rows) {
  fmt::print("{:<12}{:<16}{:>9.4f}{:>9.3f} to {:.2f}{}\n", what, how, accuracy, low, high,
             accuracy >= low && accuracy <= high ? "" : "  missed");
  std::fflush(stdout);
  rows.push_back({{"what", what}, {"how", how}, {"accuracy", accuracy}, {"low", low}, {"high", high}});
}

void measure_comparison(const Dataset& data, int seeds, nlohmann::json& rows) {
  fmt::print("default comparison\n{:<12}{:<16}{:>9}{:>17}\n", "", "init", "mean", "wanted");
  for (const Expectation& wanted : kExpectations) {
    CompareOptions options;
    options.base.net = default_net(data, options.base);
    options.base.init = Initialisation::parse(wanted.init);
    options.seeds = seeds;
    tell(wanted.activation, wanted.init, mean_accuracy(options, wanted.activation, data), wanted.low, wanted.high, rows);
  }
}

/// `net` and `activation` choose rows where they are not empty.
void measure_presets(const Dataset& data, int seeds, const std::string& net, const std::string& activation, nlohmann::json& rows) {
  fmt::print("presets\n{:<12}{:<16}{:>9}{:>17}\n", "", "activation", "mean", "wanted");
  double relu = 0;
  for (const PresetExpectation& wanted : kPresets) {
    if (wanted.low > 0) relu = wanted.low;  // until it is measured
    if ((!net.empty() && net != wanted.net) || (!activation.empty() && activation != wanted.activation)) continue;
    CompareOptions options;
    options.base = default_options(wanted.net);
    options.seeds = seeds;
    const double accuracy = mean_accuracy(options, wanted.activation, data);
    if (wanted.low > 0) relu = accuracy;
    tell(wanted.net, wanted.activation, accuracy, wanted.low > 0 ? wanted.low : relu + wanted.low, 1, rows);
  }
}

int run(int argc, char** argv) {
  Program program(
      "Test accuracy on Fashion-MNIST beside what is expected: of each activation after\n"
      "the default comparison's training (minutes), and of presets trained as they are\n"
      "by default (hours, nearly all of them resnet-20's).");
  int seeds = 3;
  std::string part = "comparison", net, activation;
  program.add_count("--seeds", seeds, "trainings to take the mean of");
  program.add_choice("--part", part, {"comparison", "presets"}, "what is trained", part);
  program.add_choice("--net", net, {"mlp", "lenet", "resnet-20"}, "of the presets this one only", "NAME");
  program.add_choice("--activation", activation, {"relu", "maxout", "elu"}, "of the presets this activation's only", "NAME");
  if (const auto status = program.parse(argc, argv)) return *status;
  const Dataset data = load_dataset("fashion-mnist");
  nlohmann::json rows = nlohmann::json::array();
  fmt::print("test accuracy, mean of {} seeds\n", seeds);
  if (part == "comparison") measure_comparison(data, seeds, rows);
  if (part == "presets") measure_presets(data, seeds, net, activation, rows);
  program.write({{"seeds", seeds}, {"rows", rows}});
  return 0;
}

}  // namespace
}  // namespace rectify::bench

int main(int argc, char** argv) { return rectify::bench::run_guarded(argc, argv, rectify::bench::run); }
