#include "training.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <limits>

#include "interrupt.h"
#include "progress.h"
#include "rectify/base/threads.h"
#include "rectify/compare/comparison.h"
#include "rectify/compare/specs.h"
#include "rectify/data/table.h"
#include "rectify/report/json.h"
#include "rectify/report/output_file.h"
#include "rectify/report/plan_text.h"
#include "rectify/train/network_file.h"
#include "rectify/train/recipes.h"
#include "specs.h"
#include "usage.h"

namespace rectify::cli {
namespace {

/// What the command line asks for, the rest as it suits `task`.
CompareOptions to_options(const TrainingArguments& arguments, Task task) {
  const Compat compat = compat_of(arguments.compat);
  CompareOptions options;
  options.activations = split_specs(arguments.activation);
  for (std::string& spec : options.activations) spec = compat.translate(spec);
  options.seeds = arguments.seeds;
  options.threads = arguments.threads;
  TrainOptions& base = options.base;
  base = default_options(arguments.net, task);
  if (!arguments.task.empty()) base.task = parse_task(arguments.task);
  if (!arguments.loss.empty()) base.loss = Loss::parse(arguments.loss);
  // Before anything is loaded; what depends on the data is checked against a task that stands for any.
  const NetworkTask any{{1, 32, 32}, 2};
  base.net_text = network_text(base.net);  // once: the file may change while a network trains
  for (const std::string& spec : options.activations) {
    base.activation = spec;
    network_of(base, any);
  }
  if (arguments.epochs) base.epochs = *arguments.epochs;
  if (arguments.batch) base.batch = *arguments.batch;
  if (arguments.optimizer) change_optimiser(base, OptimiserOptions::parse(*arguments.optimizer));
  if (arguments.learning_rate) base.learning_rate = *arguments.learning_rate;
  base.optimiser.clip = arguments.clip;
  if (arguments.schedule) base.schedule = Schedule::parse(*arguments.schedule);
  if (arguments.augment) base.augmentation = Augmentation::parse(*arguments.augment);
  base.precision = parse_precision(arguments.precision);
  base.init = Initialisation::parse(arguments.init);
  base.seed = arguments.seed;
  return options;
}

std::vector<std::string> trial_names(const CompareOptions& options) {
  std::vector<std::string> names;
  for (const std::string& spec : options.activations) names.insert(names.end(), options.seeds, activation_label(spec));
  return names;
}

Colour colour_of_output() {
  const char* no_colour = std::getenv("NO_COLOR");
  const bool refused = no_colour != nullptr && *no_colour != '\0';
  return ::isatty(STDOUT_FILENO) != 0 && !refused ? Colour::kOn : Colour::kOff;
}

std::vector<Result> without_interrupted(const std::vector<Result>& results) {
  std::vector<Result> kept;
  std::copy_if(results.begin(), results.end(), std::back_inserter(kept),
               [](const Result& r) { return r.state != RunState::kInterrupted || !r.error.empty(); });
  return kept;
}

/// Writes the runs that were not interrupted; where there is none, what stands in the file is worth more.
void write_json(const std::string& path, const std::vector<Result>& results) {
  const std::vector<Result> kept = without_interrupted(results);
  if (kept.empty()) {
    fmt::print(stderr, "rectify: no training was finished: {} is not written\n", path);
  } else {
    write_whole(path, to_json(kept));
  }
}

/// Where the network of an interrupted training goes, as a finished one may stand at `path`.
std::string beside(const std::string& path) { return path + ".unfinished"; }

/// Writes the `network` that the training `result` led to, if it led to any; returns the exit status.
int save(const std::string& path, const std::string& network, const Result& result) {
  if (!network.empty() && result.state == RunState::kFinished) {
    write_whole(path, network);
    return kDone;
  }
  if (!network.empty()) {
    write_whole(beside(path), network);
    fmt::print(stderr, "rectify: interrupted after {} of {} epochs: {} has the network as it is, {} is not written\n",
               result.epoch_loss.size(), result.epochs, beside(path), path);
    return kFailed;
  }
  const std::string why = result.non_finite ? fmt::format("ended at step {}, where a value was not finite", result.non_finite->step)
                                            : "did not finish an epoch";
  fmt::print(stderr, "rectify: the training {}: {} is not written\n", why, path);
  return kFailed;
}

/// What of a table is to be predicted: a table is for regression unless another task is asked for.
TableUse table_of(const TrainingArguments& arguments, std::optional<Task> task) {
  return columns_use(arguments.target, arguments.features, target_kind(task.value_or(Task::kRegression)));
}

int print_plan(const CompareOptions& options, const Dataset& data) {
  TrainOptions one = options.base;
  one.activation = options.activations.front();
  set_team_size(1);
  const std::string text = plan_text(describe_plan(one, data));
  std::fwrite(text.data(), 1, text.size(), stdout);
  return kDone;
}

}  // namespace

TableUse columns_use(const std::string& target, const std::string& features, TargetKind kind) {
  TableUse table{.kind = kind};
  if (!target.empty()) table.targets = split_columns(target);
  if (!features.empty()) table.features = split_columns(features);
  return table;
}

Dataset load_data(const std::string& name, std::uint64_t seed, const TableUse& table) {
  const bool may_be_there = name == "fashion-mnist" || std::filesystem::exists(name);
  if (may_be_there && is_table(name)) typed([&] { check_columns(name, table); });
  const auto load = [&] { return load_dataset(name, seed, table); };
  return may_be_there ? load() : typed(load);
}

void add_training_options(CLI::App& verb, TrainingArguments& a, const char* threads) {
  const auto add = [&verb](const char* group, const char* name, auto& value, const char* what, const char* value_text) {
    return verb.add_option(name, value, what)->option_text(value_text)->group(group)->check(not_empty());
  };
  constexpr int kMost = std::numeric_limits<int>::max();
  add_compat_option(verb, a.compat)->group("Task");
  add("Task", "--data", a.data, "spirals, moons, strokes, friedman, .csv, folder", "fashion-mnist");
  add("Task", "--target", a.target, "columns of a table to predict, parted by commas", "COLUMN");
  add("Task", "--features", a.features, "columns of a table to predict from", "all others");
  add("Task", "--net", a.net, "layers, a name such as lenet, or a file.toml", "784-8x128-10");
  add("Task", "--task", a.task, "classification, regression or autoencoder", "by the data");
  add("Task", "--loss", a.loss, "cross-entropy[,smoothing=0], bce or mse", "by the task");
  add_whole_number(verb, "--epochs", a.epochs, {1, kMost}, "how often the training split is seen", "5")->group("Training");
  add_whole_number(verb, "--batch", a.batch, {1, kMost}, "samples a step", "128")->group("Training");
  verb.add_option_function<std::string>(
          "--lr", [&a](const std::string& text) { a.learning_rate = real_number("--lr", text); }, "learning rate at the start")
      ->option_text("by the optimizer")
      ->group("Training");
  add("Training", "--optimizer", a.optimizer, "sgd, adam, adamw or rmsprop, with settings", "sgd");
  verb.add_option_function<std::string>(
          "--clip", [&a](const std::string& text) { a.clip = real_number("--clip", text); }, "scale longer gradients down to this length")
      ->option_text("NORM")
      ->group("Training");
  add("Training", "--schedule", a.schedule, "cosine, constant, step or one-cycle, with settings", "cosine");
  add("Training", "--augment", a.augment, "of images, at random: flip, shift, shift=2", "none");
  add("Training", "--init", a.init, "auto, he, critical, lsuv, ..., with settings", "auto");
  add("Training", "--precision", a.precision, "of values and products; there is no other yet", "float32");
  add_whole_number(verb, "--seed", a.seed, {0, std::numeric_limits<std::uint64_t>::max()}, "of weights, batches and generated data", "1")
      ->group("Training");
  add_whole_number(verb, "--threads", a.threads, {1, 4096}, threads, "N")->group("Running");
  add("Running", "--json", a.json, "write all numbers to this file", "FILE");
}

int run_training(const TrainingArguments& arguments, Detail detail) {
  if (arguments.plan && (!arguments.save.empty() || !arguments.json.empty())) {
    throw UsageError(fmt::format("--plan trains nothing and writes no file: leave out {}", arguments.save.empty() ? "--json" : "--save"));
  }
  check_target();
  CompareOptions options = typed([&] { return to_options(arguments, Task::kClassification); });
  const std::string unfinished = arguments.save.empty() ? "" : beside(arguments.save);
  check_outputs({{"--json", arguments.json}, {"--save", arguments.save}, {"--save", unfinished}},
                {{"--data", arguments.data}, {"--net", arguments.net}});
  const TableUse table = typed([&] { return table_of(arguments, options.base.task); });
  const Dataset data = load_data(arguments.data, arguments.seed, table);
  const Task task = typed([&] { return Problem(options.base.task, options.base.loss, data).task; });
  if (task != Task::kClassification) options = to_options(arguments, task);
  if (options.base.net.empty()) options.base.net = typed([&] { return default_net(data, options.base); });
  typed([&] { check(options, data); });
  if (arguments.plan) return print_plan(options, data);

  std::string network;  // the file of the first one that is trained
  if (!arguments.save.empty()) {
    options.on_trained = [&](const TrainOptions& one, const Standardisation& standardisation, ParameterStore&& weights) {
      network = network_file(trained_network(one, data, standardisation, std::move(weights)));
    };
  }
  catch_interrupts();
  auto progress = make_progress(trial_names(options));
  const std::vector<Result> results = compare(options, data, *progress, interrupted());
  progress.reset();

  const std::string text = comparison_text(mean_over_seeds(results, options.seeds), {colour_of_output(), detail});
  std::fwrite(text.data(), 1, text.size(), stdout);  // main() tells a failure, after the JSON has been written
  if (!arguments.json.empty()) write_json(arguments.json, results);
  const int saved = arguments.save.empty() ? kDone : save(arguments.save, network, results.front());
  if (interrupted()) return kInterrupted;
  const bool failed = std::any_of(results.begin(), results.end(), [](const Result& r) { return !r.error.empty(); });
  return failed ? kFailed : saved;
}

}  // namespace rectify::cli
