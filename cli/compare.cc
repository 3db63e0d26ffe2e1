// rectify compare: several activations, one table.
#include <fmt/format.h>

#include <memory>

#include "rectify/compare/comparison.h"
#include "training.h"
#include "usage.h"
#include "verbs.h"

namespace rectify::cli {

void add_compare(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("compare", "Train several activations, show why they differ")->group("Networks");
  auto arguments = std::make_shared<TrainingArguments>();
  auto detail = std::make_shared<Detail>(Detail::kRows);
  arguments->activation = fmt::format("{}", fmt::join(lecture_activations(), ","));
  verb->add_option("--activation", arguments->activation, "names or formulas, parted by commas")
      ->option_text("linear,sigmoid,...")
      ->group("Task");
  add_training_options(*verb, *arguments, "trials at once; one per core unless given");
  add_whole_number(*verb, "--seeds", arguments->seeds, {1, 1000}, "rows are the mean of this many seeds", "1")->group("Training");
  verb->add_flag_callback(
          "-v", [detail] { *detail = Detail::kLayers; }, "a row for each layer")
      ->group("Running");
  verb->footer(
      fmt::format("The values shown are the defaults. The activations' default is\n"
                  "{}.\n{}Examples:\n"
                  "  rectify compare\n"
                  "  rectify compare --data spirals --activation \"relu, elu(alpha=2), x*sigmoid(x)\"\n"
                  "  rectify compare --activation sigmoid --init auto,gain=4.72 --json sigmoid.json\n"
                  "Exit status: 0 done, 1 failed, 2 mistake in the command line, 130 interrupted.",
                  fmt::join(lecture_activations(), ", "), kSettingsHelp));
  verb->callback([&action, arguments, detail] { action = [=] { return run_training(*arguments, *detail); }; });
}

}  // namespace rectify::cli
