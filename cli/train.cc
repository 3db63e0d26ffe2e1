// rectify train: one activation, explained layer by layer.
#include <memory>
#include <string>

#include "rectify/compare/specs.h"
#include "training.h"
#include "usage.h"
#include "verbs.h"

namespace rectify::cli {

void add_train(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("train", "Train one network and explain what happened")->group("Networks");
  auto arguments = std::make_shared<TrainingArguments>();
  arguments->activation = "relu";
  verb->add_option("--activation", arguments->activation, "a name or a formula")->option_text("relu")->group("Task");
  add_training_options(*verb, *arguments, "cores to use; a small network uses one");
  const CLI::Option *net = verb->add_option("NET", arguments->net, "the same as --net"), *net_option = verb->get_option("--net");
  verb->add_option("--save", arguments->save, "write the trained network to this file")
      ->option_text("FILE")
      ->group("Running")
      ->check(not_empty());
  verb->add_flag("--plan", arguments->plan, "print its steps and their memory, train nothing")->group("Running");
  verb->footer(std::string("The values shown are the defaults.\n") + kSettingsHelp +
               "Examples:\n"
               "  rectify train --activation elu\n"
               "  rectify train lenet --activation mish\n"
               "  rectify train --net \"1x28x28 conv16 bn pool conv32 bn pool 10\" --plan\n"
               "  rectify train --data spirals --net 2-3x32-3 --activation \"x * sigmoid(x)\"\n"
               "  rectify train mlp --data moons --optimizer adam,beta1=0.9 --epochs 5\n"
               "Exit status: 0 done, 1 failed, 2 mistake in the command line, 130 interrupted.");
  verb->callback([&action, arguments, net, net_option] {
    if (net->count() > 0 && net_option->count() > 0) throw UsageError("the network is given as NET and as --net, wanted once");
    action = [arguments] {
      if (typed([&] { return split_specs(arguments->activation); }).size() != 1) {
        throw UsageError("train takes one activation; `rectify compare` takes several");
      }
      return run_training(*arguments, Detail::kLayers);
    };
  });
}

}  // namespace rectify::cli
