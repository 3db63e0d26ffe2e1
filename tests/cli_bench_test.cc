// The benchmarks' command lines: help and mistakes measure nothing, a part measures what it says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli_run.h"

namespace rectify {
namespace {

using testing::HasSubstr;

/// A benchmark that starts to measure is stopped, with status 124.
Outcome benchmark(const std::string& command) { return shell("timeout 10 " BENCH_FOLDER "/" + command); }

TEST(Bench, help_says_what_is_measured_and_lists_the_options) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> programs{
      {"accuracy", {"--seeds", "--part", "--net"}},           {"activations", {"--target", "--only", "--part", "--rounds"}},
      {"comparison", {"--threads", "--rounds", "--program"}}, {"optimisers", {"--threads", "--rounds"}},
      {"training", {"--rounds", "--only", "--activation"}},
  };
  for (const auto& [name, options] : programs) {
    const Outcome help = benchmark(name + " --help");
    EXPECT_EQ(help.status, 0) << name;
    EXPECT_EQ(help.err, "") << name;
    EXPECT_THAT(help.out, HasSubstr("beside")) << name;
    EXPECT_THAT(help.out, HasSubstr("--json FILE")) << name;
    for (const std::string& option : options) EXPECT_THAT(help.out, HasSubstr("\n  " + option + " ")) << name;
    for (const std::string& line : lines_of(help.out)) {
      if (line.starts_with("Usage:")) continue;  // it has the program's path
      EXPECT_LE(line.size(), 80u) << line;
    }
  }
}

TEST(Bench, a_mistake_is_told_with_the_help) {
  const std::vector<std::pair<std::string, std::string>> mistakes{
      {"accuracy --frobnicate", "--frobnicate"},
      {"activations surplus", "surplus"},
      {"comparison --threads", "--threads"},
      {"optimisers --rounds 0", "--rounds"},
      {"training --rounds many", "--rounds"},
      {"activations --part tabel", "--part: there is no tabel; did you mean table?"},
      {"activations --only zzz", "--only: there is no zzz; choose linear, "},
      {"activations --target AVX9", "--target: there is no AVX9"},
      {"training --only lenett", "--only: there is no lenett; did you mean lenet?"},
      {"training --activation sigmod", "did you mean sigmoid?"},
  };
  for (const auto& [command, message] : mistakes) {
    const Outcome outcome = benchmark(command);
    EXPECT_EQ(outcome.status, 2) << command;
    EXPECT_EQ(outcome.out, "") << command;
    EXPECT_THAT(lines_of(outcome.err)[0], HasSubstr(message)) << command;
    EXPECT_THAT(outcome.err, HasSubstr("--json FILE")) << command;
  }
}

TEST(Bench, recording_is_measured_of_kernels_and_of_formulas) {
  const Outcome kernel = benchmark("activations --part recording --only relu --rounds 1");
  EXPECT_EQ(kernel.status, 0) << kernel.err;
  EXPECT_THAT(kernel.out, HasSubstr("L1, ns that recording adds to a kernel, most "));
  EXPECT_THAT(kernel.out, testing::Not(HasSubstr("recording adds to a formula")));
  const Outcome formula = benchmark("activations --part recording --only lisht --rounds 1");
  EXPECT_EQ(formula.status, 0) << formula.err;
  EXPECT_THAT(formula.out, HasSubstr("L1, ns that recording adds to a formula, most "));
}

}  // namespace
}  // namespace rectify
