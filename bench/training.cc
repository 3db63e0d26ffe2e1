// A training step of 784-8x128-10 at batch 128 on one thread beside its floor, the bare matrix products. Usage: training [--rounds N]
// [--json FILE]
#include <fmt/core.h>

#include <exception>
#include <string>
#include <vector>

#include "products.h"
#include "rectify/base/threads.h"
#include "rectify/base/timing.h"
#include "rectify/data/batches.h"
#include "rectify/data/dataset.h"
#include "rectify/nn/initialise.h"
#include "rectify/nn/plan.h"
#include "rectify/train/optimiser.h"
#include "surroundings.h"

namespace rectify::bench {
namespace {

constexpr int kStepsPerRound = 40;

/// Where a step's time goes, in microseconds.
struct StepTimes {
  std::vector<double> floor, whole, ratio, copy, forward, backward, optimiser;
};

/// Our training step, part by part.
class Step {
 public:
  Step(const std::string& activation, const Dataset& data, const Standardisation& standardisation)
      : data_(data),
        standardisation_(standardisation),
        order_(epoch_order(data.train.count, 1, 0)),
        model_(parse_network(kNet, activation)),
        store_(model_),
        backend_(make_onednn_backend()),
        plan_(model_, store_, *backend_, kBatch, Mode::kTraining),
        optimiser_({}, store_) {
    initialise(model_, {}, 1, store_);
  }

  void copy() {
    next_ = next_ + kBatch <= data_.train.count ? next_ : 0;
    copy_batch(data_.train, standardisation_, order_, next_, kBatch, plan_.input().data(), plan_.labels().data());
    next_ += kBatch;
  }
  void forward() {
    plan_.parameters_changed();
    plan_.forward();
  }
  void backward() { plan_.backward(); }
  void update() { optimiser_.step(0.01); }

  const ParameterStore& store() const { return store_; }

 private:
  const Dataset& data_;
  const Standardisation& standardisation_;
  std::vector<std::uint32_t> order_;
  std::int64_t next_ = 0;
  Model model_;
  ParameterStore store_;
  std::unique_ptr<Backend> backend_;
  Plan plan_;
  Optimiser optimiser_;
};

template <class F>
double microseconds_per_step(F&& run) {
  const Stopwatch watch;
  for (int i = 0; i < kStepsPerRound; ++i) run();
  return watch.seconds() / kStepsPerRound * 1e6;
}

StepTimes measure(const std::string& activation, const Dataset& data, const Standardisation& standardisation, int rounds) {
  Step step(activation, data, standardisation);
  BareProducts products(kBatch, dense_sizes(step.store()));
  StepTimes times;
  for (int round = -1; round < rounds; ++round) {
    const double floor = microseconds_per_step([&] { products.run(); });
    const double whole = microseconds_per_step([&] { step.copy(), step.forward(), step.backward(), step.update(); });
    double part[4] = {};
    microseconds_per_step([&] {
      Stopwatch watch;
      const auto lap = [&](double& sum) {
        sum += watch.seconds() / kStepsPerRound * 1e6;
        watch.restart();
      };
      step.copy(), lap(part[0]);
      step.forward(), lap(part[1]);
      step.backward(), lap(part[2]);
      step.update(), lap(part[3]);
    });
    if (round < 0) continue;  // the first warms up
    times.floor.push_back(floor);
    times.whole.push_back(whole);
    times.ratio.push_back(whole / floor);
    times.copy.push_back(part[0]);
    times.forward.push_back(part[1]);
    times.backward.push_back(part[2]);
    times.optimiser.push_back(part[3]);
  }
  return times;
}

int run(int argc, char** argv) {
  set_team_size(1);
  const int rounds = count_option(argc, argv, "--rounds", 15);
  const Dataset data = load_dataset("fashion-mnist");
  const Standardisation standardisation(data);
  fmt::print("training step of {}, batch {}, one thread: microseconds, medians of {} rounds of {} steps\n", kNet, kBatch, rounds,
             kStepsPerRound);
  fmt::print("{:<12}{:>8}{:>8}{:>7}   {:>8}{:>9}{:>10}{:>11}\n", "", "floor", "ours", "ratio", "copy", "forward", "backward", "optimiser");
  nlohmann::json rows = nlohmann::json::array();
  for (const char* activation : kLectureActivations) {
    const StepTimes t = measure(activation, data, standardisation, rounds);
    fmt::print("{:<12}{:>8.0f}{:>8.0f}{:>7.2f}   {:>8.0f}{:>9.0f}{:>10.0f}{:>11.0f}\n", activation, median(t.floor), median(t.whole),
               median(t.ratio), median(t.copy), median(t.forward), median(t.backward), median(t.optimiser));
    rows.push_back({{"activation", activation},
                    {"floor_us", median(t.floor)},
                    {"step_us", median(t.whole)},
                    {"ratio", median(t.ratio)},
                    {"copy_us", median(t.copy)},
                    {"forward_us", median(t.forward)},
                    {"backward_us", median(t.backward)},
                    {"optimiser_us", median(t.optimiser)}});
  }
  write_json(option(argc, argv, "--json", ""), {{"net", kNet}, {"batch", kBatch}, {"steps", rows}});
  return 0;
}

}  // namespace
}  // namespace rectify::bench

int main(int argc, char** argv) {
  try {
    return rectify::bench::run(argc, argv);
  } catch (const std::exception& e) {
    fmt::print(stderr, "{}\n", e.what());
    return 1;
  }
}
