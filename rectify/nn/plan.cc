#include "rectify/nn/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "rectify/base/error.h"
#include "rectify/base/threads.h"
#include "rectify/nn/losses.h"
#include "rectify/nn/plan_text.h"
#include "rectify/simd/columns.h"

namespace rectify {
namespace {

constexpr std::int64_t kMostSamples = 1'000'000;

bool all_finite(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
}

/// sum += values.
void add(std::span<const float> values, std::span<float> sum) {
  share_range(static_cast<std::int64_t>(sum.size()), kWorthAThread, [&](std::int64_t begin, std::int64_t end) {
    column_kernels().add(sum.data() + begin, values.data() + begin, end - begin, sum.data() + begin);
  });
}

}  // namespace

struct Plan::Impl {
  Impl(const Model& network, ParameterStore& parameters, Backend& backend, std::int64_t samples, Mode how, const Loss& what,
       Precision values);

  void check_store() const;
  void make_signals();
  void make_layers(Backend& backend);
  void set_signals(std::span<const std::span<float>> blocks);
  void number_hidden_layers();
  void go_back(std::size_t i, NetworkStats* stats);
  LayerStats* stats_of(std::size_t node, NetworkStats* stats) const {
    return stats == nullptr || records_into[node] < 0 ? nullptr : &stats->layers[records_into[node]];
  }

  Model model;
  ParameterStore& store;
  std::int64_t batch;
  Mode mode;
  Loss loss;
  Precision precision;
  PassContext context;
  Arena arena;
  std::vector<const ActivationChoice*> choices;  // of each node
  std::vector<std::vector<std::size_t>> reads;   // which nodes each node reads
  PlanMemory memory;
  std::vector<Signal> signals;                 // what each node gives
  std::vector<std::vector<Signal>> inputs;     // what each node reads
  std::vector<std::unique_ptr<Layer>> layers;  // of each node, null for the input
  std::vector<std::int64_t> kept_bytes;        // that each layer keeps on top of its signals
  std::vector<int> records_into;               // which layer of NetworkStats each node adds to, -1 for none
  std::span<std::int32_t> labels;
  std::span<float> targets;
  bool has_loss_gradient = false;
};

Plan::Impl::Impl(const Model& network, ParameterStore& parameters, Backend& backend, std::int64_t samples, Mode how, const Loss& what,
                 Precision values)
    : model(network), store(parameters), batch(samples), mode(how), loss(what), precision(values) {
  check(precision);
  if (batch < 1 || batch > kMostSamples) fail("plan", fmt::format("a batch of {} samples, wanted 1 to {}", batch, kMostSamples));
  check_store();
  reads = input_indices(model);
  choices = choose_activations(model);
  memory = find_memory(model, choices, mode);
  make_signals();
  arena.place(labels, batch);
  if (!loss.takes_labels()) arena.place(targets, batch * model.output_units());
  std::vector<std::span<float>> blocks(memory.blocks.size());
  for (std::size_t b = 0; b < blocks.size(); ++b) arena.place(blocks[b], batch * memory.blocks[b].size, memory.blocks[b].lifetime);
  make_layers(backend);
  arena.allocate();
  set_signals(blocks);
  number_hidden_layers();
}

void Plan::Impl::check_store() const {
  const auto same = [](const ParameterSlot& a, const ParameterSlot& b) { return a.node == b.node && a.shape == b.shape; };
  if (!std::ranges::equal(ParameterStore::layout(model), store.slots(), same)) {
    fail("plan", "the parameters are those of another model: make the ParameterStore from this one");
  }
}

void Plan::Impl::make_signals() {
  for (const Shape& shape : shapes(model)) signals.push_back({.shape = shape});
  for (const auto& indices : reads) {
    inputs.emplace_back();
    for (const std::size_t i : indices) inputs.back().push_back({.shape = signals[i].shape});
  }
}

void Plan::Impl::make_layers(Backend& backend) {
  layers.emplace_back();
  kept_bytes.assign(model.nodes.size(), 0);
  for (std::size_t i = 1; i < model.nodes.size(); ++i) {
    const LayerSetup setup{.node = model.nodes[i],
                           .batch = batch,
                           .inputs = inputs[i],
                           .input_wants_gradient = memory.edges[i][0].block.has_value(),
                           .output = signals[i],
                           .purpose = mode == Mode::kTraining ? Purpose::kTraining : Purpose::kInference,
                           .saved = memory.saved[i],
                           .left_to = memory.left_to[i],
                           .takes = memory.takes[i],
                           .times = times_of(i, model.nodes.size()),
                           .context = context,
                           .store = store,
                           .backend = backend,
                           .arena = arena,
                           .activation = choices[i],
                           .kept_bytes = kept_bytes[i]};
    layers.push_back(layer_type(model.nodes[i].kind).make(setup));
  }
}

void Plan::Impl::set_signals(std::span<const std::span<float>> blocks) {
  const auto part = [&](std::size_t block, const Shape& shape) { return blocks[block].first(batch * shape.size()); };
  for (std::size_t i = 0; i < signals.size(); ++i) {
    signals[i].values = part(memory.values[i], signals[i].shape);
    if (memory.gradients[i]) signals[i].gradient = part(*memory.gradients[i], signals[i].shape);
    for (std::size_t k = 0; k < reads[i].size(); ++k) {
      Signal& input = inputs[i][k];
      input.values = signals[reads[i][k]].values;
      if (const auto block = memory.edges[i][k].block) input.gradient = part(*block, input.shape);
    }
  }
}

void Plan::Impl::number_hidden_layers() {
  records_into.assign(layers.size(), -1);
  int count = 0;
  for (std::size_t i = 1; i < layers.size(); ++i) {
    if (layers[i]->make_stats()) records_into[i] = count++;
  }
  // What comes before a hidden layer records into its statistics, past a norm: the affine map that it belongs to.
  for (std::size_t i = layers.size() - 1; i > 0; --i) {
    const NodeKind kind = model.nodes[i].kind;
    const bool is_first = kind == NodeKind::kActivation || kind == NodeKind::kBatchNorm || kind == NodeKind::kLayerNorm;
    const std::size_t before = reads[i][0];
    if (records_into[i] >= 0 && is_first && before > 0 && records_into[before] < 0) records_into[before] = records_into[i];
  }
}

void check(Precision precision) {
  if (precision != Precision::kFloat32) {
    fail("precision", fmt::format("nothing is computed in {} yet: write --precision float32", precision_text(precision)));
  }
}

Plan::Plan(const Model& model, ParameterStore& store, Backend& backend, std::int64_t batch, Mode mode, const Loss& loss,
           Precision precision)
    : impl_(std::make_unique<Impl>(model, store, backend, batch, mode, loss, precision)) {
  parameters_changed();
}

Plan::~Plan() = default;

std::int64_t Plan::batch() const { return impl_->batch; }
std::span<float> Plan::input() { return impl_->signals.front().values; }
std::span<std::int32_t> Plan::labels() { return impl_->labels; }
std::span<float> Plan::targets() { return impl_->targets; }
std::span<const float> Plan::logits() const { return impl_->signals.back().values; }
std::size_t Plan::arena_bytes() const { return impl_->arena.bytes(); }
void Plan::set_pass(const PassContext& context) { impl_->context = context; }

void Plan::parameters_changed() {
  for (std::size_t i = 1; i < impl_->layers.size(); ++i) impl_->layers[i]->parameters_changed();
}

double Plan::forward(NetworkStats* stats) {
  for (std::size_t i = 1; i < impl_->layers.size(); ++i) impl_->layers[i]->forward(impl_->stats_of(i, stats));
  impl_->has_loss_gradient = impl_->mode == Mode::kTraining;
  const std::span<float> gradient = impl_->signals.back().gradient;
  switch (impl_->loss.kind) {
    case LossKind::kBinaryCrossEntropy: return binary_cross_entropy(logits(), impl_->targets, gradient);
    case LossKind::kSquaredError: return mean_squared_error(logits(), impl_->targets, gradient);
    case LossKind::kCrossEntropy: break;
  }
  return softmax_cross_entropy(logits(), impl_->labels, gradient, impl_->loss.smoothing);
}

void Plan::backward(NetworkStats* stats) {
  if (impl_->mode != Mode::kTraining) fail("plan", "backward of a plan made for inference: make it with Mode::kTraining");
  if (!impl_->has_loss_gradient) fail("plan", "backward without a forward before it");
  impl_->has_loss_gradient = false;
  for (std::size_t i = impl_->layers.size() - 1; i > 0; --i) impl_->go_back(i, stats);
}

void Plan::Impl::go_back(std::size_t i, NetworkStats* stats) {
  if (!memory.gradients[i]) return;
  layers[i]->backward(stats_of(i, stats));
  for (std::size_t k = 0; k < reads[i].size(); ++k) {
    if (memory.edges[i][k].is_added) add(inputs[i][k].gradient, signals[reads[i][k]].gradient);
  }
}

std::int64_t Plan::correct() const {
  const std::int64_t classes = impl_->signals.back().shape.size();
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

std::optional<NonFinite> Plan::find_non_finite_value() {
  impl_->has_loss_gradient = false;
  for (std::size_t i = 0; i < impl_->signals.size(); ++i) {
    if (i > 0) impl_->layers[i]->forward(nullptr);
    if (all_finite(impl_->signals[i].values)) continue;
    // A pool takes no finite numbers to others, but for the activation that is left to it.
    const std::size_t before = i == 0 ? 0 : impl_->reads[i][0];
    return NonFinite{0, impl_->model.nodes[impl_->memory.left_to[before] == LeftTo::kReader ? before : i].name, "forward"};
  }
  return std::nullopt;
}

std::optional<NonFinite> Plan::find_non_finite_gradient() const {
  const auto slots = impl_->store.slots();
  for (auto slot = slots.rbegin(); slot != slots.rend(); ++slot) {
    if (!all_finite(impl_->store.gradients(*slot))) return NonFinite{0, slot->node, "backward"};
  }
  return std::nullopt;
}

PlanRecord Plan::describe() const {
  PlanRecord record;
  record.batch = impl_->batch;
  record.precision = impl_->precision;
  for (std::size_t i = 0; i < impl_->signals.size(); ++i) {
    const std::size_t values = impl_->memory.values[i];
    PlanStep step = describe_step(impl_->model.nodes[i], impl_->memory.saved[i], impl_->memory.left_to[i], impl_->memory.takes[i]);
    step.shape = to_text(impl_->signals[i].shape);
    step.value_bytes = static_cast<std::int64_t>(impl_->signals[i].values.size_bytes());
    step.in_place = i > 0 && values == impl_->memory.values[impl_->reads[i][0]];
    step.saved_bytes = impl_->kept_bytes[i];
    for (const ParameterSlot& slot : impl_->store.slots()) step.parameters += slot.node == step.name && slot.is_learnt() ? slot.size() : 0;
    record.steps.push_back(std::move(step));
  }
  record.parameter_bytes = static_cast<std::int64_t>(impl_->store.values().size_bytes() + impl_->store.gradients().size_bytes());
  record.arena_bytes = static_cast<std::int64_t>(impl_->arena.bytes());
  record.arena_bytes_without_reuse = static_cast<std::int64_t>(impl_->arena.bytes_without_reuse());
  return record;
}

}  // namespace rectify
