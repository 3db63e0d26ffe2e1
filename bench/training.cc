// Training steps beside their floor, the bare products and convolutions, in one run.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "products.h"
#include "program.h"
#include "rectify/base/error.h"
#include "rectify/base/threads.h"
#include "rectify/base/timing.h"
#include "step.h"
#include "surroundings.h"

namespace rectify::bench {
namespace {

constexpr double kRoundSeconds = 0.15;      // at least, of each thing measured
constexpr double kMostOverRelu = 1.15;      // that a step with another activation may take of relu's
constexpr double kLeastOfTwoThreads = 1.7;  // times as fast as one, where a network is large enough

/// A network of the table and the most that its step may take of the floor.
struct Row {
  const char* name;
  Task task;
  double target;
  bool is_large = false;
};

const Row kRows[] = {
    {"784-128-10", {"784-128-10", 32, {784}}, 1.5},
    {"784-512-512-10", {"784-2x512-10", 128, {784}}, 1.15},
    {"784-20x100-10", {"784-20x100-10", 128, {784}}, 1.3},
    {"784-8x128-10", {"784-8x128-10", 128, {784}}, 1.3},
    {"784-3x2048-10", {"784-3x2048-10", 256, {784}}, 1.08, true},
    {"lenet", {"lenet", 64, {1, 28, 28}}, 1.25},
    {"resnet-20", {"resnet-20", 128, {3, 32, 32}}, 1.3, true},
};

/// Where a step's time goes, in microseconds, one entry a round, and its ratio to others of the same round.
struct StepTimes {
  std::vector<double> floor, whole, ratio, copy, forward, backward, optimiser;
  std::vector<double> over_relu;                 // with relu and one thread
  std::vector<double> speed_up, floor_speed_up;  // over one thread, of the step and of its floor
};

template <class F>
double microseconds(const F& run) {
  const Stopwatch watch;
  int count = 0;
  do run(), ++count;
  while (watch.seconds() < kRoundSeconds);
  return watch.seconds() / count * 1e6;
}

/// A row's network with one activation and team, ready to be measured.
class Contender {
 public:
  Contender(const Row& row, std::string activation, int threads, const Dataset& data)
      : activation_(std::move(activation)),
        threads_(with_team(threads)),
        step_(row.task, activation_, data),
        products_(row.task.batch, step_.model()) {
    products_.run(), step_.run();  // warm up
  }

  /// One more round; `first` is the contender with relu and one thread, where there is one.
  void measure(const Contender* first) {
    set_team_size(threads_);
    times_.floor.push_back(microseconds([&] { products_.run(); }));
    times_.whole.push_back(microseconds([&] { step_.run(); }));
    times_.ratio.push_back(times_.whole.back() / times_.floor.back());
    measure_parts();
    if (first == nullptr || first == this) return;
    const StepTimes& one = first->times_;
    if (threads_ == 1) times_.over_relu.push_back(times_.whole.back() / one.whole.back());
    if (threads_ == 1) return;
    times_.speed_up.push_back(one.whole.back() / times_.whole.back());
    times_.floor_speed_up.push_back(one.floor.back() / times_.floor.back());
  }

  const std::string& activation() const { return activation_; }
  int threads() const { return threads_; }
  const StepTimes& times() const { return times_; }

 private:
  /// Primitives are made for the team of that moment.
  static int with_team(int threads) {
    set_team_size(threads);
    return threads;
  }

  void measure_parts() {
    double part[4] = {};
    int count = 0;
    microseconds([&] {
      Stopwatch watch;
      const auto lap = [&](double& sum) {
        sum += watch.seconds() * 1e6;
        watch.restart();
      };
      step_.copy(), lap(part[0]);
      step_.forward(), lap(part[1]);
      step_.backward(), lap(part[2]);
      step_.update(), lap(part[3]);
      ++count;
    });
    times_.copy.push_back(part[0] / count);
    times_.forward.push_back(part[1] / count);
    times_.backward.push_back(part[2] / count);
    times_.optimiser.push_back(part[3] / count);
  }

  std::string activation_;
  int threads_;
  Step step_;
  BareProducts products_;
  StepTimes times_;
};

std::optional<double> median_of(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  return median(values);
}

nlohmann::json figure(const std::optional<double>& value) { return value ? nlohmann::json(*value) : nlohmann::json(nullptr); }

nlohmann::json to_json(const Row& row, const Contender& contender) {
  const StepTimes& t = contender.times();
  return {{"net", row.name},
          {"batch", row.task.batch},
          {"activation", contender.activation()},
          {"threads", contender.threads()},
          {"floor_us", median(t.floor)},
          {"step_us", median(t.whole)},
          {"ratio", median(t.ratio)},
          {"target", row.target},
          {"over_relu", figure(median_of(t.over_relu))},
          {"speed_up", figure(median_of(t.speed_up))},
          {"floor_speed_up", figure(median_of(t.floor_speed_up))},
          {"copy_us", median(t.copy)},
          {"forward_us", median(t.forward)},
          {"backward_us", median(t.backward)},
          {"optimiser_us", median(t.optimiser)}};
}

/// What a contender is measured against beside its floor: "1.07 of relu's time, at most 1.15".
std::string beside(const Row& row, const StepTimes& t) {
  if (!t.over_relu.empty()) return fmt::format("{:.2f} of relu's time, at most {}", median(t.over_relu), kMostOverRelu);
  if (t.speed_up.empty()) return "";
  const std::string wanted = row.is_large ? fmt::format(", at least {}", kLeastOfTwoThreads) : "";
  return fmt::format("{:.2f} x one thread{}; floor {:.2f} x", median(t.speed_up), wanted, median(t.floor_speed_up));
}

void print(const Row& row, const Contender& contender) {
  const StepTimes& t = contender.times();
  std::string line =
      fmt::format("{:<15}{:>4}  {:<10}{:>2}{:>9.0f}{:>9.0f}{:>7.2f}{:>6.2f}  {:>6.0f}{:>9.0f}{:>9.0f}{:>8.0f}  {}", row.name,
                  row.task.batch, contender.activation(), contender.threads(), median(t.floor), median(t.whole), median(t.ratio),
                  row.target, median(t.copy), median(t.forward), median(t.backward), median(t.optimiser), beside(row, t));
  line.erase(line.find_last_not_of(' ') + 1);
  fmt::print("{}\n", line);
  std::fflush(stdout);
}

/// The contenders of a row, each measured once a round, so that a change of the machine's speed meets all of them: one with `activation`,
/// or, where it is empty, relu, gelu and mish, and relu with two threads.
std::vector<std::unique_ptr<Contender>> measure(const Row& row, const std::string& activation, const Dataset& data, int rounds) {
  std::vector<std::unique_ptr<Contender>> contenders;
  const auto add = [&](const std::string& name, int threads) {
    contenders.push_back(std::make_unique<Contender>(row, name, threads, data));
  };
  if (!activation.empty()) {
    add(activation, 1);
  } else {
    for (const char* name : {"relu", "gelu", "mish"}) add(name, 1);
    if (available_threads() > 1) add("relu", 2);
  }
  for (int round = 0; round < rounds; ++round) {
    for (const auto& contender : contenders) contender->measure(activation.empty() ? contenders.front().get() : nullptr);
  }
  return contenders;
}

std::vector<std::string> network_names() {
  std::vector<std::string> names;
  for (const Row& row : kRows) names.emplace_back(row.name);
  return names;
}

/// What is wrong with a SPEC, or "".
std::string check_activation(const std::string& spec) {
  try {
    parse_network("2-2-2", spec);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

int run(int argc, char** argv) {
  Program program(
      "A training step of several networks beside its floor, the bare matrix products\n"
      "and convolutions. Takes minutes.");
  int rounds = 9;
  std::string only, activation;
  program.add_count("--rounds", rounds, "measurements to take the median of");
  program.add_choice("--only", only, network_names(), "measure this network only", "NET");
  program.add_text("--activation", activation, "measure this one instead of relu, gelu and mish", "SPEC")
      ->check(CLI::Validator(check_activation, ""));
  if (const auto status = program.parse(argc, argv)) return *status;
  fmt::print("a training step, SGD with momentum, single precision: microseconds, medians of {} rounds; floor: bare oneDNN products\n",
             rounds);
  fmt::print("{:<15}{:>4}  {:<10}{:>2}{:>9}{:>9}{:>7}{:>6}  {:>6}{:>9}{:>9}{:>8}\n", "network", "n", "activation", "t", "floor", "ours",
             "ratio", "most", "copy", "forward", "backward", "update");
  nlohmann::json all = nlohmann::json::array();
  for (const Row& row : kRows) {
    if (!only.empty() && row.name != only) continue;
    const Dataset data = made_up_data(row.task, 4);
    for (const auto& contender : measure(row, activation, data, rounds)) {
      print(row, *contender);
      all.push_back(to_json(row, *contender));
    }
  }
  program.write({{"steps", all}});
  return 0;
}

}  // namespace
}  // namespace rectify::bench

int main(int argc, char** argv) { return rectify::bench::run_guarded(argc, argv, rectify::bench::run); }
