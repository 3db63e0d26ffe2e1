// The training loop. Knows no rule: what it sees goes to an Observer and into a RunRecord.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "rectify/data/augmentation.h"
#include "rectify/data/batches.h"
#include "rectify/data/dataset.h"
#include "rectify/nn/initialise.h"
#include "rectify/nn/presets.h"
#include "rectify/record/plan_record.h"
#include "rectify/record/run.h"
#include "rectify/train/optimiser.h"
#include "rectify/train/schedule.h"
#include "rectify/train/task.h"

namespace rectify {

/// Whether training steps are recorded (one in sixteen). The weights are bit-identical either way.
enum class Recording { kOff, kOn };

/// What a training run is asked to do.
struct TrainOptions {
  std::optional<Task> task;          ///< what the data are made for, unless given
  std::optional<Loss> loss;          ///< the task's, unless given
  std::string net = "784-8x128-10";  ///< as describe_network() reads it
  std::string net_text;              ///< what the file `net` held when it was read; empty: it is read when it is needed
  std::string activation = "relu";
  int epochs = 5;
  std::int64_t batch = 128;
  double learning_rate = 0.01;
  OptimiserOptions optimiser;
  Schedule schedule;
  Augmentation augmentation;
  Precision precision = Precision::kFloat32;
  Initialisation init;
  std::uint64_t seed = 1;
  Recording recording = Recording::kOn;
};

/// The settings among `options`, for people to read.
TrainingSettings settings_of(const TrainOptions& options);
/// The same on `data`, where a batch is at most all of its samples.
TrainingSettings settings_of(const TrainOptions& options, const Dataset& data);

/// Is told how training goes.
class Observer {
 public:
  virtual ~Observer() = default;
  /// After `done` of `steps` steps.
  virtual void on_step(std::int64_t done, std::int64_t steps) { (void)done, (void)steps; }
  /// After each step, with the parameters that it led to and the loss of the batch that it was made for.
  virtual void on_update(const ParameterStore& parameters, double loss) { (void)parameters, (void)loss; }
  /// After an epoch (from 1) with its mean loss.
  virtual void on_epoch(int epoch, double loss) { (void)epoch, (void)loss; }
};

/// What a network for `data` reads and gives: images [height, width] have one channel, [channels, height, width] several. Errors: [task],
/// [loss] see Problem.
NetworkTask task_of(const Dataset& data, const TrainOptions& options);

/// The network that `options` describe for a task. Errors: those of describe_network().
Model network_of(const TrainOptions& options, const NetworkTask& task);

/// What people call the activation `spec`: the name that its formula gives it ("mine" of "mine = x * sigmoid(x)"), else `spec`.
/// Errors: those of Activation.
std::string activation_label(const std::string& spec);

/// Checks that `options` fit `data` before anything runs. Errors: [task], [loss] see Problem; [augment] see check(Augmentation);
/// [precision] not implemented; [train] input or output size, another image's shape, batch, epochs, rate, clipping, more
/// memory than there is.
void check(const TrainOptions& options, const Dataset& data);

/// How many bytes training takes at least, beside the data: parameters, gradients, the optimiser's moments, the plans of whole batches and
/// of the last one, and that of the evaluation. Errors: those of describe_network().
double bytes_needed(const TrainOptions& options, const Dataset& data);

/// What a training step on whole batches consists of and takes. Errors: those of check() and Plan.
PlanRecord describe_plan(const TrainOptions& options, const Dataset& data);

/// How many of `most` threads training keeps busy: one for a small network, all for a large one. Errors: those of check().
int threads_worth(const TrainOptions& options, const Dataset& data, int most);

/// Trains one network on data.train with the calling thread's team and reads data.test once at the end. Deterministic in options and data.
/// A loss that is not finite ends the run with RunState::kNonFinite; `stop` set by another thread or a signal handler with kInterrupted.
/// `weights`, if given, receives the trained parameters.
RunRecord train(const TrainOptions& options, const Dataset& data, const Standardisation& standardisation, Observer& observer,
                const std::atomic<bool>& stop, ParameterStore* weights = nullptr);

}  // namespace rectify
