// One update of every optimiser beside a memcpy of as many bytes as it reads and writes.
#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "program.h"
#include "rectify/base/threads.h"
#include "rectify/base/timing.h"
#include "rectify/train/optimiser.h"
#include "surroundings.h"

namespace rectify::bench {
namespace {

constexpr const char* kOptimisers[] = {"sgd,momentum=0", "sgd", "sgd,nesterov", "adam", "adamw", "rmsprop"};
constexpr double kSecondsPerRound = 0.02;

/// Runs `body` for kSecondsPerRound at least and returns the nanoseconds of one run.
template <class Body>
double nanoseconds(const Body& body) {
  const Stopwatch watch;
  int runs = 0;
  do body(), ++runs;
  while (watch.seconds() < kSecondsPerRound);
  return watch.seconds() / runs * 1e9;
}

/// Copies one half of a buffer over the other, so that `bytes` are read or written, in as many parts as there are threads.
class Copy {
 public:
  Copy(std::size_t bytes, int threads)
      : part_(bytes / 2 / threads / kAlignment * kAlignment), threads_(threads), buffer_(2 * part_ * threads) {}
  void run() {
    share_out(threads_, [this](int i) { std::memcpy(buffer_.data() + (threads_ + i) * part_, buffer_.data() + i * part_, part_); });
  }

 private:
  std::size_t part_;
  int threads_;
  AlignedVector<char> buffer_;
};

nlohmann::json measure(const std::string& net, const char* text, bool clip, int threads, int rounds) {
  ParameterStore store(parse_network(net, "relu"));
  OptimiserOptions options = OptimiserOptions::parse(text);
  if (clip) options.clip = 1;
  Optimiser optimiser(options, store);
  std::fill(store.gradients().begin(), store.gradients().end(), 1e-3f);
  const auto count = static_cast<double>(store.values().size());
  // The weight and each state are read and written, the gradient is read, and once more for its norm.
  const double bytes = sizeof(float) * (3 + 2 * options.states() + (clip ? 1 : 0));
  Copy copy(static_cast<std::size_t>(bytes * count), threads);
  std::vector<double> ours, floors, ratios;
  for (int round = -1; round < rounds; ++round) {
    const double floor = nanoseconds([&] { copy.run(); }), step = nanoseconds([&] { optimiser.step(1e-6); });
    if (round < 0) continue;  // the first warms up
    floors.push_back(floor / count);
    ours.push_back(step / count);
    ratios.push_back(step / floor);
  }
  const std::string name = text + std::string(clip ? " clip" : "");
  fmt::print("{:>10.0f} {:<20}{:>7.0f}{:>10.3f}{:>10.3f}{:>8.2f}{:>8.1f}\n", count, name, bytes, median(ours), median(floors),
             median(ratios), bytes / median(ours));
  return {{"parameters", count}, {"optimizer", name},           {"bytes", bytes},
          {"ns", median(ours)},  {"memcpy_ns", median(floors)}, {"ratio", median(ratios)}};
}

int run(int argc, char** argv) {
  Program program("One update of every optimiser beside a memcpy of as many bytes as it reads and\nwrites.");
  int threads = 1, rounds = 15;
  program.add_count("--threads", threads, "threads that share an update");
  program.add_count("--rounds", rounds, "measurements to take the median of");
  if (const auto status = program.parse(argc, argv)) return *status;
  set_team_size(threads);
  fmt::print("one update, {} thread{}: per parameter the bytes and ns, and the ns of a memcpy of these bytes; medians of {} rounds\n",
             threads, threads == 1 ? "" : "s", rounds);
  fmt::print("{:>10} {:<20}{:>7}{:>10}{:>10}{:>8}{:>8}\n", "parameters", "optimizer", "bytes", "ours", "memcpy", "ratio", "GB/s");
  nlohmann::json rows = nlohmann::json::array();
  for (const char* net : {"784-8x128-10", "784-512-512-10", "784-3x2048-10"}) {
    for (const char* text : kOptimisers) rows.push_back(measure(net, text, false, threads, rounds));
    rows.push_back(measure(net, "sgd", true, threads, rounds));
  }
  program.write({{"threads", threads}, {"updates", rows}});
  return 0;
}

}  // namespace
}  // namespace rectify::bench

int main(int argc, char** argv) { return rectify::bench::run_guarded(argc, argv, rectify::bench::run); }
