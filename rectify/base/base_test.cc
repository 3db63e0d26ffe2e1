#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "rectify/base/error.h"
#include "rectify/base/memory.h"
#include "rectify/base/nearest.h"
#include "rectify/base/random.h"
#include "rectify/base/threads.h"
#include "rectify/base/ulp.h"

namespace rectify {
namespace {

TEST(Error, names_who_and_what) { EXPECT_STREQ(Error("conv2d", "input has 3 channels").what(), "[conv2d] input has 3 channels"); }

TEST(Error, writes_out_what_would_cut_a_message_or_steer_a_terminal) {
  using std::string_literals::operator""s;
  EXPECT_STREQ(Error("data", "got \"a\0b\x1b[31m\x7f\""s).what(), "[data] got \"a\\x00b\\x1b[31m\\x7f\"");
  EXPECT_STREQ(Error("net", "größer\n  ^").what(), "[net] größer\n  ^");
}

TEST(Nearest, counts_edits_and_swaps) {
  EXPECT_EQ(edit_distance("relu", "relu"), 0);
  EXPECT_EQ(edit_distance("rleu", "relu"), 1);
  EXPECT_EQ(edit_distance("sigmod", "sigmoid"), 1);
  EXPECT_EQ(edit_distance("", "elu"), 3);
}

TEST(Nearest, suggests_only_what_is_near) {
  const std::vector<std::string> names{"relu", "elu", "sigmoid", "tanh"};
  EXPECT_EQ(nearest("sigmod", names), std::vector<std::string>{"sigmoid"});
  EXPECT_EQ(did_you_mean("rlu", names), "; did you mean relu or elu?");
  EXPECT_EQ(did_you_mean("transformer", names), "");
  const std::vector<std::string> twice{"sigmoid", "sigmoid"};
  EXPECT_EQ(did_you_mean("sigmod", twice), "; did you mean sigmoid?");
  EXPECT_EQ(nearest("ReLU", names).front(), "relu") << "capitals do not count";
}

// Known-answer vectors of the Random123 distribution's kat_vectors (philox 4x32 10).
TEST(Random, philox_gives_the_published_vectors) {
  EXPECT_EQ(philox(0, 0, 0), (std::array<std::uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox(~0ull, ~0ull, ~0ull), (std::array<std::uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
}

TEST(Random, moments_of_uniform_and_normal) {
  Random random(1, 2);
  double uniform = 0, normal = 0, square = 0;
  const int n = 200000;
  for (int i = 0; i < n; ++i) {
    uniform += random.uniform() / n;
    const double z = random.normal();
    normal += z / n;
    square += z * z / n;
  }
  EXPECT_NEAR(uniform, 0.5, 0.003);
  EXPECT_NEAR(normal, 0, 0.01);
  EXPECT_NEAR(square, 1, 0.02);
}

TEST(Random, permutation_holds_each_index_once) {
  const auto order = Random(7, 0).permutation(1000);
  EXPECT_EQ(std::set(order.begin(), order.end()).size(), 1000u);
  EXPECT_NE(order, Random(8, 0).permutation(1000));
  EXPECT_EQ(order, Random(7, 0).permutation(1000));
}

TEST(Ulp, counts_in_units_of_the_true_value) {
  EXPECT_EQ(ulp_error(1.0f, 1.0), 0);
  EXPECT_EQ(ulp_error(std::nextafter(1.0f, 2.0f), 1.0), 1);
  EXPECT_EQ(ulp_error(0.0f, 0x1p-149), 1);
  EXPECT_EQ(ulp_error(std::numeric_limits<float>::infinity(), 1e39), 0);
  EXPECT_TRUE(std::isinf(ulp_error(NAN, 1.0)));
  EXPECT_EQ(ulp_error(NAN, NAN), 0);
  EXPECT_EQ(float_order(-0.0f), float_order(0.0f));
  EXPECT_EQ(float_order(std::nextafter(1.0f, 2.0f)) - float_order(1.0f), 1);
}

TEST(Memory, is_more_than_a_program_needs_and_less_than_any_machine_has) {
  EXPECT_GT(usable_memory(), std::size_t{1} << 26);
  EXPECT_LT(usable_memory(), std::size_t{1} << 50);
}

TEST(Memory, is_what_the_control_groups_leave) {
  const std::filesystem::path root = std::filesystem::temp_directory_path() / ("rectify_memory_" + std::to_string(::getpid()));
  const auto write = [&](const char* file, const std::string& text) {
    std::filesystem::create_directories((root / file).parent_path());
    std::ofstream(root / file) << text << "\n";
  };
  write("proc/self/cgroup", "0::/a/b");
  EXPECT_EQ(usable_memory(root), usable_memory("/nowhere")) << "no limit is no file";
  write("sys/fs/cgroup/a/memory.max", "20000000");
  write("sys/fs/cgroup/a/b/memory.max", "max");
  EXPECT_EQ(usable_memory(root), 20000000u) << "of the group above";
  write("proc/self/cgroup", "5:cpu:/\n4:memory:/c");
  write("sys/fs/cgroup/memory/c/memory.limit_in_bytes", "30000000");
  EXPECT_EQ(usable_memory(root), 30000000u) << "of the first version";
  std::filesystem::remove_all(root);
}

TEST(Threads, run_every_job_once_and_rethrow_the_first_error) {
  std::atomic<int> ran = 0;
  run_jobs(20, 3, [&](int) { ++ran; });
  EXPECT_EQ(ran, 20);
  ran = 0;
  EXPECT_THROW(run_jobs(5, 2,
                        [&](int i) {
                          ++ran;
                          if (i >= 2) fail("job", std::to_string(i));
                        }),
               Error);
  EXPECT_EQ(ran, 5);
}

TEST(Threads, share_out_runs_every_job_once_in_teams_of_any_size) {
  for (const int team : {1, 2, 3}) {
    set_team_size(team);
    for (const int count : {0, 1, 2, 20}) {
      std::vector<int> ran(count);
      share_out(count, [&](int i) { ++ran[i]; });
      EXPECT_EQ(ran, std::vector<int>(count, 1));
    }
  }
}

}  // namespace
}  // namespace rectify
