#include "surroundings.h"

#include <algorithm>
#include <cstdio>
#include <fstream>

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

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

nlohmann::json surroundings() {
  return {
      {"cpu", cpu()}, {"processors", available_threads()}, {"target", current_target()}, {"compiler", __VERSION__}, {"commit", commit()}};
}

}  // namespace rectify::bench
