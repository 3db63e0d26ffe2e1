// rectify eval: numbers in, values out.
#include <cstdio>
#include <iostream>
#include <memory>
#include <optional>
#include <string>

#include "rectify/report/evaluation.h"
#include "rectify/simd/target.h"
#include "specs.h"
#include "usage.h"
#include "verbs.h"

namespace rectify::cli {
namespace {

struct EvalArguments {
  std::string spec, compat;
  std::optional<std::string> target;
  bool gradient = false;
};

int eval(const EvalArguments& arguments) {
  typed([&] { arguments.target ? set_target(*arguments.target) : prepare_dispatch(); });
  const Activation activation = activation_of(arguments.spec, arguments.compat);
  evaluate_numbers(std::cin, activation, arguments.gradient ? Gradient::kOn : Gradient::kOff, [](std::string_view lines) {
    std::fwrite(lines.data(), 1, lines.size(), stdout);
    flush_output();
  });
  return kDone;
}

}  // namespace

void add_eval(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("eval", "Read numbers x, print f(x) from the f32 kernel")->group("Functions");
  auto arguments = std::make_shared<EvalArguments>();
  verb->add_option("SPEC", arguments->spec, "a name, a name with parameters, or a formula in x")->required();
  add_compat_option(*verb, arguments->compat);
  verb->add_flag("--grad", arguments->gradient, "print f'(x) too");
  verb->add_option("--target", arguments->target, "the SIMD target that computes, such as AVX2")->option_text("best")->check(not_empty());
  verb->footer("How formulas are written: docs/formulas.md.\nExample:\n  echo -1 0 0.5 inf nan | rectify eval \"elu(alpha=0.5)\" --grad");
  verb->callback([&action, arguments] { action = [arguments] { return eval(*arguments); }; });
}

}  // namespace rectify::cli
