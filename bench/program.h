// The command line of a benchmark.
#pragma once

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace rectify::bench {

/// A benchmark as a program: what it measures, its options, and --json, which all of them have. What an option's variable holds when it is
/// added is the default that --help shows.
class Program {
 public:
  /// `measures` says what is measured, in lines of at most 80 characters.
  explicit Program(const std::string& measures);

  /// Adds an option that fills `value` with a number from 1 to 10,000.
  void add_count(const std::string& name, int& value, const std::string& what);
  /// Adds an option that fills `value` with any text; `fallback` is what --help shows for none.
  CLI::Option* add_text(const std::string& name, std::string& value, const std::string& what, const std::string& fallback);
  /// The same with one of `choices`.
  void add_choice(const std::string& name, std::string& value, const std::vector<std::string>& choices, const std::string& what,
                  const std::string& fallback);

  /// Reads the command line. Returns main()'s status where nothing is to be measured: 0 after --help, 2 after a mistake, which is told with
  /// the help on standard error.
  std::optional<int> parse(int argc, char** argv);

  /// Writes `figures` beside surroundings() to the file that --json names, if any. Errors: [bench] it cannot be written.
  void write(nlohmann::json figures) const;

 private:
  CLI::App app_;
  std::string json_;
};

/// What main() returns: that of run(), or 1 where it throws, which is printed.
int run_guarded(int argc, char** argv, int (*run)(int argc, char** argv));

}  // namespace rectify::bench
