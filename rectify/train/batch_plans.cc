#include "rectify/train/batch_plans.h"

#include <algorithm>
#include <numeric>

namespace rectify {

BatchPlans::BatchPlans(const Model& model, ParameterStore& store, Backend& backend, const Split& split,
                       const Standardisation& standardisation, const TargetLoader& targets, std::int64_t batch, Mode mode,
                       Precision precision)
    : split_(split),
      standardisation_(standardisation),
      targets_(targets),
      shape_(model.input_shape()),
      whole_(model, store, backend, std::min(batch, split.count), mode, targets.loss(), precision) {
  if (const std::int64_t rest = split.count % whole_.batch(); rest > 0)
    tail_.emplace(model, store, backend, rest, mode, targets.loss(), precision);
}

Plan& BatchPlans::load(std::span<const std::uint32_t> order, std::int64_t i, const Augmenter* augmenter) {
  const std::int64_t begin = i * batch();
  Plan& plan = begin + batch() <= split_.count ? whole_ : *tail_;
  copy_batch(split_, standardisation_, order, begin, plan.batch(), plan.input().data(), plan.labels().data());
  if (augmenter != nullptr) augmenter->apply(order, begin, plan.batch(), plan.input().data());
  if (shape_.channels > 1 && !shape_.is_vector()) put_channels_last(plan.input());
  targets_.load(split_, order, begin, plan);
  plan.parameters_changed();
  return plan;
}

void BatchPlans::put_channels_last(std::span<float> samples) {
  const std::int64_t positions = shape_.positions();
  for (auto sample = samples.begin(); sample != samples.end(); sample += shape_.size()) {
    image_.assign(sample, sample + shape_.size());
    for (std::int64_t i = 0; i < shape_.size(); ++i) sample[i % positions * shape_.channels + i / positions] = image_[i];
  }
}

std::vector<std::uint32_t> fixed_order(std::int64_t count) {
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  return order;
}

}  // namespace rectify
