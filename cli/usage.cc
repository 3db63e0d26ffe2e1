#include "usage.h"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "rectify/base/nearest.h"
#include "rectify/report/output_file.h"
#include "rectify/simd/target.h"

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

/// An option without the value that it needs, or with several.
std::string wrong_count(const CLI::App& verb, const CLI::ArgumentMismatch& error) {
  const std::string text = error.what(), name = text.substr(0, text.find(':'));
  const CLI::Option* option = verb.get_option_no_throw(name);
  if (option == nullptr) return text;
  if (option->count() > 1) return fmt::format("{} is given {} times, wanted once", name, option->count());
  return fmt::format("{} needs a value: {}", name, option->get_description());
}

/// `text` read whole, or nothing.
template <class Number>
std::optional<Number> number_in(const std::string& text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Whether both paths name one regular file, which may not be there yet.
bool is_same_file(const std::filesystem::path& a, const std::filesystem::path& b) {
  std::error_code error;
  if (a.empty() || b.empty() || (std::filesystem::exists(a, error) && !std::filesystem::is_regular_file(a, error))) return false;
  const auto whole = [&error](const std::filesystem::path& path) { return weakly_canonical(absolute(path, error), error); };
  return whole(a) == whole(b);
}

}  // namespace

std::string with_hint(const std::string& message) {
  const bool guessed = message.find("did you mean") != std::string::npos;
  if (message.starts_with("[formula] unknown name")) {
    return message + "\nWhat a formula may name: docs/formulas.md" + (guessed ? "." : ", and the activations of `rectify list`.");
  }
  if (guessed || !message.starts_with("[activation] unknown activation")) return message;
  constexpr std::string_view kOf = "\" of ";
  const std::size_t of = message.rfind(kOf);
  const std::string compat = of == std::string::npos ? "" : " --compat " + message.substr(of + kOf.size());
  return message + "\n`rectify list" + compat + "` names the activations that there are.";
}

void check_target() {
  typed([] { prepare_dispatch(); });
}

void check_outputs(const std::vector<NamedFile>& outputs, const std::vector<NamedFile>& inputs) {
  std::vector<NamedFile> others = inputs;
  for (const NamedFile& output : outputs) {
    if (output.path.empty()) continue;
    for (const NamedFile& other : others) {
      if (!is_same_file(output.path, other.path)) continue;
      throw UsageError(fmt::format("{} and {} are the same file, {}: it would be written over", other.option, output.option, output.path));
    }
    check_writable(output.path);
    others.push_back(output);
  }
}

std::uint64_t whole_number(const std::string& option, const std::string& text, std::uint64_t lowest, std::uint64_t highest) {
  const auto value = number_in<std::uint64_t>(text);
  if (value && *value >= lowest && *value <= highest) return *value;
  throw CLI::ValidationError(option, fmt::format("wanted a whole number from {} to {}, got \"{}\"", lowest, highest, text));
}

double real_number(const std::string& option, const std::string& text) {
  if (const auto value = number_in<double>(text)) return *value;
  throw CLI::ValidationError(option, fmt::format("wanted a number such as 0.01 or 1e-3, got \"{}\"", text));
}

CLI::Validator not_empty() {
  return {[](const std::string& text) { return std::string(text.empty() ? "wanted a value, got \"\"" : ""); }, ""};
}

void flush_output() {
  errno = 0;
  std::cout.flush();
  const bool taken = std::fflush(stdout) == 0 && std::ferror(stdout) == 0 && std::cout.good();
  if (!taken)
    throw std::runtime_error(fmt::format("cannot write the output{}{}", errno == 0 ? "" : ": ", errno == 0 ? "" : std::strerror(errno)));
}

std::string explain(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& verb = innermost(app);
  const std::vector<std::string> unknown = app.remaining(true);
  const std::string command = &verb == &app ? "rectify" : "rectify " + verb.get_name();
  std::string message = error.what();
  if (!unknown.empty()) {
    message = unknown_word(app, verb, unknown.front());
  } else if (const auto* mismatch = dynamic_cast<const CLI::ArgumentMismatch*>(&error)) {
    message = wrong_count(verb, *mismatch);
  } else if (&verb == &app) {
    message = fmt::format("wanted a verb: {}", fmt::join(verb_names(app), ", "));
  }
  return fmt::format("{}\n`{} --help` lists what there is.", message, command);
}

}  // namespace rectify::cli
