#include "rectify/nn/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "rectify/base/error.h"
#include "rectify/nn/layer.h"
#include "rectify/nn/losses.h"

namespace rectify {
namespace {

constexpr std::int64_t kMostSamples = 1'000'000;

bool all_finite(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
}

/// Activations by SPEC, so that layers with the same one share what is computed from its formula.
class Activations {
 public:
  const Activation& get(const std::string& spec) {
    for (const auto& [known, activation] : all_) {
      if (known == spec) return *activation;
    }
    return *all_.emplace_back(spec, std::make_unique<Activation>(spec)).second;
  }

 private:
  std::vector<std::pair<std::string, std::unique_ptr<Activation>>> all_;
};

}  // namespace

struct Plan::Impl {
  Impl(const Model& network, ParameterStore& parameters, Backend& backend, std::int64_t samples, Mode how);

  void check_store() const;
  void make_layers(Backend& backend);
  void place_signals();
  void number_hidden_layers();
  LayerStats* stats_of(std::size_t node, NetworkStats* stats) const {
    return stats == nullptr || records_into[node] < 0 ? nullptr : &stats->layers[records_into[node]];
  }

  Model model;
  ParameterStore& store;
  std::int64_t batch;
  Mode mode;
  Arena arena;
  std::vector<Signal> signals;                 // what each node gives
  std::vector<std::unique_ptr<Layer>> layers;  // of each node, null for the input
  std::vector<int> records_into;               // which layer of NetworkStats each node adds to, -1 for none
  std::span<std::int32_t> labels;
  bool has_loss_gradient = false;
};

Plan::Impl::Impl(const Model& network, ParameterStore& parameters, Backend& backend, std::int64_t samples, Mode how)
    : model(network), store(parameters), batch(samples), mode(how) {
  if (batch < 1 || batch > kMostSamples) fail("plan", fmt::format("a batch of {} samples, wanted 1 to {}", batch, kMostSamples));
  check_store();
  for (const std::int64_t width : widths(model)) signals.push_back({.width = width});
  arena.place(labels, batch);
  make_layers(backend);
  place_signals();
  number_hidden_layers();
}

void Plan::Impl::check_store() const {
  const auto same = [](const ParameterSlot& a, const ParameterSlot& b) { return a.node == b.node && a.shape == b.shape; };
  if (!std::ranges::equal(ParameterStore::layout(model), store.slots(), same)) {
    fail("plan", "the parameters are those of another model: make the ParameterStore from this one");
  }
}

void Plan::Impl::make_layers(Backend& backend) {
  Activations activations;
  layers.emplace_back();
  for (std::size_t i = 1; i < model.nodes.size(); ++i) {
    const Node& node = model.nodes[i];
    const Activation* const activation = node.kind == NodeKind::kActivation ? &activations.get(node.activation) : nullptr;
    const Purpose purpose = mode == Mode::kTraining ? Purpose::kTraining : Purpose::kInference;
    layers.push_back(layer_type(node.kind).make({node, batch, signals[i - 1], signals[i], purpose, store, backend, arena, activation}));
  }
}

void Plan::Impl::place_signals() {
  for (Signal& signal : signals) arena.place(signal.values, batch * signal.width);
  // A gradient lives from the layer that writes it to the next one, so two buffers in turn are enough.
  std::span<float> buffers[2];
  if (mode == Mode::kTraining) {
    const std::int64_t widest =
        std::max_element(signals.begin(), signals.end(), [](const Signal& a, const Signal& b) { return a.width < b.width; })->width;
    for (auto& buffer : buffers) arena.place(buffer, batch * widest);
  }
  arena.allocate();
  if (mode == Mode::kInference) return;
  int turn = 0;
  for (std::size_t i = signals.size() - 1; i > 0; --i) {
    signals[i].gradient = buffers[turn].first(signals[i].values.size());
    if (layer_type(model.nodes[i].kind).gradients == Gradients::kApart) turn = 1 - turn;
  }
}

void Plan::Impl::number_hidden_layers() {
  int count = 0;
  records_into.assign(layers.size(), -1);
  for (std::size_t i = 1; i < layers.size(); ++i) {
    if (!layers[i]->make_stats()) continue;
    records_into[i] = count++;
    if (i > 1 && records_into[i - 1] < 0) records_into[i - 1] = records_into[i];
  }
}

Plan::Plan(const Model& model, ParameterStore& store, Backend& backend, std::int64_t batch, Mode mode)
    : impl_(std::make_unique<Impl>(model, store, backend, batch, mode)) {
  parameters_changed();
}

Plan::~Plan() = default;

std::int64_t Plan::batch() const { return impl_->batch; }
std::span<float> Plan::input() { return impl_->signals.front().values; }
std::span<std::int32_t> Plan::labels() { return impl_->labels; }
std::span<const float> Plan::logits() const { return impl_->signals.back().values; }
std::size_t Plan::arena_bytes() const { return impl_->arena.bytes(); }

void Plan::parameters_changed() {
  for (std::size_t i = 1; i < impl_->layers.size(); ++i) impl_->layers[i]->parameters_changed();
}

double Plan::forward(NetworkStats* stats) {
  for (std::size_t i = 1; i < impl_->layers.size(); ++i) impl_->layers[i]->forward(impl_->stats_of(i, stats));
  impl_->has_loss_gradient = impl_->mode == Mode::kTraining;
  return softmax_cross_entropy(logits(), impl_->labels, impl_->signals.back().gradient);
}

void Plan::backward(NetworkStats* stats) {
  if (impl_->mode != Mode::kTraining) fail("plan", "backward of a plan made for inference: make it with Mode::kTraining");
  if (!impl_->has_loss_gradient) fail("plan", "backward without a forward before it");
  impl_->has_loss_gradient = false;
  for (std::size_t i = impl_->layers.size() - 1; i > 0; --i) impl_->layers[i]->backward(impl_->stats_of(i, stats));
}

std::int64_t Plan::correct() const {
  const std::int64_t classes = impl_->signals.back().width;
  std::int64_t count = 0;
  for (std::int64_t r = 0; r < impl_->batch; ++r) {
    const auto row = logits().subspan(r * classes, classes);
    const std::int64_t label = impl_->labels[r];
    bool largest = true;  // false where a logit is NaN
    for (std::int64_t c = 0; c < classes; ++c) largest = largest && (c < label ? row[label] > row[c] : row[label] >= row[c]);
    count += largest;
  }
  return count;
}

NetworkStats Plan::make_stats() const {
  NetworkStats stats;
  for (std::size_t i = 1; i < impl_->layers.size(); ++i) {
    if (auto layer = impl_->layers[i]->make_stats()) stats.layers.push_back(std::move(*layer));
  }
  return stats;
}

std::optional<NonFinite> Plan::find_non_finite() const {
  const auto& nodes = impl_->model.nodes;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (!all_finite(impl_->signals[i].values)) return NonFinite{0, nodes[i].name, "forward"};
  }
  for (auto slot = impl_->store.slots().rbegin(); impl_->mode == Mode::kTraining && slot != impl_->store.slots().rend(); ++slot) {
    if (!all_finite(std::as_const(impl_->store).gradients().subspan(slot->offset, slot->size())))
      return NonFinite{0, slot->node, "backward"};
  }
  return std::nullopt;
}

}  // namespace rectify
