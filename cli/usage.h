// Exit statuses, and mistakes of the command line told apart from failures.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "rectify/base/error.h"

namespace rectify::cli {

inline constexpr int kDone = 0, kFailed = 1, kUsage = 2;
inline constexpr int kInterrupted = 130;  // 128 + SIGINT, as shells have it

/// The command line makes no sense.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A library's `message` about what the user typed; one about a name that nothing is near to tells where names are listed.
std::string with_hint(const std::string& message);

/// What `parse` returns; an Error of the library becomes a UsageError, because it is about what the user typed.
template <class Parse>
auto typed(const Parse& parse) {
  try {
    return parse();
  } catch (const Error& e) {
    throw UsageError(with_hint(e.what()));
  }
}

/// Checks that RECTIFY_TARGET, where it is set, names a SIMD target. Errors: UsageError.
void check_target();

/// A file that the command line names, and with what.
struct NamedFile {
  std::string option, path;  ///< path: empty where none is given
};
/// Checks that each of `outputs` can be written and is none of the other files. Errors: UsageError two are the same; Error see
/// check_writable().
void check_outputs(const std::vector<NamedFile>& outputs, const std::vector<NamedFile>& inputs);

/// The whole number from `lowest` to `highest` that `text`, the value of `option`, is. Errors: CLI::ValidationError.
std::uint64_t whole_number(const std::string& option, const std::string& text, std::uint64_t lowest, std::uint64_t highest);
/// Adds an option whose value is a whole number within `range`.
template <class Number>
CLI::Option* add_whole_number(CLI::App& verb, const std::string& name, Number& value, std::pair<std::uint64_t, std::uint64_t> range,
                              const std::string& what, const std::string& value_text) {
  const auto read = [name, &value, range](const std::string& text) {
    value = static_cast<Number>(whole_number(name, text, range.first, range.second));
  };
  return verb.add_option_function<std::string>(name, read, what)->option_text(value_text);
}

/// The number that `text`, the value of `option`, is, "inf" and "nan" included. Errors: CLI::ValidationError.
double real_number(const std::string& option, const std::string& text);

/// Refuses an empty value, which would count as none given.
CLI::Validator not_empty();

/// Hands all that was printed over. Errors: std::runtime_error where standard output does not take it.
void flush_output();

/// CLI11's complaint in our words, with the nearest verb or option for a mistyped one.
std::string explain(const CLI::App& app, const CLI::ParseError& error);

}  // namespace rectify::cli
