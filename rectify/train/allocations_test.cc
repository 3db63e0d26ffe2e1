#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "rectify/base/threads.h"
#include "rectify/nn/test_allocations.h"
#include "rectify/train/trainer.h"

namespace rectify {
namespace {

/// Notes how many allocations each step of a training made, but the first of each epoch, which draws an order.
class StepAllocations : public Observer {
 public:
  explicit StepAllocations(std::int64_t batches) : batches_(batches) { each_.reserve(1000); }
  void on_update(const ParameterStore&, double) override {
    const long now = allocations;
    if (steps_++ % batches_ > 0) each_.push_back(now - before_);
    before_ = allocations;
  }
  /// Of a step that is not recorded and of one that is.
  long least() const { return *std::min_element(each_.begin(), each_.end()); }
  long most() const { return *std::max_element(each_.begin(), each_.end()); }

 private:
  std::int64_t batches_, steps_ = 0;
  long before_ = 0;
  std::vector<long> each_;
};

/// What forward and backward of the same network allocate: oneDNN keeps each call's arguments in a map of its own.
long allocations_of_the_plan(const TrainOptions& options, const Dataset& data) {
  const Model model = describe_network(options.net, options.activation, task_of(data, options));
  ParameterStore store(model);
  initialise(model, options.init, 1, store);
  const auto backend = make_onednn_backend();
  Plan plan(model, store, *backend, options.batch, Mode::kTraining);
  const auto step = [&] {
    plan.parameters_changed();
    plan.forward();
    plan.backward();
  };
  step();
  const long before = allocations;
  step();
  return allocations - before;
}

TEST(Allocations, of_a_whole_step_are_those_that_onednn_makes_for_its_calls) {
  Dataset data = load_dataset("strokes");
  data.train.count = 640;
  const Standardisation standardisation(data);
  TrainOptions options;
  options.net = "1x12x12 conv4 bn pool 16 dropout0.2 4";
  options.batch = 64;
  options.epochs = 3;
  options.augmentation = Augmentation::parse("flip,shift=2");
  for (const int threads : {1, 2}) {
    set_team_size(threads);
    for (const char* optimiser : {"sgd", "adam", "rmsprop"}) {
      options.optimiser = OptimiserOptions::parse(optimiser);
      options.optimiser.clip = 1;
      StepAllocations seen(10);
      const std::atomic<bool> go_on = false;
      train(options, data, standardisation, seen, go_on);
      EXPECT_EQ(seen.least(), allocations_of_the_plan(options, data)) << optimiser << ", " << threads << " threads";
      EXPECT_EQ(seen.most(), seen.least()) << "recorded or not";
    }
  }
  set_team_size(1);
}

}  // namespace
}  // namespace rectify
