// How good a network is on a split that it is not trained on.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "rectify/train/batch_plans.h"

namespace rectify {

/// Sums the targets of an evaluation, for R^2.
class Variance {
 public:
  explicit Variance(std::int64_t outputs) : sum_(outputs), square_(outputs) {}
  /// Adds targets [samples, outputs].
  void add(std::span<const float> targets);
  /// The sum over all targets of their squared distance from the mean of their output.
  double total() const;

 private:
  std::vector<double> sum_, square_;
  std::int64_t samples_ = 0;
};

/// What is summed over the batches of a split.
class Evaluation {
 public:
  explicit Evaluation(const Problem& problem) : problem_(problem), variance_(problem.outputs), squares_(problem.outputs) {}
  /// Adds a batch of which a forward pass gave `loss`.
  void add(Plan& plan, double loss);

  /// The mean over all samples.
  double loss() const { return loss_ / static_cast<double>(samples_); }
  /// The share of the samples that it gets right, of classification.
  std::optional<double> accuracy() const;
  /// 1 - the squared error over the variance of the targets, of the other tasks where the targets vary.
  std::optional<double> r_squared() const;
  /// The root of the mean squared error of each target in its own units, of regression; else empty.
  std::vector<double> rms_errors(const TargetStandardisation& targets) const;

 private:
  Problem problem_;
  Variance variance_;
  std::vector<double> squares_;  // of each output's errors
  double loss_ = 0;
  std::int64_t samples_ = 0, correct_ = 0;
};

/// How many of `samples`, above 0, are evaluated at once: 500, or half as often as takes their plan to 256 MiB.
std::int64_t evaluation_batch(const Model& model, std::int64_t samples);

/// Runs a network forward over a split in order, adds to `evaluation`, and calls `seen`, where given, after each batch.
void evaluate(const Model& model, ParameterStore& store, Backend& backend, const Split& split, const Standardisation& standardisation,
              const TargetLoader& targets, Precision precision, Evaluation& evaluation, const std::function<void(Plan&)>& seen = {});

}  // namespace rectify
