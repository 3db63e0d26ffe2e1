#include "training.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <iterator>

#include "progress.h"
#include "rectify/compare/comparison.h"
#include "rectify/compare/specs.h"
#include "rectify/report/json.h"
#include "rectify/report/output_file.h"
#include "usage.h"

namespace rectify::cli {
namespace {

std::atomic<bool> stop = false;  // a signal handler reaches nothing but globals
static_assert(std::atomic<bool>::is_always_lock_free);

/// The first signal asks for an end; the next has its usual effect.
void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = [](int) { stop = true; };
  action.sa_flags = SA_RESETHAND | SA_RESTART;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

CompareOptions to_options(const TrainingArguments& arguments) {
  CompareOptions options;
  if (!arguments.activation.empty()) options.activations = split_specs(arguments.activation);
  options.seeds = arguments.seeds;
  options.threads = arguments.threads;
  TrainOptions& base = options.base;
  base.net = arguments.net;
  const std::string net = base.net.empty() ? TrainOptions().net : base.net;
  for (const std::string& spec : options.activations) parse_network(net, spec);  // before anything is loaded
  base.epochs = arguments.epochs;
  base.batch = arguments.batch;
  base.learning_rate = arguments.learning_rate;
  base.optimiser = OptimiserOptions::parse(arguments.optimizer);
  base.schedule = parse_schedule(arguments.schedule);
  base.init = Initialisation::parse(arguments.init);
  base.seed = arguments.seed;
  return options;
}

/// The data set; a name that stands for nothing is a mistake of the command line, files that cannot be read are a failure.
Dataset load(const TrainingArguments& arguments) {
  const bool may_be_there = arguments.data == "fashion-mnist" || std::filesystem::exists(arguments.data);
  const auto load = [&] { return load_dataset(arguments.data, arguments.seed); };
  return may_be_there ? load() : typed(load);
}

std::vector<std::string> trial_names(const CompareOptions& options) {
  std::vector<std::string> names;
  for (const std::string& activation : options.activations) names.insert(names.end(), options.seeds, activation);
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

}  // namespace

void add_training_options(CLI::App& verb, TrainingArguments& a) {
  const auto add = [&verb](const char* group, const char* name, auto& value, const char* what, const char* value_text) {
    return verb.add_option(name, value, what)->option_text(value_text)->group(group);
  };
  const auto not_negative = [](const std::string& text) {
    return text.starts_with("-") ? "wanted a whole number from 0, got " + text : "";
  };
  add("Task", "--data", a.data, "spirals, moons or a folder of IDX files", "fashion-mnist");
  add("Task", "--net", a.net, "the sizes of all layers", "784-8x128-10");
  add("Training", "--epochs", a.epochs, "how often the training split is seen", "5");
  add("Training", "--batch", a.batch, "samples a step", "128");
  add("Training", "--lr", a.learning_rate, "learning rate at the start", "0.01");
  add("Training", "--optimizer", a.optimizer, "sgd or adam, with momentum=, decay=, beta1=", "sgd");
  add("Training", "--schedule", a.schedule, "cosine or constant", "cosine");
  add("Training", "--init", a.init, "auto, he, glorot or lecun [,gain=G][,bias=B]", "auto");
  add("Training", "--seed", a.seed, "of weights, batches and generated data", "1")->check(not_negative);
  add("Running", "--threads", a.threads, "trials at once; one per core unless given", "N")->check(CLI::Range(1, 4096));
  add("Running", "--json", a.json, "write all numbers to this file", "FILE");
}

int run_training(const TrainingArguments& arguments, Detail detail) {
  CompareOptions options = typed([&] { return to_options(arguments); });
  if (!arguments.json.empty()) check_writable(arguments.json);
  const Dataset data = load(arguments);
  if (options.base.net.empty()) options.base.net = default_net(data);
  typed([&] { check(options, data); });

  catch_interrupts();
  auto progress = make_progress(trial_names(options));
  const std::vector<Result> results = compare(options, data, *progress, stop);
  progress.reset();

  fmt::print("{}", comparison_text(mean_over_seeds(results, options.seeds), {colour_of_output(), detail}));
  if (!arguments.json.empty()) write_whole(arguments.json, to_json(without_interrupted(results)));
  if (stop) return kInterrupted;
  const bool failed = std::any_of(results.begin(), results.end(), [](const Result& r) { return !r.error.empty(); });
  return failed ? kFailed : kDone;
}

}  // namespace rectify::cli
