#include "program.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>

#include "rectify/base/error.h"
#include "rectify/base/nearest.h"
#include "surroundings.h"

namespace rectify::bench {

Program::Program(const std::string& measures) : app_(measures + "\n") {
  add_text("--json", json_, "write all figures to this file", "FILE");
}

void Program::add_count(const std::string& name, int& value, const std::string& what) {
  app_.add_option(name, value, what)->option_text(std::to_string(value))->check(CLI::Range(1, 10000));
}

CLI::Option* Program::add_text(const std::string& name, std::string& value, const std::string& what, const std::string& fallback) {
  return app_.add_option(name, value, what)->option_text(fallback);
}

void Program::add_choice(const std::string& name, std::string& value, const std::vector<std::string>& choices, const std::string& what,
                         const std::string& fallback) {
  const auto check = [choices](const std::string& text) -> std::string {
    if (std::find(choices.begin(), choices.end(), text) != choices.end()) return "";
    const std::string meant = did_you_mean(text, choices);
    return fmt::format("there is no {}{}", text, meant.empty() ? fmt::format("; choose {}", fmt::join(choices, ", ")) : meant);
  };
  add_text(name, value, what, fallback)->check(CLI::Validator(check, ""));
}

std::optional<int> Program::parse(int argc, char** argv) {
  try {
    app_.parse(argc, argv);
  } catch (const CLI::Success& help) {
    return app_.exit(help);
  } catch (const CLI::ParseError& mistake) {
    fmt::print(stderr, "{}\n\n{}", mistake.what(), app_.help());
    return 2;
  }
  return std::nullopt;
}

void Program::write(nlohmann::json figures) const {
  if (json_.empty()) return;
  figures["on"] = surroundings();
  std::ofstream file(json_);
  file << figures.dump(2) << '\n';
  if (!file.flush()) fail("bench", fmt::format("{} cannot be written", json_));
}

int run_guarded(int argc, char** argv, int (*run)(int argc, char** argv)) {
  try {
    return run(argc, argv);
  } catch (const std::exception& e) {
    fmt::print(stderr, "{}\n", e.what());
    return 1;
  }
}

}  // namespace rectify::bench
