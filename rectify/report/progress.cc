#include "rectify/report/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace rectify {

ProgressLine::ProgressLine(std::vector<std::string> names) {
  for (std::string& name : names) trials_.push_back({std::move(name)});
}

void ProgressLine::begin(int trial) { trials_[trial].runs = true; }

void ProgressLine::step(int trial, std::int64_t done, std::int64_t steps) {
  trials_[trial].share = static_cast<double>(done) / static_cast<double>(std::max<std::int64_t>(1, steps));
}

void ProgressLine::epoch(int trial, int epoch, double loss) {
  trials_[trial].epoch = epoch;
  trials_[trial].loss = loss;
}

void ProgressLine::end(int trial) {
  trials_[trial].runs = false;
  trials_[trial].share = 1;
}

std::string ProgressLine::text(double seconds, int width) const {
  constexpr int kBar = 20;
  double share = 0;
  std::string running;
  for (const Trial& trial : trials_) {
    share += trial.share / static_cast<double>(trials_.size());
    if (!trial.runs) continue;
    running += fmt::format("{} {}", running.empty() ? ":" : ",", trial.name);
    if (trial.loss) running += fmt::format(" epoch {} loss {:.2f}", trial.epoch, *trial.loss);
  }
  const int full = std::clamp(static_cast<int>(std::lround(share * kBar)), 0, kBar);
  std::string line = fmt::format("[{:#<{}}{:-<{}}] {:3.0f} %, {:.0f} s", "", full, "", kBar - full, 100 * share, seconds);
  if (seconds >= 1 && share > 0 && share < 1) line += fmt::format(", {:.0f} s left", seconds / share * (1 - share));
  line += running;
  line.resize(std::min(line.size(), static_cast<std::size_t>(std::max(0, width))));
  return line;
}

}  // namespace rectify
