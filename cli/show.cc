// rectify show: what follows from a formula.
#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "rectify/compare/portrait.h"
#include "rectify/compare/rounding.h"
#include "rectify/report/json.h"
#include "rectify/report/portrait.h"
#include "specs.h"
#include "usage.h"
#include "verbs.h"

namespace rectify::cli {
namespace {

struct ShowArguments {
  std::string spec, against, compat;
  bool json = false;
};

int show(const ShowArguments& arguments) {
  check_target();
  const Activation activation = activation_of(arguments.spec, arguments.compat);
  if (arguments.against.empty()) {
    Portrait portrait = portray(activation);
    portrait.rounding = measure_rounding(activation);
    fmt::print("{}", arguments.json ? to_json(portrait) : portrait_text(portrait));
    return kDone;
  }
  const Activation other = activation_of(arguments.against, arguments.compat);
  const std::vector<Difference> differences{largest_difference(activation, other, -10, 10),
                                            largest_difference(activation, other, -1e6, 1e6)};
  fmt::print("{}", arguments.json ? to_json(activation.spec(), other.spec(), differences)
                                  : difference_text(activation.spec(), other.spec(), differences));
  return kDone;
}

}  // namespace

void add_show(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("show", "Show what follows from an activation's formula")->group("Functions");
  auto arguments = std::make_shared<ShowArguments>();
  verb->add_option("SPEC", arguments->spec, "a name, a name with parameters, or a formula in x")->required();
  verb->add_option("--against", arguments->against, "show instead where it differs most from this SPEC");
  add_compat_option(*verb, arguments->compat);
  verb->add_flag("--json", arguments->json, "print JSON");
  verb->footer(
      "How formulas are written: docs/formulas.md.\n"
      "Examples:\n"
      "  rectify show \"elu(alpha=0.5)\"\n"
      "  rectify show \"relu(x+1) - relu(x-1)\" --against \"2*sigmoid(2*x)\"");
  verb->callback([&action, arguments] { action = [arguments] { return show(*arguments); }; });
}

}  // namespace rectify::cli
