// The verbs of `rectify`, one file each.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace rectify::cli {

/// What the command line asks for, run once it has been understood as a whole. Returns the exit status.
using Action = std::function<int()>;

void add_compare(CLI::App& app, Action& action);
void add_train(CLI::App& app, Action& action);
void add_study(CLI::App& app, Action& action);
void add_test(CLI::App& app, Action& action);
void add_list(CLI::App& app, Action& action);
void add_show(CLI::App& app, Action& action);
void add_eval(CLI::App& app, Action& action);

}  // namespace rectify::cli
