#include "usage.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "rectify/base/nearest.h"

namespace rectify::cli {
namespace {

/// The verb that was given, or the program itself.
const CLI::App& innermost(const CLI::App& app) {
  const auto verbs = app.get_subcommands();
  return verbs.empty() ? app : innermost(*verbs.front());
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::vector<std::string> verb_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) names.push_back(verb->get_name());
  return names;
}

std::string unknown_word(const CLI::App& app, const CLI::App& verb, const std::string& word) {
  if (word.starts_with("--"))
    return fmt::format("unknown option {}{}", word, did_you_mean(word.substr(0, word.find('=')), option_names(verb)));
  if (word.starts_with("-")) {
    const bool takes_spec = verb.get_option_no_throw("SPEC") != nullptr;
    return fmt::format("unknown option {}{}", word, takes_spec ? "; a formula that begins with - goes last, after --" : "");
  }
  if (&verb == &app) return fmt::format("unknown verb {}{}", word, did_you_mean(word, verb_names(app)));
  return fmt::format("{} takes no further argument, got \"{}\"; quote a formula that has spaces", verb.get_name(), word);
}

}  // namespace

std::string explain(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& verb = innermost(app);
  const std::vector<std::string> unknown = app.remaining(true);
  const std::string command = &verb == &app ? "rectify" : "rectify " + verb.get_name();
  std::string message = error.what();
  if (!unknown.empty()) {
    message = unknown_word(app, verb, unknown.front());
  } else if (&verb == &app) {
    message = fmt::format("wanted a verb: {}", fmt::join(verb_names(app), ", "));
  }
  return fmt::format("{}\n`{} --help` lists what there is.", message, command);
}

}  // namespace rectify::cli
