// Test accuracy of the default comparison, the mean of three seeds, beside what is expected of each activation; sigmoid also with the gain
// that keeps its gradient.
#include <fmt/core.h>

#include <atomic>
#include <iterator>
#include <string>
#include <vector>

#include "program.h"
#include "rectify/compare/comparison.h"
#include "rectify/data/dataset.h"
#include "surroundings.h"

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

int run(int argc, char** argv) {
  Program program(
      "Test accuracy after the default training on Fashion-MNIST beside what is\n"
      "expected of each activation. Takes minutes.");
  int seeds = 3;
  program.add_count("--seeds", seeds, "trainings to take the mean of");
  if (const auto status = program.parse(argc, argv)) return *status;
  const Dataset data = load_dataset("fashion-mnist");
  const std::atomic<bool> stop = false;
  nlohmann::json rows = nlohmann::json::array();
  fmt::print("test accuracy after the default training, mean of {} seeds\n{:<12}{:<16}{:>9}{:>16}\n", seeds, "", "init", "mean", "wanted");
  for (const Expectation& wanted : kExpectations) {
    CompareOptions options;
    options.activations = {wanted.activation};
    options.base.net = default_net(data, options.base);
    options.base.init = Initialisation::parse(wanted.init);
    options.seeds = seeds;
    ProgressSink silent;
    const Result mean = mean_over_seeds(compare(options, data, silent, stop), seeds).front();
    const double accuracy = mean.test_accuracy.value_or(0);
    fmt::print("{:<12}{:<16}{:>9.4f}{:>9.2f} to {:.2f}{}\n", wanted.activation, wanted.init, accuracy, wanted.low, wanted.high,
               accuracy >= wanted.low && accuracy <= wanted.high ? "" : "  missed");
    rows.push_back(
        {{"activation", wanted.activation}, {"init", wanted.init}, {"accuracy", accuracy}, {"low", wanted.low}, {"high", wanted.high}});
  }
  program.write({{"seeds", seeds}, {"rows", rows}});
  return 0;
}

}  // namespace
}  // namespace rectify::bench

int main(int argc, char** argv) { return rectify::bench::run_guarded(argc, argv, rectify::bench::run); }
