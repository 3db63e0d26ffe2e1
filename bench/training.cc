// Training steps beside their floor, the bare products and convolutions, in one run. Usage: training [--rounds N] [--only NET]
// [--activation SPEC] [--json FILE]
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "products.h"
#include "rectify/base/error.h"
#include "rectify/base/threads.h"
#include "rectify/base/timing.h"
#include "step.h"
#include "surroundings.h"

namespace rectify::bench {
namespace {

constexpr double kRoundSeconds = 0.15;  // at least, of each thing measured

/// A network of the table and the most that its step may take of the floor.
struct Row {
  const char* name;
  Task task;
  double target;
};

const Row kRows[] = {
    {"784-128-10", {"784-128-10", 32, {784}}, 1.5},         {"784-512-512-10", {"784-2x512-10", 128, {784}}, 1.15},
    {"784-20x100-10", {"784-20x100-10", 128, {784}}, 1.3},  {"784-8x128-10", {"784-8x128-10", 128, {784}}, 1.3},
    {"784-3x2048-10", {"784-3x2048-10", 256, {784}}, 1.08}, {"lenet", {"lenet", 64, {1, 28, 28}}, 1.25},
    {"resnet-20", {"resnet-20", 128, {3, 32, 32}}, 1.3},
};

/// Where a step's time goes, in microseconds, and its ratio to the floor of the same round.
struct StepTimes {
  std::vector<double> floor, whole, ratio, copy, forward, backward, optimiser;
};

template <class F>
double microseconds(const F& run) {
  const Stopwatch watch;
  int count = 0;
  do run(), ++count;
  while (watch.seconds() < kRoundSeconds);
  return watch.seconds() / count * 1e6;
}

/// One more round of all that is measured, interleaved, so that a change of the machine's speed meets all of it.
void measure_round(BareProducts& products, Step& step, StepTimes& times) {
  times.floor.push_back(microseconds([&] { products.run(); }));
  times.whole.push_back(microseconds([&] { step.run(); }));
  times.ratio.push_back(times.whole.back() / times.floor.back());
  double part[4] = {};
  int count = 0;
  microseconds([&] {
    Stopwatch watch;
    const auto lap = [&](double& sum) {
      sum += watch.seconds() * 1e6;
      watch.restart();
    };
    step.copy(), lap(part[0]);
    step.forward(), lap(part[1]);
    step.backward(), lap(part[2]);
    step.update(), lap(part[3]);
    ++count;
  });
  times.copy.push_back(part[0] / count);
  times.forward.push_back(part[1] / count);
  times.backward.push_back(part[2] / count);
  times.optimiser.push_back(part[3] / count);
}

StepTimes measure(const Row& row, const std::string& activation, const Dataset& data, int threads, int rounds) {
  set_team_size(threads);
  Step step(row.task, activation, data);
  BareProducts products(row.task.batch, step.model());
  StepTimes times;
  products.run(), step.run();  // warm up
  for (int round = 0; round < rounds; ++round) measure_round(products, step, times);
  return times;
}

nlohmann::json to_json(const Row& row, const std::string& activation, int threads, const StepTimes& t) {
  return {{"net", row.name},
          {"batch", row.task.batch},
          {"activation", activation},
          {"threads", threads},
          {"floor_us", median(t.floor)},
          {"step_us", median(t.whole)},
          {"ratio", median(t.ratio)},
          {"target", row.target},
          {"copy_us", median(t.copy)},
          {"forward_us", median(t.forward)},
          {"backward_us", median(t.backward)},
          {"optimiser_us", median(t.optimiser)}};
}

void print(const Row& row, const std::string& activation, int threads, const StepTimes& t) {
  fmt::print("{:<15}{:>4}  {:<10}{:>2}{:>9.0f}{:>9.0f}{:>7.2f}{:>6.2f}  {:>6.0f}{:>9.0f}{:>9.0f}{:>8.0f}\n", row.name, row.task.batch,
             activation, threads, median(t.floor), median(t.whole), median(t.ratio), row.target, median(t.copy), median(t.forward),
             median(t.backward), median(t.optimiser));
  std::fflush(stdout);
}

/// `name`, if a row has it or it is empty. Errors: [bench] there is no such network.
std::string chosen_network(const std::string& name) {
  std::vector<std::string> names;
  for (const Row& row : kRows) names.emplace_back(row.name);
  if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) {
    fail("bench", fmt::format("there is no network {}; choose {}", name, fmt::join(names, ", ")));
  }
  return name;
}

int run(int argc, char** argv) {
  const int rounds = count_option(argc, argv, "--rounds", 9);
  const std::string only = chosen_network(option(argc, argv, "--only", ""));
  const std::string activation = option(argc, argv, "--activation", "");
  const int threads = std::min(2, available_threads());
  fmt::print("a training step, SGD with momentum, single precision: microseconds, medians of {} rounds; floor: bare oneDNN products\n",
             rounds);
  fmt::print("{:<15}{:>4}  {:<10}{:>2}{:>9}{:>9}{:>7}{:>6}  {:>6}{:>9}{:>9}{:>8}\n", "network", "n", "activation", "t", "floor", "ours",
             "ratio", "most", "copy", "forward", "backward", "update");
  nlohmann::json all = nlohmann::json::array();
  for (const Row& row : kRows) {
    if (!only.empty() && row.name != only) continue;
    const Dataset data = made_up_data(row.task, 4);
    const auto add = [&](const std::string& name, int team) {
      const StepTimes times = measure(row, name, data, team, rounds);
      print(row, name, team, times);
      all.push_back(to_json(row, name, team, times));
    };
    if (!activation.empty()) {
      add(activation, 1);
      continue;
    }
    for (const char* name : {"relu", "gelu", "mish"}) add(name, 1);
    if (threads > 1) add("relu", threads);
  }
  write_json(option(argc, argv, "--json", ""), {{"steps", all}});
  return 0;
}

}  // namespace
}  // namespace rectify::bench

int main(int argc, char** argv) { return rectify::bench::run_guarded(argc, argv, rectify::bench::run); }
