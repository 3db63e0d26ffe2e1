// Runs the `rectify` program as a shell does and keeps what it says.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace rectify {

/// What a command left behind.
struct Outcome {
  int status;
  std::string out, err;
};

inline std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// A folder of this process that goes when its user does.
class Scratch {
 public:
  Scratch()
      : path_(std::filesystem::temp_directory_path() / ("rectify_cli_" + std::to_string(::getpid()) + "_" + std::to_string(made_++))) {
    std::filesystem::create_directories(path_);
  }
  ~Scratch() { std::filesystem::remove_all(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  static inline int made_ = 0;
  std::filesystem::path path_;
};

/// Runs `command` in bash, where $rectify is the program, with `input` as standard input.
inline Outcome shell(const std::string& command, const std::string& input = "") {
  const Scratch scratch;
  std::ofstream(scratch / "in", std::ios::binary) << input;
  std::ofstream(scratch / "command") << "rectify=" RECTIFY_PROGRAM "\n" << command << "\n";
  const auto quoted = [&](const char* name) { return "'" + (scratch / name).string() + "'"; };
  const int status =
      std::system(("bash " + quoted("command") + " < " + quoted("in") + " > " + quoted("out") + " 2> " + quoted("err")).c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, text_of(scratch / "out"), text_of(scratch / "err")};
}

/// Runs the program with `arguments`, quoted as for bash.
inline Outcome rectify_program(const std::string& arguments, const std::string& input = "") {
  return shell("$rectify " + arguments, input);
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace rectify
