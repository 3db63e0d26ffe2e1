// rectify list: the catalogue.
#include <fmt/format.h>

#include "rectify/report/catalogue.h"
#include "usage.h"
#include "verbs.h"

namespace rectify::cli {

void add_list(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("list", "List the activations that have a name")->group("Functions");
  verb->footer("Example:\n  rectify list");
  verb->callback([&action] {
    action = [] {
      fmt::print("{}\n{}", catalogue_text(catalogue()), catalogue_text(layer_catalogue()));
      return kDone;
    };
  });
}

}  // namespace rectify::cli
