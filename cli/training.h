// What `compare` and `train` share: their options, and the way from these to a table.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "rectify/data/dataset.h"
#include "rectify/report/table.h"

namespace rectify::cli {

/// The options as they were typed.
struct TrainingArguments {
  std::string activation, compat, net, task, loss, target, features, data = "fashion-mnist", init = "auto", precision = "float32", json,
                                                                     save;
  int seeds = 1, threads = 0;
  std::optional<int> epochs;  ///< these: the network's own unless given
  std::optional<std::int64_t> batch;
  std::optional<double> learning_rate, clip;
  std::optional<std::string> optimizer, schedule, augment;
  std::uint64_t seed = 1;
  bool plan = false;  ///< print what a training step consists of, and train nothing
};

/// What the footer of --help says of the settings that options take.
inline constexpr const char* kSettingsHelp =
    "mlp, deep-mlp, lenet, vgg-small and resnet-20 bring their own --epochs,\n"
    "--batch, --optimizer, --lr, --schedule and --augment, which `train --plan`\n"
    "shows. --lr is 0.01 of sgd, 0.001 of the others.\n"
    "Settings follow a name, as in adamw,decay=0.01 or cosine,warmup=0.1:\n"
    "  --optimizer  sgd: momentum=0.9, nesterov, decay=0\n"
    "               adam, adamw: beta1=0.9, beta2=0.999, epsilon=1e-8,\n"
    "               decay=0 (adamw: 0.01); rmsprop: rho=0.99, epsilon, decay\n"
    "  --schedule   constant, cosine, step: warmup=0, a share of the training\n"
    "               cosine: floor=0; step: at=0.5+0.75, factor=0.1\n"
    "               one-cycle: rise=0.3, start=0.04, end=4e-6\n"
    "  --init       auto, he, glorot, lecun, orthogonal, critical (edge of\n"
    "               chaos), lsuv (scaled by the data): gain=G, scale=1, bias=0\n";

/// Adds the options that fill `arguments`, with their defaults; `threads` says what --threads does.
void add_training_options(CLI::App& verb, TrainingArguments& arguments, const char* threads);

/// What the values of --target and --features say of a table's columns, its targets being of a kind. Errors: [data] see split_columns().
TableUse columns_use(const std::string& target, const std::string& features, TargetKind kind);

/// The data set that `name` means, a table's rows as `table` says; a name that stands for nothing is a mistake of the command line, files
/// that cannot be read are a failure.
Dataset load_data(const std::string& name, std::uint64_t seed, const TableUse& table);

/// Trains what `arguments` ask for, prints the table, writes the JSON and saves the network. Returns the exit status. The first Ctrl-C ends
/// the trials that run, keeps the finished ones and returns kInterrupted; the second kills.
int run_training(const TrainingArguments& arguments, Detail detail);

}  // namespace rectify::cli
