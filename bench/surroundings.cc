#include "surroundings.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <exception>
#include <fstream>

#include "rectify/base/error.h"
#include "rectify/base/threads.h"
#include "rectify/simd/target.h"

namespace rectify::bench {
namespace {

std::string cpu() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

std::string commit() {
  std::FILE* const pipe = popen("git -C '" RECTIFY_SOURCE_DIR "' describe --always --dirty 2> /dev/null", "r");
  if (!pipe) return "unknown";
  char line[100] = "";
  const bool read = std::fgets(line, sizeof line, pipe);
  pclose(pipe);
  const std::string text(line);
  return read ? text.substr(0, text.find('\n')) : "unknown";
}

}  // namespace

std::string option(int argc, char** argv, const std::string& name, const std::string& otherwise) {
  for (int i = 1; i < argc; ++i) {
    if (argv[i] != name) continue;
    if (i + 1 == argc) fail("bench", fmt::format("{} has no value", name));
    return argv[i + 1];
  }
  return otherwise;
}

int count_option(int argc, char** argv, const std::string& name, int otherwise) {
  const std::string text = option(argc, argv, name, std::to_string(otherwise));
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count < 1 || count > 10000) {
    fail("bench", fmt::format("{} is {}, wanted a number from 1 to 10000", name, text));
  }
  return count;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

nlohmann::json surroundings() {
  return {
      {"cpu", cpu()}, {"processors", available_threads()}, {"target", current_target()}, {"compiler", __VERSION__}, {"commit", commit()}};
}

void write_json(const std::string& path, nlohmann::json figures) {
  if (path.empty()) return;
  figures["on"] = surroundings();
  std::ofstream file(path);
  file << figures.dump(2) << '\n';
  if (!file.flush()) fail("bench", fmt::format("{} cannot be written", path));
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
