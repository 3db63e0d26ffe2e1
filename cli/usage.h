// Exit statuses, and mistakes of the command line told apart from failures.
#pragma once

#include <CLI/CLI.hpp>
#include <stdexcept>
#include <string>

#include "rectify/base/error.h"

namespace rectify::cli {

inline constexpr int kDone = 0, kFailed = 1, kUsage = 2;
inline constexpr int kInterrupted = 130;  // 128 + SIGINT, as shells have it

/// The command line makes no sense.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What `parse` returns; an Error of the library becomes a UsageError, because it is about what the user typed.
template <class Parse>
auto typed(const Parse& parse) {
  try {
    return parse();
  } catch (const Error& e) {
    throw UsageError(e.what());
  }
}

/// CLI11's complaint in our words, with the nearest verb or option for a mistyped one.
std::string explain(const CLI::App& app, const CLI::ParseError& error);

}  // namespace rectify::cli
