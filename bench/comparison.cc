// The default comparison, from starting the program to its end, beside its floor: the bare matrix products of the same trainings on the
// same cores plus one second.
#include <fmt/core.h>
#include <sys/resource.h>

#include <cstdlib>
#include <iterator>
#include <string>
#include <vector>

#include "products.h"
#include "program.h"
#include "rectify/base/error.h"
#include "rectify/base/threads.h"
#include "rectify/base/timing.h"
#include "surroundings.h"

namespace rectify::bench {
namespace {

constexpr std::int64_t kSamples = 60000;
constexpr int kEpochs = 5;
constexpr double kAllowance = 1;  // seconds, for what is not a product: loading, probes, evaluation

double floor_seconds(int threads) {
  const Stopwatch watch;
  run_jobs(static_cast<int>(std::size(kLectureActivations)), threads, [](int i) {
    const Model model = parse_network(kNet, kLectureActivations[i]);
    BareProducts whole(kBatch, model), tail(kSamples % kBatch, model);
    for (int epoch = 0; epoch < kEpochs; ++epoch) {
      for (std::int64_t step = 0; step < kSamples / kBatch; ++step) whole.run();
      tail.run();
    }
  });
  return watch.seconds();
}

double program_seconds(const std::string& program, int threads) {
  const Stopwatch watch;
  const std::string command = fmt::format("'{}' compare --threads {} > /dev/null", program, threads);
  if (std::system(command.c_str()) != 0) fail("bench", fmt::format("this command failed: {}", command));
  return watch.seconds();
}

int run(int argc, char** argv) {
  Program program(
      "The default comparison on Fashion-MNIST, from starting `rectify compare` to its\n"
      "end, beside the bare matrix products of the same trainings. Takes minutes.");
  int threads = available_threads(), rounds = 3;
  std::string rectify = RECTIFY_PROGRAM;
  program.add_count("--threads", threads, "trainings at once");
  program.add_count("--rounds", rounds, "measurements to take the median of");
  program.add_text("--program", rectify, "the rectify to measure", "FILE");
  if (const auto status = program.parse(argc, argv)) return *status;
  std::vector<double> floors, ours, ratios;
  for (int round = 0; round < rounds; ++round) {
    floors.push_back(floor_seconds(threads));
    ours.push_back(program_seconds(rectify, threads));
    ratios.push_back(ours.back() / (floors.back() + kAllowance));
  }
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  const double mebibytes = static_cast<double>(usage.ru_maxrss) / 1024;
  fmt::print(
      "default comparison on {} threads, medians of {} rounds: {:.1f} s, bare products {:.1f} s + 1 s, ratio {:.2f}, peak memory {:.0f} "
      "MiB\n",
      threads, rounds, median(ours), median(floors), median(ratios), mebibytes);
  program.write({{"threads", threads},
                 {"rounds", rounds},
                 {"seconds", median(ours)},
                 {"floor_seconds", median(floors)},
                 {"ratio", median(ratios)},
                 {"peak_mib", mebibytes}});
  return 0;
}

}  // namespace
}  // namespace rectify::bench

int main(int argc, char** argv) { return rectify::bench::run_guarded(argc, argv, rectify::bench::run); }
