// The default comparison, from starting the program to its end, beside its floor: the bare matrix products of the same trainings on the
// same cores plus one second. Usage: comparison [--threads N] [--program FILE] [--json FILE]
#include <fmt/core.h>
#include <sys/resource.h>

#include <cstdlib>
#include <exception>
#include <iterator>
#include <string>

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
    const auto sizes = dense_sizes(ParameterStore(parse_network(kNet, kLectureActivations[i])));
    BareProducts whole(kBatch, sizes), tail(kSamples % kBatch, sizes);
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
  const int threads = std::stoi(option(argc, argv, "--threads", std::to_string(available_threads())));
  const std::string program = option(argc, argv, "--program", RECTIFY_PROGRAM);
  const double floor = floor_seconds(threads), ours = program_seconds(program, threads);
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  const double ratio = ours / (floor + kAllowance), mebibytes = static_cast<double>(usage.ru_maxrss) / 1024;
  fmt::print("default comparison on {} threads: {:.1f} s, bare products {:.1f} s + 1 s, ratio {:.2f}, peak memory {:.0f} MiB\n", threads,
             ours, floor, ratio, mebibytes);
  write_json(option(argc, argv, "--json", ""),
             {{"threads", threads}, {"seconds", ours}, {"floor_seconds", floor}, {"ratio", ratio}, {"peak_mib", mebibytes}});
  return 0;
}

}  // namespace
}  // namespace rectify::bench

int main(int argc, char** argv) {
  try {
    return rectify::bench::run(argc, argv);
  } catch (const std::exception& e) {
    fmt::print(stderr, "{}\n", e.what());
    return 1;
  }
}
