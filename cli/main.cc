// The `rectify` program: parses the command line, calls the library, prints.
#include <fmt/format.h>

#include <exception>
#include <iostream>

#include "usage.h"
#include "verbs.h"

namespace rectify::cli {
namespace {

int run(int argc, char** argv) {
  CLI::App app("Trains deep networks, shows why their activation functions help or hurt.", "rectify");
  app.require_subcommand(1);
  app.set_version_flag("--version", "rectify " RECTIFY_VERSION, "Print the version and exit");
  app.footer(
      "Examples:\n"
      "  rectify compare                     the lecture's activations on Fashion-MNIST\n"
      "  rectify train --data spirals        one network, layer by layer\n"
      "  rectify test net.safetensors        a saved network on its test data\n"
      "  rectify study collapse              one of the lecture's claims, tested\n"
      "  rectify list                        all activations that have a name\n"
      "  rectify show \"x * sigmoid(x)\"       what follows from a formula\n"
      "  echo -1 0 1 | rectify eval gelu     numbers in, values out\n"
      "`rectify VERB --help` tells more.\n"
      "Environment:\n"
      "  RECTIFY_TARGET  the SIMD target that computes, such as AVX2; unset: the best\n"
      "  RECTIFY_DATA    the folder with the data sets; unset: /usr/share/datasets\n"
      "  NO_COLOR        if not empty, output has no colour");
  Action action;
  for (const auto add : {add_compare, add_train, add_test, add_study, add_list, add_show, add_eval}) add(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app.exit(help);
  } catch (const CLI::ParseError& error) {
    throw UsageError(explain(app, error));
  }
  return action();
}

}  // namespace
}  // namespace rectify::cli

int main(int argc, char** argv) {
  using namespace rectify::cli;
  std::ios::sync_with_stdio(false);
  try {
    const int status = run(argc, argv);
    flush_output();
    return status;
  } catch (const UsageError& e) {
    fmt::print(stderr, "rectify: {}\n", e.what());
    return kUsage;
  } catch (const std::exception& e) {
    fmt::print(stderr, "rectify: {}\n", e.what());
    return kFailed;
  }
}
