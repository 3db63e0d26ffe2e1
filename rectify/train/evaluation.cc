#include "rectify/train/evaluation.h"

#include <algorithm>
#include <cmath>

#include "rectify/nn/plan_memory.h"

namespace rectify {
namespace {

constexpr std::int64_t kMostSamples = 500;
constexpr std::size_t kMostBytes = std::size_t{256} << 20;

}  // namespace

std::int64_t evaluation_batch(const Model& model, std::int64_t samples) {
  std::int64_t batch = std::min(kMostSamples, samples);
  while (batch > 1 && least_plan_bytes(model, batch, Mode::kInference) > kMostBytes) batch = (batch + 1) / 2;
  return batch;
}

void Variance::add(std::span<const float> targets) {
  const std::size_t outputs = sum_.size();
  samples_ += static_cast<std::int64_t>(targets.size() / outputs);
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const double target = targets[i];
    sum_[i % outputs] += target;
    square_[i % outputs] += target * target;
  }
}

double Variance::total() const {
  double total = 0;
  for (std::size_t j = 0; j < sum_.size(); ++j) total += square_[j] - sum_[j] * sum_[j] / static_cast<double>(samples_);
  return total;
}

void Evaluation::add(Plan& plan, double loss) {
  loss_ += loss * static_cast<double>(plan.batch());
  samples_ += plan.batch();
  if (problem_.task == Task::kClassification) {
    correct_ += plan.correct();
    return;
  }
  variance_.add(plan.targets());
  const std::span<const float> wanted = plan.targets(), got = plan.logits();
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const double error = static_cast<double>(got[i]) - wanted[i];
    squares_[i % squares_.size()] += error * error;
  }
}

std::optional<double> Evaluation::accuracy() const {
  if (problem_.task != Task::kClassification) return std::nullopt;
  return static_cast<double>(correct_) / static_cast<double>(samples_);
}

std::optional<double> Evaluation::r_squared() const {
  const double total = variance_.total();
  if (problem_.task == Task::kClassification || !(total > 0)) return std::nullopt;
  return 1 - loss_ * static_cast<double>(problem_.outputs) / total;
}

std::vector<double> Evaluation::rms_errors(const TargetStandardisation& targets) const {
  std::vector<double> errors;
  if (problem_.task != Task::kRegression) return errors;
  for (std::size_t j = 0; j < squares_.size(); ++j) {
    errors.push_back(std::sqrt(squares_[j] / static_cast<double>(samples_)) / targets.scales()[j]);
  }
  return errors;
}

void evaluate(const Model& model, ParameterStore& store, Backend& backend, const Split& split, const Standardisation& standardisation,
              const TargetLoader& targets, Precision precision, Evaluation& evaluation, const std::function<void(Plan&)>& seen) {
  if (split.count == 0) return;
  BatchPlans plans(model, store, backend, split, standardisation, targets, evaluation_batch(model, split.count), Mode::kInference,
                   precision);
  const std::vector<std::uint32_t> order = fixed_order(split.count);
  for (std::int64_t i = 0; i < plans.batches(); ++i) {
    Plan& plan = plans.load(order, i);
    evaluation.add(plan, plan.forward());
    if (seen) seen(plan);
  }
}

}  // namespace rectify
