#include "rectify/study/probe_network.h"

#include <algorithm>

#include "rectify/diagnose/measures.h"
#include "rectify/nn/presets.h"

namespace rectify {

ProbeNetwork::ProbeNetwork(const TrainOptions& training, const Dataset& data, std::int64_t samples)
    : data_(data),
      standardisation_(data),
      targets_(Problem(training.task, training.loss, data), data),
      model_(describe_network(training.net, training.activation, task_of(data, training))),
      store_(model_),
      backend_(make_onednn_backend()),
      plans_(model_, store_, *backend_, data.train, standardisation_, targets_, std::min(training.batch, data.train.count), Mode::kTraining,
             training.precision),
      order_(fixed_order(data.train.count)),
      batches_(std::min((samples + plans_.batch() - 1) / plans_.batch(), plans_.batches())) {}

template <class See>
void ProbeNetwork::run(const ParameterStore& parameters, NetworkStats* stats, const See& see) {
  std::ranges::copy(parameters.values(), store_.values().begin());
  for (std::int64_t i = 0; i < batches_; ++i) {
    Plan& plan = plans_.load(order_, i);
    plan.set_pass({.pass = Pass::kProbe});
    plan.forward(stats);
    see(plan);
  }
}

std::vector<bool> ProbeNetwork::dead_units(const ParameterStore& parameters) {
  NetworkStats stats = plans_.make_stats();
  run(parameters, &stats, [](Plan&) {});
  std::vector<bool> dead;
  for (const LayerStats& layer : stats.layers) {
    const std::vector<bool> of_layer = rectify::dead_units(layer.sums);
    dead.insert(dead.end(), of_layer.begin(), of_layer.end());
  }
  return dead;
}

double ProbeNetwork::error(const ParameterStore& parameters) {
  std::int64_t right = 0, all = 0;
  run(parameters, nullptr, [&](Plan& plan) { right += plan.correct(), all += plan.batch(); });
  return 1 - static_cast<double>(right) / static_cast<double>(all);
}

}  // namespace rectify
