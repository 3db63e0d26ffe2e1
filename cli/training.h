// What `compare` and `train` share: their options, and the way from these to a table.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <string>

#include "rectify/report/table.h"

namespace rectify::cli {

/// The options as they were typed.
struct TrainingArguments {
  std::string activation, compat, net, data = "fashion-mnist", optimizer = "sgd", schedule = "cosine", init = "auto", json;
  int epochs = 5, seeds = 1, threads = 0;
  std::int64_t batch = 128;
  double learning_rate = 0.01;
  std::uint64_t seed = 1;
};

/// Adds the options that fill `arguments`, with their defaults; `threads` says what --threads does.
void add_training_options(CLI::App& verb, TrainingArguments& arguments, const char* threads);

/// Trains what `arguments` ask for, prints the table and writes the JSON. Returns the exit status. The first Ctrl-C ends the trials that
/// run, keeps the finished ones and returns kInterrupted; the second kills.
int run_training(const TrainingArguments& arguments, Detail detail);

}  // namespace rectify::cli
