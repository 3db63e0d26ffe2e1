// rectify test: a saved network on data.
#include <fmt/format.h>

#include <filesystem>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "rectify/base/error.h"
#include "rectify/base/threads.h"
#include "rectify/data/table.h"
#include "rectify/report/output_file.h"
#include "rectify/report/test_report.h"
#include "rectify/train/network_file.h"
#include "training.h"
#include "usage.h"
#include "verbs.h"

namespace rectify::cli {
namespace {

struct TestArguments {
  std::string file, data, predictions, json;
  std::optional<std::uint64_t> seed;
  int threads = available_threads();
};

int test_network(const TestArguments& arguments) {
  check_target();
  check_outputs({{"--predictions", arguments.predictions}, {"--json", arguments.json}},
                {{"FILE", arguments.file}, {"--data", arguments.data}});
  set_team_size(arguments.threads);
  const TrainedNetwork network = read_network(arguments.file);
  const std::string& data = arguments.data.empty() ? network.data : arguments.data;
  TableUse table;
  if (arguments.data.empty() && (is_table(data) || data.find('/') != std::string::npos) && !std::filesystem::exists(data)) {
    fail("test", fmt::format("{} was trained on {}, which is not there: write --data FILE", arguments.file, data));
  }
  if (is_table(data)) {
    table = {.targets = network.targets,
             .features = network.features,
             .kind = target_kind(network.problem.task),
             .rows = arguments.data.empty() ? TestRows::kFifth : TestRows::kAll};
    if (std::filesystem::exists(data) && !has_columns(data, network.targets)) table.targets.clear(), table.kind = TargetKind::kNone;
  }
  const Dataset loaded = load_data(data, arguments.seed.value_or(network.seed), table);
  if (arguments.data.empty()) check_trained_on(network, loaded);
  const TestRecord record = test(network, loaded);
  fmt::print("{}", test_text(record));
  if (!arguments.predictions.empty()) write_whole(arguments.predictions, predictions_csv(record));
  if (!arguments.json.empty()) write_whole(arguments.json, to_json(record));
  return kDone;
}

}  // namespace

void add_test(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("test", "Run a saved network over test data")->group("Networks");
  auto arguments = std::make_shared<TestArguments>();
  verb->add_option("FILE", arguments->file, "what `rectify train --save` wrote")->required();
  verb->add_option("--data", arguments->data, "data of the same shape, with or without answers")
      ->option_text("as trained")
      ->check(not_empty());
  verb->add_option("--predictions", arguments->predictions, "write a line a sample to this file")->option_text("FILE")->check(not_empty());
  verb->add_option("--json", arguments->json, "write all numbers to this file")->option_text("FILE")->check(not_empty());
  add_whole_number(*verb, "--seed", arguments->seed, {0, std::numeric_limits<std::uint64_t>::max()}, "of generated data", "as trained");
  add_whole_number(*verb, "--threads", arguments->threads, {1, 4096}, "cores to use; all unless given", "N");
  verb->footer(
      "Examples:\n"
      "  rectify train --save moons.safetensors --data moons\n"
      "  rectify test moons.safetensors --predictions moons.csv\n"
      "Exit status: 0 done, 1 failed, 2 mistake in the command line.");
  verb->callback([&action, arguments] { action = [arguments] { return test_network(*arguments); }; });
}

}  // namespace rectify::cli
