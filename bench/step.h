// A training step of ours, part by part, on made-up data.
#pragma once

#include <string>
#include <vector>

#include "rectify/data/batches.h"
#include "rectify/data/dataset.h"
#include "rectify/nn/initialise.h"
#include "rectify/nn/plan.h"
#include "rectify/train/optimiser.h"

namespace rectify::bench {

/// A network and the batch that it is trained on.
struct Task {
  std::string net;  ///< as describe_network() reads it
  std::int64_t batch;
  Shape input;
};

/// Bytes at random, `batches` batches of a task's samples in 10 classes.
Dataset made_up_data(const Task& task, std::int64_t batches);

/// SGD with momentum on a task, with the calling thread's team.
class Step {
 public:
  Step(const Task& task, const std::string& activation, const Dataset& data);

  void copy();
  void forward();
  void backward();
  void update();
  void run() { copy(), forward(), backward(), update(); }

  const Model& model() const { return model_; }

 private:
  const Dataset& data_;
  Standardisation standardisation_;
  std::vector<std::uint32_t> order_;
  std::int64_t batch_, next_ = 0;
  std::uint64_t steps_ = 0;
  Model model_;
  ParameterStore store_;
  std::unique_ptr<Backend> backend_;
  Plan plan_;
  Optimiser optimiser_;
};

}  // namespace rectify::bench
