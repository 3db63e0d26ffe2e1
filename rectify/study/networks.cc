#include "rectify/study/networks.h"

#include <algorithm>
#include <cmath>

#include "rectify/base/random.h"
#include "rectify/diagnose/measures.h"
#include "rectify/nn/initialise.h"
#include "rectify/nn/plan.h"
#include "rectify/study/blocks.h"
#include "rectify/train/batch_plans.h"
#include "rectify/train/evaluation.h"

namespace rectify {
namespace {

constexpr std::int64_t kSamples = 500;
constexpr int kPairs = 4000;
constexpr std::int64_t kDeadSamples = 4096, kGradientSamples = 512;

std::int64_t class_of(std::span<const float> logits) { return std::max_element(logits.begin(), logits.end()) - logits.begin(); }

double accuracy_on(const Split& split, const TrainedCase& trained) {
  const Problem problem(std::nullopt, std::nullopt, trained.data);
  Evaluation evaluation(problem);
  const std::unique_ptr<Backend> backend = make_onednn_backend();
  evaluate(*trained.model, *trained.parameters, *backend, split, trained.standardisation, TargetLoader(problem, trained.data),
           Precision::kFloat32, evaluation);
  return evaluation.accuracy().value_or(0);
}

}  // namespace

std::vector<float> test_samples(const Dataset& data, const Standardisation& standardisation, std::int64_t count) {
  const std::int64_t size = data.sample_size();
  std::vector<float> x(static_cast<std::size_t>(std::min(count, data.test.count) * size));
  for (std::int64_t i = 0; i * size < static_cast<std::int64_t>(x.size()); ++i) standardisation.apply(data.test, i, &x[i * size]);
  return x;
}

std::vector<float> outputs_of(const Model& model, ParameterStore& parameters, std::span<const float> x, std::int64_t count) {
  const std::unique_ptr<Backend> backend = make_onednn_backend();
  Plan plan(model, parameters, *backend, count, Mode::kInference);
  std::copy(x.begin(), x.end(), plan.input().begin());
  plan.forward();
  return {plan.logits().begin(), plan.logits().end()};
}

AffineMap multiplied_out(const ParameterStore& parameters) {
  AffineMap map;
  const std::span<const float> values = parameters.values();
  for (const ParameterSlot& slot : parameters.slots()) {
    const auto held = values.subspan(slot.offset, slot.size());
    if (slot.kind == ParameterKind::kBias) {
      for (std::int64_t i = 0; i < map.outputs; ++i) map.offset[i] += held[i];
    }
    if (slot.kind != ParameterKind::kWeight) continue;
    const std::int64_t outputs = slot.shape[0], inner = slot.shape[1];
    if (map.outputs == 0) {
      map = {inner, outputs, {held.begin(), held.end()}, std::vector<double>(outputs)};
      continue;
    }
    AffineMap next{map.inputs, outputs, std::vector<double>(outputs * map.inputs), std::vector<double>(outputs)};
    for (std::int64_t o = 0; o < outputs; ++o) {
      for (std::int64_t k = 0; k < inner; ++k) {
        const double w = held[o * inner + k];
        next.offset[o] += w * map.offset[k];
        for (std::int64_t i = 0; i < map.inputs; ++i) next.matrix[o * map.inputs + i] += w * map.matrix[k * map.inputs + i];
      }
    }
    map = std::move(next);
  }
  return map;
}

double distance_from_product(const TrainedCase& trained) {
  const std::vector<float> x = test_samples(trained.data, trained.standardisation, kSamples);
  const AffineMap map = multiplied_out(*trained.parameters);
  const auto count = static_cast<std::int64_t>(x.size()) / map.inputs;
  const std::vector<float> y = outputs_of(*trained.model, *trained.parameters, x, count);
  double largest = 0, squares = 0;
  for (std::int64_t s = 0; s < count; ++s) {
    for (std::int64_t o = 0; o < map.outputs; ++o) {
      double product = map.offset[o];
      for (std::int64_t i = 0; i < map.inputs; ++i) product += map.matrix[o * map.inputs + i] * x[s * map.inputs + i];
      const double got = y[s * map.outputs + o];
      largest = std::max(largest, std::abs(got - product));
      squares += got * got;
    }
  }
  return largest / std::sqrt(squares / static_cast<double>(y.size()));
}

double straight_share(const TrainedCase& trained) {
  const std::vector<float> x = test_samples(trained.data, trained.standardisation, kSamples);
  const std::int64_t inputs = trained.model->input_units(), outputs = trained.model->output_units();
  const auto count = static_cast<std::int64_t>(x.size()) / inputs;
  const std::vector<float> y = outputs_of(*trained.model, *trained.parameters, x, count);
  const auto class_at = [&](std::span<const float> logits, std::int64_t i) { return class_of(logits.subspan(i * outputs, outputs)); };
  Random random(trained.seed, named_stream("straight share"));
  std::vector<float> middles;
  std::vector<std::int64_t> classes;
  for (int i = 0; i < kPairs; ++i) {
    const auto a = static_cast<std::int64_t>(random.below(count)), b = static_cast<std::int64_t>(random.below(count));
    if (class_at(y, a) != class_at(y, b)) continue;
    classes.push_back(class_at(y, a));
    for (std::int64_t k = 0; k < inputs; ++k) middles.push_back((x[a * inputs + k] + x[b * inputs + k]) / 2);
  }
  const auto pairs = static_cast<std::int64_t>(classes.size());
  const std::vector<float> said = outputs_of(*trained.model, *trained.parameters, middles, pairs);
  std::int64_t same = 0;
  for (std::int64_t i = 0; i < pairs; ++i) same += class_at(said, i) == classes[i];
  return static_cast<double>(same) / static_cast<double>(pairs);
}

double training_accuracy(const TrainedCase& trained) { return accuracy_on(trained.data.train, trained); }

double test_accuracy(const TrainedCase& trained) { return accuracy_on(trained.data.test, trained); }

std::optional<double> first_median_gradient(const Initialisation& init, const TrainedCase& untrained) {
  const Model& model = *untrained.model;
  ParameterStore parameters(model);
  initialise(model, init, untrained.seed, parameters);
  const Problem problem(std::nullopt, std::nullopt, untrained.data);
  const TargetLoader targets(problem, untrained.data);
  const std::unique_ptr<Backend> backend = make_onednn_backend();
  BatchPlans plans(model, parameters, *backend, untrained.data.train, untrained.standardisation, targets,
                   std::min(kGradientSamples, untrained.data.train.count), Mode::kTraining, Precision::kFloat32);
  Plan& plan = plans.load(fixed_order(untrained.data.train.count), 0);
  plan.forward();
  plan.backward();
  const auto first = std::find_if(parameters.slots().begin(), parameters.slots().end(),
                                  [](const ParameterSlot& slot) { return slot.kind == ParameterKind::kWeight; });
  const std::span<const float> gradients = parameters.gradients(*first);
  std::vector<float> sizes(gradients.size());
  std::transform(gradients.begin(), gradients.end(), sizes.begin(), [](float g) { return std::abs(g); });
  const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
  std::nth_element(sizes.begin(), middle, sizes.end());
  if (*middle == 0) return std::nullopt;
  return std::log10(*middle);
}

double dead_share(const TrainedCase& trained) {
  const Problem problem(std::nullopt, std::nullopt, trained.data);
  const TargetLoader targets(problem, trained.data);
  const std::unique_ptr<Backend> backend = make_onednn_backend();
  BatchPlans plans(*trained.model, *trained.parameters, *backend, trained.data.test, trained.standardisation, targets, kStudyBatch,
                   Mode::kTraining, Precision::kFloat32);
  NetworkStats stats = plans.make_stats();
  const std::vector<std::uint32_t> order = fixed_order(trained.data.test.count);
  for (std::int64_t i = 0; i < std::min(plans.batches(), kDeadSamples / kStudyBatch); ++i) {
    Plan& plan = plans.load(order, i);
    plan.set_pass({.pass = Pass::kProbe});
    plan.forward(&stats);
  }
  double sum = 0;
  for (const LayerStats& layer : stats.layers) {
    const std::vector<bool> dead = dead_units(layer.sums);
    sum += static_cast<double>(std::count(dead.begin(), dead.end(), true)) / static_cast<double>(dead.size());
  }
  return sum / static_cast<double>(stats.layers.size());
}

}  // namespace rectify
