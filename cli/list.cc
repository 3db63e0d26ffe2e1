// rectify list: the catalogue.
#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "rectify/compare/portrait.h"
#include "rectify/report/activation_page.h"
#include "rectify/report/catalogue.h"
#include "specs.h"
#include "usage.h"
#include "verbs.h"

namespace rectify::cli {
namespace {

struct ListArguments {
  std::string compat, accuracy;
  bool markdown = false;
};

std::string page(const std::string& accuracy_file) {
  std::string accuracy;
  if (!accuracy_file.empty()) {
    std::ifstream in(accuracy_file, std::ios::binary);
    if (!in) throw UsageError(fmt::format("{}: cannot be read", accuracy_file));
    accuracy.assign(std::istreambuf_iterator<char>(in), {});
  }
  std::vector<Portrait> portraits;
  for (const std::string& name : catalogue_names()) portraits.push_back(portray(Activation(name), 0));
  return activation_page(portraits, layer_catalogue(), read_accuracy(accuracy));
}

int list(const ListArguments& arguments) {
  const Compat compat = compat_of(arguments.compat);
  if (arguments.markdown) {
    if (!compat.is_own()) throw UsageError("--markdown tells of all frameworks, and goes without --compat");
    fmt::print("{}", page(arguments.accuracy));
  } else {
    std::string text = catalogue_text(catalogue(), compat);
    for (const std::string& more : {uncatalogued_text(compat), catalogue_text(layer_catalogue(), compat)}) {
      if (!more.empty()) text += "\n" + more;
    }
    fmt::print("{}", text);
  }
  return kDone;
}

}  // namespace

void add_list(CLI::App& app, Action& action) {
  CLI::App* verb = app.add_subcommand("list", "List the activations that have a name")->group("Functions");
  auto arguments = std::make_shared<ListArguments>();
  add_compat_option(*verb, arguments->compat);
  auto* markdown = verb->add_flag("--markdown", arguments->markdown, "print all that is known of them, as a page");
  verb->add_option("--accuracy", arguments->accuracy, "with --markdown: take their errors from this page")
      ->option_text("docs/accuracy.md")
      ->needs(markdown);
  verb->footer(
      "A name also stands inside formulas, whose language docs/formulas.md tells.\n"
      "Examples:\n  rectify list\n  rectify list --compat keras");
  verb->callback([&action, arguments] { action = [arguments] { return list(*arguments); }; });
}

}  // namespace rectify::cli
