// The default comparison, from starting the program to its end, beside its floor: the bare matrix products of the same trainings on the
// same cores plus one second. Usage: comparison [--threads N] [--rounds N] [--program FILE] [--json FILE]
#include <fmt/core.h>
#include <sys/resource.h>

#include <cstdlib>
#include <iterator>
#include <string>
#include <vector>

#include "products.h"
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
  const int threads = count_option(argc, argv, "--threads", available_threads());
  const std::string program = option(argc, argv, "--program", RECTIFY_PROGRAM);
  const int rounds = count_option(argc, argv, "--rounds", 3);
  std::vector<double> floors, ours, ratios;
  for (int round = 0; round < rounds; ++round) {
    floors.push_back(floor_seconds(threads));
    ours.push_back(program_seconds(program, threads));
    ratios.push_back(ours.back() / (floors.back() + kAllowance));
  }
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  const double mebibytes = static_cast<double>(usage.ru_maxrss) / 1024;
  fmt::print(
      "default comparison on {} threads, medians of {} rounds: {:.1f} s, bare products {:.1f} s + 1 s, ratio {:.2f}, peak memory {:.0f} "
      "MiB\n",
      threads, rounds, median(ours), median(floors), median(ratios), mebibytes);
  write_json(option(argc, argv, "--json", ""), {{"threads", threads},
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
