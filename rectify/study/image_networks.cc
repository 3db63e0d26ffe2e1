#include "rectify/study/image_networks.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <utility>

#include "rectify/base/error.h"
#include "rectify/nn/presets.h"
#include "rectify/study/blocks.h"
#include "rectify/study/probe_network.h"

namespace rectify {
namespace {

constexpr std::int64_t kEvery = 10;  // steps
constexpr std::int64_t kSamples = 512;

class LowError : public Watcher {
 public:
  LowError(const TrainOptions& training, const Dataset& data) : probe_(training, data, kSamples) {}

  void on_update(const ParameterStore& parameters, double) override {
    if (reached_) return;
    ++steps_;
    reached_ = steps_ % kEvery == 0 && probe_.error(parameters) <= kLowError;
  }

  void report(Measures& out) const override {
    if (steps_ == 0) return;
    out["steps"] = static_cast<double>(steps_);
    out["log_steps"] = std::log10(static_cast<double>(steps_));
    out["reached"] = reached_ ? 1 : 0;
  }

 private:
  ProbeNetwork probe_;
  std::int64_t steps_ = 0;
  bool reached_ = false;
};

/// How many elements the activations of a network have for one sample.
double activation_elements(const TrainOptions& training, const Dataset& data) {
  const Model model = describe_network(training.net, training.activation, task_of(data, training));
  const std::vector<Shape> all = shapes(model);
  double elements = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (model.nodes[i].kind == NodeKind::kActivation) elements += static_cast<double>(all[i].size());
  }
  return elements;
}

/// Keeps the least value that a measure had so far, and its log10 beside it.
double keep_least(Measures& out, const std::string& measure, double value) {
  const auto [found, first] = out.emplace(measure, value);
  found->second = std::min(found->second, value);
  out["log_" + measure] = std::log10(found->second);
  return found->second;
}

}  // namespace

std::string image_net(const StudyScope& scope) {
  const auto& shape = scope.data.sample_shape;
  if (shape.size() < 2) fail("study", fmt::format("{} are no images, which convolutions need: try --data fashion-mnist", scope.data.name));
  if (!scope.net.empty()) return scope.net;
  if (scope.length == StudyLength::kFull) return "lenet";
  const std::string channels = shape.size() == 3 ? fmt::format("{}x", shape[0]) : "1x";
  return fmt::format("{}{}x{} conv8 pool conv16 pool 32 {}", channels, shape[shape.size() - 2], shape.back(), scope.data.classes);
}

StudyCase image_case(std::vector<std::string> labels, const std::string& net, const std::string& activation, int epochs) {
  StudyCase one;
  one.labels = std::move(labels);
  one.training = study_training(net, activation, epochs, 0.002);
  one.training->optimiser = OptimiserOptions::parse("adam");
  one.training->recording = Recording::kOff;
  one.rates = {0.0005, 0.002, 0.008};
  return one;
}

std::unique_ptr<Watcher> watch_for_low_error(const TrainOptions& training, const Dataset& data) {
  return std::make_unique<LowError>(training, data);
}

void measure_cost(const TrainOptions& training, const Dataset& data, Measures& out) {
  constexpr std::int64_t kSteps = 10;
  Dataset few = data;
  keep_first(few, kSteps * training.batch);
  few.test.count = std::min<std::int64_t>(few.test.count, 1);
  TrainOptions brief = training;
  brief.epochs = 1;
  brief.recording = Recording::kOff;
  const double steps = std::ceil(static_cast<double>(few.train.count) / static_cast<double>(training.batch));
  const std::atomic<bool> never = false;
  Observer silent;
  const RunRecord run = train(brief, few, Standardisation(few), silent, never);
  keep_least(out, "step", 1e3 * run.seconds_per_epoch / steps);
  const double step = out.at("step");
  if (run.ns_per_element) {
    const double cost = keep_least(out, "cost", *run.ns_per_element);
    out["share"] = activation_elements(training, data) * static_cast<double>(few.train.count) / steps * cost * 1e-6 / step;
  }
  if (!out.contains("steps")) return;
  out["time"] = out.at("steps") * step * 1e-3;
  out["log_time"] = std::log10(out.at("time"));
}

}  // namespace rectify
