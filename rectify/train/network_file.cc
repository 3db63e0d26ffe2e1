#include "rectify/train/network_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <sstream>
#include <utility>

#include "rectify/base/error.h"
#include "rectify/data/digest.h"
#include "rectify/nn/model_toml.h"
#include "rectify/nn/presets.h"
#include "rectify/record/text.h"
#include "rectify/train/evaluation.h"
#include "rectify/train/safetensors.h"

namespace rectify {
namespace {

constexpr const char* kWho = "network";
constexpr const char *kVersionKey = "rectify.version", *kVersion = "1", *kDigestKey = "rectify.data_digest";

std::string tensor_name(const ParameterSlot& slot) {
  constexpr std::array kNames{"weight", "bias", "activation", "scale", "shift", "running_mean", "running_variance"};
  return fmt::format("{}.{}", slot.node, kNames[static_cast<std::size_t>(slot.kind)]);
}

/// A file's text and arrays by name, with messages that name the file.
class Reader {
 public:
  explicit Reader(const std::filesystem::path& path) : path_(path), file_(path) {
    const auto version = file_.metadata().find(kVersionKey);
    if (version == file_.metadata().end()) wrong("holds no network of Rectify: it has no metadata \"rectify.version\"");
    if (version->second != kVersion) wrong(fmt::format("is of version {}, this program reads {}", version->second, kVersion));
  }

  /// What body() returns; messages about what it reads begin with the file.
  template <class Body>
  auto in_file(const Body& body) const {
    return at(path_.string(), body);
  }
  [[noreturn]] void wrong(const std::string& reason) const { fail(kWho, fmt::format("{} {}", path_.string(), reason)); }

  const std::string& text(const char* key) const {
    const auto found = file_.metadata().find(key);
    if (found == file_.metadata().end()) wrong(fmt::format("has no metadata \"{}\"", key));
    return found->second;
  }

  /// An array, of `shape` where one is wanted.
  const TensorBytes& array(const std::string& name, const std::vector<std::int64_t>* shape = nullptr) const {
    const auto found = file_.tensors().find(name);
    if (found == file_.tensors().end()) wrong(fmt::format("has no array \"{}\"", name));
    if (shape != nullptr && found->second.shape != *shape) {
      wrong(fmt::format("has the array \"{}\" of shape [{}], wanted [{}]", name, fmt::join(found->second.shape, ", "),
                        fmt::join(*shape, ", ")));
    }
    return found->second;
  }

  std::vector<float> floats(const std::string& name) const {
    const TensorBytes& found = array(name);
    if (found.type != "F32") wrong(fmt::format("has the array \"{}\" of type {}, wanted F32", name, found.type));
    std::vector<float> values = found.floats();
    const auto odd = std::find_if_not(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
    if (odd != values.end())
      wrong(fmt::format("has the array \"{}\" with {} at place {}, wanted numbers", name, *odd, odd - values.begin()));
    return values;
  }

  /// Checks, before memory is asked for, that the parameters of `model` are there.
  void check_parameters(const Model& model) const {
    for (const ParameterSlot& slot : ParameterStore::layout(model)) array(tensor_name(slot), &slot.shape);
  }

  /// A name a line.
  std::vector<std::string> names(const char* key) const {
    std::vector<std::string> names;
    std::istringstream lines(text(key));
    for (std::string line; std::getline(lines, line);) names.push_back(line);
    return names;
  }

  std::uint64_t number(const char* key) const {
    const std::string& all = text(key);
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(all.data(), all.data() + all.size(), number);
    if (error != std::errc() || end != all.data() + all.size()) {
      wrong(fmt::format("has the metadata \"{}\" = \"{}\", wanted a whole number", key, all));
    }
    return number;
  }

  std::vector<std::int64_t> sizes(const char* key) const {
    const std::string& all = text(key);
    std::vector<std::int64_t> sizes;
    for (const char* at = all.data(); at < all.data() + all.size();) {
      std::int64_t size = 0;
      const auto [end, error] = std::from_chars(at, all.data() + all.size(), size);
      if (error != std::errc() || size < 1) wrong(fmt::format("has the metadata \"{}\" = \"{}\", wanted sizes", key, all));
      sizes.push_back(size);
      at = end + (end < all.data() + all.size() && *end == ',');
    }
    return sizes;
  }

 private:
  std::filesystem::path path_;
  TensorFile file_;
};

std::int64_t product(const std::vector<std::int64_t>& sizes) {
  std::int64_t all = 1;
  for (const std::int64_t size : sizes) {
    if (__builtin_mul_overflow(all, size, &all)) return -1;
  }
  return all;
}

ParameterStore read_parameters(const Reader& reader, const Model& model) {
  reader.check_parameters(model);
  ParameterStore store(model);
  for (const ParameterSlot& slot : store.slots()) {
    const std::vector<float> values = reader.floats(tensor_name(slot));
    std::copy(values.begin(), values.end(), store.values(slot).begin());
  }
  return store;
}

Problem read_problem(const Reader& reader, const Model& model) {
  Problem problem;
  problem.outputs = model.output_units();
  reader.in_file([&] {
    problem.task = parse_task(reader.text("rectify.task"));
    problem.loss = Loss::parse(reader.text("rectify.loss"));
    check(problem.task, problem.loss);
  });
  if (problem.task == Task::kAutoencoder && problem.outputs != model.input_units()) {
    reader.wrong(fmt::format("is an autoencoder of {} inputs with {} outputs, wanted as many", model.input_units(), problem.outputs));
  }
  return problem;
}

/// Whether the data have what the network was trained to tell.
enum class Answers { kKnown, kUnknown };
Answers answers_in(const TrainedNetwork& network, const Dataset& data) {
  const bool known = network.problem.task == Task::kAutoencoder || data.classes > 0 || data.target_size > 0;
  return known ? Answers::kKnown : Answers::kUnknown;
}

void check_data(const TrainedNetwork& network, const Dataset& data) {
  if (data.sample_shape != network.sample_shape) {
    fail(kWho, fmt::format("the network reads samples of shape [{}], {} has [{}]", fmt::join(network.sample_shape, ", "), data.name,
                           fmt::join(data.sample_shape, ", ")));
  }
  if (!network.features.empty() && data.features != network.features) {
    fail(kWho, fmt::format("the network was trained with the features {}, in this order; {} has {}", fmt::join(network.features, ", "),
                           data.name, data.features.empty() ? "others" : fmt::format("{}", fmt::join(data.features, ", "))));
  }
  if (answers_in(network, data) == Answers::kUnknown) return;
  const Task task = network.problem.task;
  const std::int64_t there = task == Task::kClassification ? data.classes
                             : task == Task::kRegression   ? data.target_size
                                                           : data.sample_size();
  const bool fits = task == Task::kClassification ? there > 0 && there <= network.problem.outputs : there == network.problem.outputs;
  if (!fits) {
    fail(kWho, fmt::format("the network was trained for {} with {} outputs, {} has {}", task_text(task), network.problem.outputs, data.name,
                           there));
  }
}

/// One line of a test: what the network says of sample `i` of the plan's batch.
TestRecord::Prediction predict(const TrainedNetwork& network, Plan& plan, std::int64_t i, Answers answers) {
  const std::int64_t outputs = network.problem.outputs;
  const auto row = plan.logits().subspan(i * outputs, outputs);
  TestRecord::Prediction one;
  switch (network.problem.task) {
    case Task::kClassification: {
      if (answers == Answers::kKnown) one.label = plan.labels()[i];
      one.said = std::max_element(row.begin(), row.end()) - row.begin();
      double sum = 0;
      for (const float logit : row) sum += std::exp(static_cast<double>(logit) - row[one.said]);
      one.values = {static_cast<float>(1 / sum)};
      break;
    }
    case Task::kRegression:
      for (std::int64_t j = 0; j < outputs; ++j) {
        const auto own_units = [&](float value) { return value / network.target.scales()[j] + network.target.means()[j]; };
        if (answers == Answers::kKnown) one.wanted.push_back(own_units(plan.targets()[i * outputs + j]));
        one.values.push_back(own_units(row[j]));
      }
      break;
    case Task::kAutoencoder: {
      const auto targets = plan.targets().subspan(i * outputs, outputs);
      one.values = {static_cast<float>(mean_squared_error(row, targets, {}))};
    }
  }
  return one;
}

}  // namespace

TrainedNetwork trained_network(const TrainOptions& options, const Dataset& data, const Standardisation& standardisation,
                               ParameterStore parameters) {
  const Problem problem(options.task, options.loss, data);
  const bool predicts = problem.task == Task::kRegression;
  return {network_of(options, task_of(data, options)),
          std::move(parameters),
          problem,
          options.precision,
          standardisation,
          predicts ? TargetStandardisation(data) : TargetStandardisation({}, {}),
          data.sample_shape,
          data.features,
          data.targets,
          options.net,
          options.activation,
          data.source.empty() ? data.name : data.source,
          data.source.empty() ? "" : digest(data),
          options.seed};
}

std::string network_file(const TrainedNetwork& network) {
  const std::map<std::string, std::string> metadata{{kVersionKey, kVersion},
                                                    {"rectify.model", to_toml(network.model)},
                                                    {"rectify.task", task_text(network.problem.task)},
                                                    {"rectify.loss", network.problem.loss.text()},
                                                    {"rectify.precision", precision_text(network.precision)},
                                                    {"rectify.sample_shape", fmt::format("{}", fmt::join(network.sample_shape, ","))},
                                                    {"rectify.features", fmt::format("{}", fmt::join(network.features, "\n"))},
                                                    {"rectify.targets", fmt::format("{}", fmt::join(network.targets, "\n"))},
                                                    {"rectify.net", network.net},
                                                    {"rectify.activation", network.activation},
                                                    {"rectify.data", network.data},
                                                    {kDigestKey, network.data_digest},
                                                    {"rectify.seed", fmt::format("{}", network.seed)}};
  std::vector<FloatTensor> tensors;
  for (const ParameterSlot& slot : network.parameters.slots()) {
    tensors.push_back({tensor_name(slot), slot.shape, network.parameters.values().subspan(slot.offset, slot.size())});
  }
  const auto add = [&](const char* name, std::span<const float> values) { tensors.push_back({name, {std::ssize(values)}, values}); };
  add("input.data_mean", network.input.means());
  add("input.data_scale", network.input.scales());
  add("target.data_mean", network.target.means());
  add("target.data_scale", network.target.scales());
  return to_safetensors(metadata, tensors);
}

TrainedNetwork read_network(const std::filesystem::path& file) {
  const Reader reader(file);
  Model model = reader.in_file([&] { return parse_model(reader.text("rectify.model"), "relu"); });
  ParameterStore parameters = read_parameters(reader, model);
  const std::vector<std::int64_t> shape = reader.sizes("rectify.sample_shape");
  if (product(shape) != model.input_units()) {
    reader.wrong(fmt::format("has samples of shape [{}], its model {} inputs", fmt::join(shape, ", "), model.input_units()));
  }
  const Problem problem = read_problem(reader, model);
  const Precision precision = reader.in_file([&] { return parse_precision(reader.text("rectify.precision")); });
  if (precision != Precision::kFloat32) {
    reader.wrong(fmt::format("computes in {}, which this program does not: train it again", precision_text(precision)));
  }
  const std::vector<float> means = reader.floats("input.data_mean"), scales = reader.floats("input.data_scale"),
                           target_means = reader.floats("target.data_mean"), target_scales = reader.floats("target.data_scale");
  TargetStandardisation target = reader.in_file([&] { return TargetStandardisation(target_means, target_scales); });
  if (problem.task == Task::kRegression && std::ssize(target.means()) != problem.outputs) {
    reader.wrong(fmt::format("has {} targets, its model {} outputs", target.means().size(), problem.outputs));
  }
  const std::vector<std::string> features = reader.names("rectify.features"), targets = reader.names("rectify.targets");
  if (!features.empty() && std::ssize(features) != model.input_units()) {
    reader.wrong(fmt::format("names {} features, its model has {} inputs", features.size(), model.input_units()));
  }
  if (problem.task == Task::kRegression && !targets.empty() && std::ssize(targets) != problem.outputs) {
    reader.wrong(fmt::format("names {} targets, its model has {} outputs", targets.size(), problem.outputs));
  }
  return {std::move(model),
          std::move(parameters),
          problem,
          precision,
          reader.in_file([&] { return Standardisation(means, scales, product(shape)); }),
          std::move(target),
          shape,
          features,
          targets,
          reader.text("rectify.net"),
          reader.text("rectify.activation"),
          reader.text("rectify.data"),
          reader.text(kDigestKey),
          reader.number("rectify.seed")};
}

void check_trained_on(const TrainedNetwork& network, const Dataset& data) {
  if (network.data_digest.empty() || network.data_digest == digest(data)) return;
  fail(kWho,
       fmt::format("{0} holds other data than those that the network was trained on: write --data {0} to test it on these", network.data));
}

TestRecord test(const TrainedNetwork& network, const Dataset& data) {
  check_data(network, data);
  TestRecord record{.net = network.net, .activation = network.activation, .trained_on = network.data, .data = data.name};
  record.task = network.problem.task;
  record.loss_name = network.problem.loss.text();
  record.samples = data.test.count;
  record.targets = network.targets;
  const Answers answers = answers_in(network, data);
  if (answers == Answers::kKnown && record.task == Task::kClassification) {
    record.confusion.assign(network.problem.outputs, std::vector<std::int64_t>(network.problem.outputs));
  }
  Evaluation evaluation(network.problem);
  ParameterStore parameters = network.parameters;
  const auto backend = make_onednn_backend();
  const TargetLoader targets(network.problem, network.target);
  evaluate(network.model, parameters, *backend, data.test, network.input, targets, network.precision, evaluation, [&](Plan& plan) {
    for (std::int64_t i = 0; i < plan.batch(); ++i) {
      record.predictions.push_back(predict(network, plan, i, answers));
      const auto& one = record.predictions.back();
      if (std::ranges::any_of(one.values, [](float value) { return !std::isfinite(value); })) {
        fail(kWho, fmt::format("it gives no number for sample {} of {}, whose values may be far from those it was trained on",
                               record.predictions.size(), data.name));
      }
      if (!record.confusion.empty()) ++record.confusion[*one.label][one.said];
    }
  });
  if (answers == Answers::kUnknown) return record;
  record.loss = evaluation.loss();
  record.accuracy = evaluation.accuracy();
  record.r_squared = evaluation.r_squared();
  record.rms_errors = evaluation.rms_errors(network.target);
  return record;
}

}  // namespace rectify
