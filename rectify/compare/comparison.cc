#include "rectify/compare/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <mutex>
#include <numeric>
#include <optional>
#include <utility>

#include "rectify/base/error.h"
#include "rectify/base/memory.h"
#include "rectify/base/threads.h"
#include "rectify/compare/trial_observer.h"
#include "rectify/data/batches.h"
#include "rectify/diagnose/diagnosis.h"
#include "rectify/nn/parameter_store.h"

namespace rectify {
namespace {

TrainOptions trial_options(const CompareOptions& options, int trial) {
  TrainOptions one = options.base;
  one.activation = options.activations[trial / options.seeds];
  one.seed += static_cast<std::uint64_t>(trial % options.seeds);
  return one;
}

std::int64_t parameter_count(const Model& model) {
  const std::vector<ParameterSlot> slots = ParameterStore::layout(model);
  return std::accumulate(slots.begin(), slots.end(), std::int64_t{0},
                         [](std::int64_t sum, const ParameterSlot& s) { return sum + s.size(); });
}

Model network_with(TrainOptions options, const std::string& activation, const NetworkTask& task) {
  options.activation = activation;
  return network_of(options, task);
}

/// The trials in the order in which they begin: those with the most parameters first, so that no core is left with a long one at the end.
std::vector<int> longest_first(const CompareOptions& options, const NetworkTask& task) {
  std::vector<std::int64_t> cost;
  for (const std::string& activation : options.activations) cost.push_back(parameter_count(network_with(options.base, activation, task)));
  std::vector<int> order(options.trials());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return cost[a / options.seeds] > cost[b / options.seeds]; });
  return order;
}

Result asked(const TrainOptions& options, const Dataset& data) {
  Result result;
  result.activation = options.activation;
  result.name = activation_label(options.activation);
  const Problem problem(options.task, options.loss, data);
  result.task = problem.task;
  result.loss = problem.loss.text();
  result.net = options.net;
  result.data = data.name;
  result.targets = data.targets;
  result.init = options.init.text();
  static_cast<TrainingSettings&>(result) = settings_of(options, data);
  result.seed = options.seed;
  return result;
}

void take(Result& result, const RunRecord& run) {
  result.state = run.state;
  result.non_finite = run.non_finite;
  result.test_accuracy = run.test_accuracy;
  result.test_loss = run.test_loss;
  result.r_squared = run.r_squared;
  result.rms_errors = run.rms_errors;
  result.epoch_loss = run.train_loss;
  if (!run.train_loss.empty()) result.train_loss = run.train_loss.back();
  if (run.seconds_per_epoch > 0) result.seconds_per_epoch = run.seconds_per_epoch;
  result.ns_per_element = run.ns_per_element;
  result.data_off_centre = run.data_off_centre;
  result.learnt = run.learnt;
  result.threads = run.threads;
  result.diagnosis = diagnose(run);
}

/// The mean of those member(result) that have a value.
template <class Member>
std::optional<double> mean(const std::vector<const Result*>& results, const Member& member) {
  double sum = 0;
  int count = 0;
  for (const Result* result : results) {
    if (const std::optional<double>& value = member(*result)) sum += *value, ++count;
  }
  if (count == 0) return std::nullopt;
  return sum / count;
}

using Measure = std::optional<double> LayerMeasures::*;
constexpr Measure kMeasures[] = {&LayerMeasures::saturated,  &LayerMeasures::inactive,         &LayerMeasures::dead,
                                 &LayerMeasures::dead_start, &LayerMeasures::revived,          &LayerMeasures::off_centre,
                                 &LayerMeasures::one_signed, &LayerMeasures::one_signed_batch, &LayerMeasures::nonlinear_use,
                                 &LayerMeasures::grad_rms};

using Alarm = bool Alarms::*;
constexpr Alarm kAlarms[] = {&Alarms::accuracy, &Alarms::span_start, &Alarms::span_end,   &Alarms::saturated,
                             &Alarms::dead,     &Alarms::off_centre, &Alarms::one_signed, &Alarms::nonlinear_use};

Diagnosis mean_diagnosis(const std::vector<const Result*>& results) {
  Diagnosis d = results.front()->diagnosis;
  for (const Measure m : kMeasures) {
    d.worst.*m = mean(
        results, [m](const Result& r) -> const auto& { return r.diagnosis.worst.*m; });
    for (std::size_t i = 0; i < d.layers.size(); ++i) {
      d.layers[i].*m = mean(
          results, [ m, i ](const Result& r) -> const auto& { return r.diagnosis.layers[i].*m; });
    }
  }
  d.gradient_span_start = mean(
      results, [](const Result& r) -> const auto& { return r.diagnosis.gradient_span_start; });
  d.gradient_span_end = mean(
      results, [](const Result& r) -> const auto& { return r.diagnosis.gradient_span_end; });
  for (const Alarm a : kAlarms) {
    d.alarms.*a = std::any_of(results.begin(), results.end(), [a](const Result* r) { return r->diagnosis.alarms.*a; });
  }
  return d;
}

Result mean_result(const std::vector<const Result*>& results) {
  Result row = *results.front();
  row.seeds = static_cast<int>(results.size());
  row.test_accuracy = mean(
      results, [](const Result& r) -> const auto& { return r.test_accuracy; });
  row.test_loss = mean(
      results, [](const Result& r) -> const auto& { return r.test_loss; });
  row.r_squared = mean(
      results, [](const Result& r) -> const auto& { return r.r_squared; });
  for (std::size_t j = 0; j < row.rms_errors.size(); ++j) {
    row.rms_errors[j] = *mean(results, [j](const Result& r) { return std::optional(r.rms_errors[j]); });
  }
  row.train_loss = mean(
      results, [](const Result& r) -> const auto& { return r.train_loss; });
  row.seconds_per_epoch = mean(
      results, [](const Result& r) -> const auto& { return r.seconds_per_epoch; });
  row.ns_per_element = mean(
      results, [](const Result& r) -> const auto& { return r.ns_per_element; });
  row.diagnosis = mean_diagnosis(results);
  return row;
}

int threads_of(const CompareOptions& options) { return options.threads > 0 ? options.threads : available_threads(); }

/// Checks that the trials which run at once fit into memory together.
void check_memory(const CompareOptions& options, const Dataset& data) {
  std::vector<double> bytes;
  for (int i = 0; i < options.trials(); i += options.seeds) {
    const TrainOptions one = trial_options(options, i);
    // Whoever is given the parameters has a copy of them, and will write them down.
    const double copies =
        options.on_trained ? 2.0 * sizeof(float) * static_cast<double>(parameter_count(network_of(one, task_of(data, one)))) : 0;
    bytes.insert(bytes.end(), options.seeds, bytes_needed(one, data) + copies);
  }
  const auto at_once = std::min<std::ptrdiff_t>(threads_of(options), std::ssize(bytes));
  std::partial_sort(bytes.begin(), bytes.begin() + at_once, bytes.end(), std::greater<>());
  const double needed = std::accumulate(bytes.begin(), bytes.begin() + at_once, 0.0), there_is = static_cast<double>(usable_memory());
  if (needed <= there_is) return;
  fail("compare",
       fmt::format("{} trainings at once need {:.1f} GiB, this machine has {:.1f}: write --threads 1, which runs one after the other",
                   at_once, needed / 0x1p30, there_is / 0x1p30));
}

/// Checks that the activations that are asked for change the network: a description may name its own at every place.
void check_differ(const CompareOptions& options, const Dataset& data) {
  const NetworkTask task = task_of(data, options.base);
  const auto& all = options.activations;
  const auto other = std::find_if(all.begin(), all.end(), [&](const std::string& spec) { return spec != all.front(); });
  if (other == all.end()) return;
  if (network_with(options.base, all.front(), task) != network_with(options.base, *other, task)) return;
  fail("compare",
       fmt::format("{} is the same network with {} and with {}, wanted one with a hidden layer whose activation is not written out",
                   options.base.net, all.front(), *other));
}

}  // namespace

std::vector<std::string> lecture_activations() { return {"linear", "sigmoid", "tanh", "relu", "leaky_relu", "prelu", "elu", "maxout"}; }

std::string default_net(const Dataset& data, const TrainOptions& options) {
  return fmt::format("{}-8x128-{}", data.sample_size(), Problem(options.task, options.loss, data).outputs);
}

void check(const CompareOptions& options, const Dataset& data) {
  if (options.activations.empty()) fail("compare", "no activations, wanted at least one");
  if (options.seeds < 1) fail("compare", fmt::format("{} seeds, wanted at least 1", options.seeds));
  if (options.threads < 0) fail("compare", fmt::format("{} threads, wanted at least 1, or 0 for one per core", options.threads));
  if (const std::uint64_t last = std::numeric_limits<std::uint64_t>::max(); options.base.seed > last - (options.seeds - 1)) {
    fail("compare",
         fmt::format("{} seeds from {} on go beyond {}, the largest: begin with a smaller --seed", options.seeds, options.base.seed, last));
  }
  for (int i = 0; i < options.trials(); i += options.seeds) check(trial_options(options, i), data);
  check_memory(options, data);
  check_differ(options, data);
}

std::vector<Result> compare(const CompareOptions& options, const Dataset& data, ProgressSink& progress, const std::atomic<bool>& stop) {
  check(options, data);
  const Standardisation standardisation(data);
  const std::vector<int> order = longest_first(options, task_of(data, options.base));
  std::vector<Result> results(options.trials());
  std::mutex mutex;
  const int threads = threads_of(options);
  const int threads_each = std::max(1, threads / options.trials());
  run_jobs(options.trials(), threads, [&](int i) {
    const int trial = order[i];
    const TrainOptions one = trial_options(options, trial);
    set_team_size(threads_worth(one, data, threads_each));
    results[trial] = asked(one, data);
    if (stop) return;
    try {
      TrialObserver observer(trial, progress, mutex);
      std::optional<ParameterStore> weights;
      if (options.on_trained) weights.emplace(network_of(one, task_of(data, one)));
      take(results[trial], train(one, data, standardisation, observer, stop, weights ? &*weights : nullptr));
      const Result& result = results[trial];
      const bool has_learnt = result.state == RunState::kInterrupted && !result.epoch_loss.empty();
      if (weights && (result.state == RunState::kFinished || has_learnt)) {
        const std::lock_guard lock(mutex);
        options.on_trained(one, standardisation, std::move(*weights));
      }
    } catch (const std::exception& e) {
      results[trial].error = e.what();
    }
  });
  return results;
}

std::vector<Result> mean_over_seeds(std::span<const Result> results, int seeds) {
  std::vector<Result> rows;
  for (std::size_t first = 0; first < results.size(); first += seeds) {
    std::vector<const Result*> finished;
    for (const Result& result : results.subspan(first, seeds)) {
      if (result.state == RunState::kFinished && result.error.empty()) finished.push_back(&result);
    }
    rows.push_back(finished.empty() ? results[first] : mean_result(finished));
    std::string& verdict = rows.back().diagnosis.verdict;
    if (seeds > 1 && !verdict.empty()) verdict = fmt::format("Seed {}: {}", rows.back().seed, verdict);
    if (!finished.empty() && static_cast<int>(finished.size()) < seeds) {
      verdict += fmt::format(" Of {} seeds {} finished; the row is their mean.", seeds, finished.size());
    }
  }
  return rows;
}

}  // namespace rectify
