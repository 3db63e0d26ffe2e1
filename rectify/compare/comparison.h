// A comparison: the same training with several activations and seeds, one trial per core.
#pragma once

#include <atomic>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "rectify/data/dataset.h"
#include "rectify/record/result.h"
#include "rectify/train/trainer.h"

namespace rectify {

/// The activations of the lecture, in its order.
std::vector<std::string> lecture_activations();

/// What a comparison is asked to do.
struct CompareOptions {
  std::vector<std::string> activations = lecture_activations();  ///< SPECs
  TrainOptions base;                                             ///< of every trial; its activation is not looked at
  int seeds = 1;                                                 ///< trials an activation, with seeds base.seed, base.seed + 1, ...
  int threads = 0;                                               ///< trials at once and threads of each together; 0: one per core

  /// Is given the parameters of each trial that finishes, or is interrupted after an epoch or more, with its options; calls come one at a
  /// time.
  std::function<void(const TrainOptions& options, const Standardisation& standardisation, ParameterStore&& parameters)> on_trained;

  int trials() const { return static_cast<int>(activations.size()) * seeds; }
};

/// Is told how the trials of a comparison go. Calls come from several threads, never two at once. Trials are numbered by activation, then
/// by seed.
class ProgressSink {
 public:
  virtual ~ProgressSink() = default;
  virtual void on_begin(int trial) { (void)trial; }
  /// After `done` of `steps` steps of a trial.
  virtual void on_step(int trial, std::int64_t done, std::int64_t steps) { (void)trial, (void)done, (void)steps; }
  /// After an epoch (from 1) of a trial with its mean loss.
  virtual void on_epoch(int trial, int epoch, double loss) { (void)trial, (void)epoch, (void)loss; }
  virtual void on_end(int trial) { (void)trial; }
};

/// The network that is trained on `data` for the task of `options` unless another is asked for: eight hidden layers of 128 units, deep
/// enough to lose a gradient.
std::string default_net(const Dataset& data, const TrainOptions& options);

/// Checks that every trial can be run on `data` before any is. Errors: those of check(TrainOptions), [compare] no activations, seeds < 1,
/// threads < 0, seeds beyond the largest number, more memory for the trials that run at once than there is, a network that is the same
/// with all activations.
void check(const CompareOptions& options, const Dataset& data);

/// Runs all trials, the longest first, and returns them by activation, then by seed. A trial that throws is told in its Result, as is one
/// that `stop` interrupted or kept from beginning; the others are not touched by it. Threads that no trial is
/// left for compute together with others, where the network is large enough; results are the same for the same number of threads a trial.
std::vector<Result> compare(const CompareOptions& options, const Dataset& data, ProgressSink& progress, const std::atomic<bool>& stop);

/// One row an activation from what compare() returned: the mean over its finished trials, or the first trial where none finished. An alarm
/// is set where any trial has it; the verdict is the first finished trial's and, where there are several seeds, says which that is.
std::vector<Result> mean_over_seeds(std::span<const Result> results, int seeds);

}  // namespace rectify
