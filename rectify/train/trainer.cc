#include "rectify/train/trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <vector>

#include "rectify/base/error.h"
#include "rectify/base/memory.h"
#include "rectify/base/threads.h"
#include "rectify/base/timing.h"
#include "rectify/nn/cost.h"
#include "rectify/nn/lsuv.h"
#include "rectify/nn/model_toml.h"
#include "rectify/nn/plan.h"
#include "rectify/nn/presets.h"
#include "rectify/record/text.h"
#include "rectify/train/batch_plans.h"
#include "rectify/train/communicator.h"
#include "rectify/train/evaluation.h"

namespace rectify {
namespace {

constexpr std::int64_t kProbeSamples = 2048;  // at least so many, where the data has them
constexpr std::int64_t kRecordEvery = 16;     // steps

/// One network in training.
class Run {
 public:
  Run(const TrainOptions& options, const Dataset& data, const Standardisation& standardisation, RunRecord& record)
      : options_(options),
        data_(data),
        standardisation_(standardisation),
        record_(record),
        problem_(options.task, options.loss, data),
        targets_(problem_, data),
        model_(network_of(options, task_of(data, options))),
        store_(model_),
        backend_(make_onednn_backend()),
        plans_(model_, store_, *backend_, data.train, standardisation, targets_, options.batch, Mode::kTraining, options.precision),
        optimiser_(options.optimiser, store_) {
    initialise(model_, options.init, options.seed, store_);
    if (options.init.scheme == InitScheme::kLsuv) {
      Plan& first = plans_.load(fixed_order(data.train.count), 0);
      scale_to_deviation(model_, options.init.gain.value_or(1), first.input(), first.batch(), *backend_, store_);
    }
  }

  /// What the activations see at the present weights: the first samples of the training split, forward and backward, in the batches of
  /// training.
  NetworkStats probe() {
    NetworkStats stats = plans_.make_stats();
    const std::vector<std::uint32_t> order = fixed_order(data_.train.count);
    const std::int64_t enough = (kProbeSamples + plans_.batch() - 1) / plans_.batch();
    for (std::int64_t i = 0; i < std::min(enough, plans_.batches()); ++i) {
      Plan& plan = plans_.load(order, i);
      plan.set_pass({.pass = Pass::kProbe});
      plan.forward(&stats);
      plan.backward(&stats);
    }
    return stats;
  }

  /// All epochs, or until something ends them.
  void train(Observer& observer, const std::atomic<bool>& stop) {
    if (options_.recording == Recording::kOn) record_.during = plans_.make_stats();
    double seconds = 0;
    for (int epoch = 0; epoch < options_.epochs && record_.state == RunState::kFinished; ++epoch) {
      const Stopwatch watch;
      const std::optional<double> loss = train_epoch(epoch, observer, stop);
      seconds += watch.seconds();
      if (!loss) break;
      record_.train_loss.push_back(*loss);
      observer.on_epoch(epoch + 1, *loss);
    }
    if (done_ > 0) record_.seconds_per_epoch = seconds / static_cast<double>(done_) * static_cast<double>(plans_.batches());
  }

  /// The loss on the test split, and the share of it that the network gets right or explains.
  void evaluate_test() {
    if (data_.test.count == 0) return;
    Evaluation evaluation(problem_);
    evaluate(model_, store_, *backend_, data_.test, standardisation_, targets_, options_.precision, evaluation);
    record_.test_loss = evaluation.loss();
    record_.test_accuracy = evaluation.accuracy();
    record_.r_squared = evaluation.r_squared();
    record_.rms_errors = evaluation.rms_errors(targets_.standardisation());
  }

  /// Per hidden layer the mean over units of each learnt parameter; empty where no layer learns any.
  std::vector<std::vector<double>> learnt() const {
    std::vector<std::vector<double>> means;
    bool any = false;
    for (const Node& node : model_.nodes) {
      if (node.kind != NodeKind::kActivation && node.kind != NodeKind::kMaxout && node.kind != NodeKind::kGated) continue;
      means.emplace_back();
      for (const ParameterSlot& slot : store_.slots()) {
        if (slot.node != node.name || slot.kind != ParameterKind::kActivation) continue;
        any = true;
        const std::span<const float> values = store_.values().subspan(slot.offset, slot.size());
        const std::int64_t units = slot.shape.back();
        for (std::int64_t begin = 0; begin < slot.size(); begin += units) {
          const auto row = values.subspan(begin, units);
          means.back().push_back(std::accumulate(row.begin(), row.end(), 0.0) / static_cast<double>(units));
        }
      }
    }
    return any ? means : std::vector<std::vector<double>>();
  }

  /// Nanoseconds per element of the hidden activation; nothing for maxout, which is part of a layer.
  std::optional<double> ns_per_element() const {
    const auto node = std::find_if(model_.nodes.begin(), model_.nodes.end(), [](const Node& n) { return n.kind == NodeKind::kActivation; });
    if (node == model_.nodes.end()) return std::nullopt;
    const Shape shape = shapes(model_)[static_cast<std::size_t>(node - model_.nodes.begin())];
    const auto rows = static_cast<std::size_t>(plans_.batch() * shape.positions());
    return measure_ns_per_element(Activation(node->activation), {rows, static_cast<std::size_t>(shape.channels)});
  }

  const ParameterStore& store() const { return store_; }

 private:
  /// The mean loss of an epoch, or nothing where it was not finished.
  std::optional<double> train_epoch(int epoch, Observer& observer, const std::atomic<bool>& stop) {
    const std::vector<std::uint32_t> order = epoch_order(data_.train.count, options_.seed, epoch);
    const Augmenter augmenter(options_.augmentation, data_, standardisation_, options_.seed, epoch);
    const std::int64_t batches = plans_.batches(), steps = batches * options_.epochs;
    double sum = 0;
    for (std::int64_t i = 0; i < batches; ++i) {
      if (stop.load(std::memory_order_relaxed)) {
        record_.state = RunState::kInterrupted;
        return std::nullopt;
      }
      Plan& plan = plans_.load(order, i, &augmenter);
      const std::optional<double> loss = train_step(plan, steps);
      if (!loss) return std::nullopt;
      sum += *loss * static_cast<double>(plan.batch());
      observer.on_update(store_, *loss);
      observer.on_step(done_, steps);
    }
    return sum / static_cast<double>(data_.train.count);
  }

  /// The loss of one step, or nothing where it or what follows from it was not finite.
  std::optional<double> train_step(Plan& plan, std::int64_t steps) {
    const bool recorded = options_.recording == Recording::kOn && done_ % kRecordEvery == 0;
    NetworkStats* const stats = recorded ? &record_.during : nullptr;
    const double rate = options_.schedule.rate_at(options_.learning_rate, done_, steps);
    plan.set_pass({.pass = Pass::kStep, .seed = options_.seed, .step = static_cast<std::uint64_t>(done_)});
    ++done_;
    const double loss = plan.forward(stats);
    if (!std::isfinite(loss)) {
      found_non_finite(plan.find_non_finite_value().value_or(NonFinite{0, model_.nodes.back().name, "forward"}));
      return std::nullopt;
    }
    plan.backward(stats);
    communicator_.average(store_.gradients());
    if (!optimiser_.step(rate)) {
      found_non_finite(plan.find_non_finite_gradient().value_or(in_update()));
      return std::nullopt;
    }
    return loss;
  }

  void found_non_finite(NonFinite place) {
    place.step = done_;
    record_.state = RunState::kNonFinite;
    record_.non_finite = place;
  }

  /// The first parameters that the update itself made infinite.
  NonFinite in_update() const {
    const auto slots = store_.slots();
    const auto slot = std::find_if(slots.begin(), slots.end(), [&](const ParameterSlot& s) {
      const auto values = store_.values().subspan(s.offset, s.size());
      return !std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
    });
    return {0, slot == slots.end() ? model_.nodes.back().name : slot->node, "update"};
  }

  const TrainOptions& options_;
  const Dataset& data_;
  const Standardisation& standardisation_;
  RunRecord& record_;
  Problem problem_;
  TargetLoader targets_;
  Model model_;
  ParameterStore store_;
  std::unique_ptr<Backend> backend_;
  BatchPlans plans_;
  Optimiser optimiser_;
  SingleProcess communicator_;
  std::int64_t done_ = 0;  // steps begun
};

/// Samples a step: all of a split that has fewer than asked for.
std::int64_t batch_of(const TrainOptions& options, const Dataset& data) { return std::min(options.batch, data.train.count); }

RunRecord describe(const TrainOptions& options, const Dataset& data) {
  RunRecord record;
  const Problem problem(options.task, options.loss, data);
  record.task = problem.task;
  record.loss = problem.loss.text();
  record.activation = options.activation;
  record.name = activation_label(options.activation);
  record.net = options.net;
  record.data = data.name;
  record.targets = data.targets;
  record.init = options.init.text();
  static_cast<TrainingSettings&>(record) = settings_of(options, data);
  record.seed = options.seed;
  record.threads = team_size();
  record.classes = problem.task == Task::kClassification ? data.classes : 0;
  return record;
}

/// The same as bytes_needed() below, of a model that is described already.
double bytes_needed(const Model& model, const TrainOptions& options, const Dataset& data) {
  double parameters = 0;
  for (const ParameterSlot& slot : ParameterStore::layout(model)) parameters += static_cast<double>(slot.size());
  const double moments = options.optimiser.states();
  const std::int64_t batch = batch_of(options, data), tail = data.train.count % batch;
  double plans = static_cast<double>(least_plan_bytes(model, batch, Mode::kTraining));
  if (tail > 0) plans += static_cast<double>(least_plan_bytes(model, tail, Mode::kTraining));
  if (data.test.count > 0) {
    plans += static_cast<double>(least_plan_bytes(model, evaluation_batch(model, data.test.count), Mode::kInference));
  }
  return sizeof(float) * parameters * (2 + moments) + plans;
}

/// Whether the text of a net is that of a dense stack, "784-8x128-10".
bool is_dense_stack(const std::string& net) { return net.find('-') != net.npos && net.find_first_not_of("0123456789x-") == net.npos; }

/// "1 output", "3 outputs".
std::string counted(std::int64_t count, const char* what) { return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s"); }

/// Checks that batch norm has several values of each channel to take a variance of, in every batch.
void check_batch_norm(const Model& model, const TrainOptions& options, const Dataset& data) {
  const std::vector<Shape> all = shapes(model);
  const std::int64_t batch = batch_of(options, data), tail = data.train.count % batch, fewest = tail > 0 ? tail : batch;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (model.nodes[i].kind != NodeKind::kBatchNorm || fewest * all[i].positions() > 1) continue;
    fail("train", fmt::format("\"{}\" takes the variance of one value of each channel{}, wanted two or more: write another --batch",
                              model.nodes[i].name, tail == 1 ? " in the last batch, which has one sample" : ""));
  }
}

void check_fit(const Model& model, const TrainOptions& options, const Dataset& data) {
  const Shape input = task_of(data, options).input;
  const auto first = options.net.find('-'), last = options.net.rfind('-');
  if (model.input_units() != data.sample_size()) {
    const std::string advice = is_dense_stack(options.net) ? fmt::format("write --net {}{}", data.sample_size(), options.net.substr(first))
                                                           : fmt::format("its samples are {}", to_text(input));
    fail("train", fmt::format("the net has {}, the data set {} {}: {}", counted(model.input_units(), "input"), data.name,
                              data.sample_size(), advice));
  }
  if (!input.is_vector() && !model.input_shape().is_vector() && input != model.input_shape()) {
    fail("train", fmt::format("the net reads images of {}, those of {} are {}: write its input so", to_text(model.input_shape()), data.name,
                              to_text(input)));
  }
  const Problem problem(options.task, options.loss, data);
  if (model.output_units() != problem.outputs) {
    const std::string advice = is_dense_stack(options.net) ? fmt::format("write --net {}-{}", options.net.substr(0, last), problem.outputs)
                                                           : fmt::format("end the net with {}", counted(problem.outputs, "output"));
    const std::string wanted = problem.task == Task::kClassification
                                   ? fmt::format("the data set {} {} classes", data.name, data.classes)
                                   : fmt::format("{} on {} needs {}", task_text(problem.task), data.name, problem.outputs);
    fail("train", fmt::format("the net has {}, {}: {}", counted(model.output_units(), "output"), wanted, advice));
  }
}

}  // namespace

TrainingSettings settings_of(const TrainOptions& options, const Dataset& data) {
  TrainingSettings settings = settings_of(options);
  settings.batch = batch_of(options, data);
  return settings;
}

TrainingSettings settings_of(const TrainOptions& options) {
  return {options.epochs,
          options.batch,
          options.optimiser.text(),
          options.schedule.text(),
          options.optimiser.clip,
          options.learning_rate,
          options.augmentation.is_none() ? "" : options.augmentation.text()};
}

NetworkTask task_of(const Dataset& data, const TrainOptions& options) {
  const std::int64_t outputs = Problem(options.task, options.loss, data).outputs;
  const auto& extents = data.sample_shape;
  if (extents.size() == 2) return {{1, extents[0], extents[1]}, outputs};
  if (extents.size() == 3) return {{extents[0], extents[1], extents[2]}, outputs};
  return {{data.sample_size()}, outputs};
}

Model network_of(const TrainOptions& options, const NetworkTask& task) {
  if (options.net_text.empty()) return describe_network(options.net, options.activation, task);
  return parse_model(options.net_text, options.activation, options.net);
}

std::string activation_label(const std::string& spec) {
  int pieces = 0;
  if (is_maxout(spec, &pieces) || is_gated_name(spec)) return spec;
  const std::string name = Activation(spec).formula().name;
  return name.empty() ? spec : name;
}

void check(const TrainOptions& options, const Dataset& data) {
  const Model model = network_of(options, task_of(data, options));
  check_fit(model, options, data);
  check(model, options.init);
  check(options.augmentation, data);
  check(options.precision);
  if (data.train.count < 1) fail("train", fmt::format("the data set {} has no training samples", data.name));
  if (options.batch < 1) fail("train", fmt::format("the batch is {}, wanted 1 or more: write --batch 128", options.batch));
  check_batch_norm(model, options, data);
  const double needed = bytes_needed(model, options, data), there_is = static_cast<double>(usable_memory());
  if (needed > there_is) {
    fail("train", fmt::format("the net {} needs {:.1f} GiB, this machine has {:.1f}: choose smaller layers or a smaller --batch",
                              options.net, needed / 0x1p30, there_is / 0x1p30));
  }
  if (options.epochs < 1) fail("train", fmt::format("{} epochs are asked for, at least 1 is needed: write --epochs 5", options.epochs));
  if (!(options.learning_rate > 0) || !std::isfinite(options.learning_rate)) {
    fail("train", fmt::format("the learning rate is {:g}, it must be above 0 and finite: write --lr 0.01", options.learning_rate));
  }
  if (const auto& clip = options.optimiser.clip; clip && (!(*clip > 0) || !std::isfinite(*clip))) {
    fail("train", fmt::format("gradients are clipped to the length {:g}, it must be above 0 and finite: write --clip 1", *clip));
  }
}

double bytes_needed(const TrainOptions& options, const Dataset& data) {
  return bytes_needed(network_of(options, task_of(data, options)), options, data);
}

PlanRecord describe_plan(const TrainOptions& options, const Dataset& data) {
  check(options, data);
  const Model model = network_of(options, task_of(data, options));
  ParameterStore store(model);
  const std::unique_ptr<Backend> backend = make_onednn_backend();
  const Loss loss = Problem(options.task, options.loss, data).loss;
  PlanRecord record = Plan(model, store, *backend, batch_of(options, data), Mode::kTraining, loss, options.precision).describe();
  record.training = settings_of(options, data);
  return record;
}

int threads_worth(const TrainOptions& options, const Dataset& data, int most) {
  const Model model = network_of(options, task_of(data, options));
  return threads_worth(step_multiplications(model, batch_of(options, data)), most);
}

RunRecord train(const TrainOptions& options, const Dataset& data, const Standardisation& standardisation, Observer& observer,
                const std::atomic<bool>& stop, ParameterStore* weights) {
  check(options, data);
  RunRecord record = describe(options, data);
  record.data_off_centre = off_centre(data.train, standardisation);
  Run run(options, data, standardisation, record);
  record.start = run.probe();
  run.train(observer, stop);
  if (record.state == RunState::kFinished) {
    record.end = run.probe();
    run.evaluate_test();
    record.learnt = run.learnt();
  }
  if (record.state != RunState::kInterrupted) record.ns_per_element = run.ns_per_element();
  if (weights) *weights = run.store();
  return record;
}

}  // namespace rectify
