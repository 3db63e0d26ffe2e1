#include "step.h"

#include "rectify/base/random.h"
#include "rectify/nn/presets.h"

namespace rectify::bench {
namespace {

constexpr int kClasses = 10;

}  // namespace

Dataset made_up_data(const Task& task, std::int64_t batches) {
  Dataset data;
  data.name = "made up";
  data.sample_shape = {task.input.channels, task.input.height, task.input.width};
  data.classes = kClasses;
  data.train.count = task.batch * batches;
  Random random(1, 0);
  std::vector<std::uint8_t> bytes(data.train.count * task.input.size());
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random.below(256));
  data.train.values = std::move(bytes);
  for (std::int64_t i = 0; i < data.train.count; ++i) data.train.labels.push_back(static_cast<std::int32_t>(random.below(kClasses)));
  return data;
}

Step::Step(const Task& task, const std::string& activation, const Dataset& data)
    : data_(data),
      standardisation_(data),
      order_(epoch_order(data.train.count, 1, 0)),
      batch_(task.batch),
      model_(describe_network(task.net, activation, {task.input, kClasses})),
      store_(model_),
      backend_(make_onednn_backend()),
      plan_(model_, store_, *backend_, batch_, Mode::kTraining),
      optimiser_({}, store_) {
  initialise(model_, {}, 1, store_);
}

void Step::copy() {
  next_ = next_ + batch_ <= data_.train.count ? next_ : 0;
  copy_batch(data_.train, standardisation_, order_, next_, batch_, plan_.input().data(), plan_.labels().data());
  next_ += batch_;
}

void Step::forward() {
  plan_.parameters_changed();
  plan_.set_pass({.pass = Pass::kStep, .seed = 1, .step = steps_++});
  plan_.forward();
}

void Step::backward() { plan_.backward(); }

// A small rate: labels at random would otherwise make the weights grow.
void Step::update() { optimiser_.step(1e-4); }

}  // namespace rectify::bench
