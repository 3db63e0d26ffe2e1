#include "sweep.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "rectify/simd/target.h"
#include "state.h"

namespace rectify::certify {
namespace {

TEST(Patterns, all_floats_come_in_the_order_of_their_bits) {
  const Patterns all(1);
  EXPECT_EQ(all.count(), std::uint64_t{1} << 32);
  std::vector<float> x(5);
  all.fill(0x7f7ffffe, x.size(), x.data());
  EXPECT_EQ(x[0], std::bit_cast<float>(0x7f7ffffeu));
  EXPECT_EQ(x[1], 3.4028235e38f);
  EXPECT_EQ(x[2], INFINITY);
  EXPECT_TRUE(std::isnan(x[3]));
}

TEST(Patterns, a_sample_has_one_of_every_so_many_and_the_special_ones) {
  constexpr std::uint32_t kStep = 65536;
  const Patterns sample(kStep);
  std::vector<float> x(sample.count());
  sample.fill(0, x.size(), x.data());
  std::size_t at_begin = 0;
  for (std::uint32_t i = 0; i < 65536; ++i) {
    ASSERT_EQ(std::bit_cast<std::uint32_t>(x[i]) / kStep, i);
    at_begin += std::bit_cast<std::uint32_t>(x[i]) % kStep == 0;
  }
  EXPECT_LT(at_begin, 10u) << "at random places";
  EXPECT_EQ(std::count(x.begin() + 65536, x.end(), 0.0f), 2) << "both zeros";
  EXPECT_EQ(std::count(x.begin() + 65536, x.end(), INFINITY), 1);
}

TEST(Patterns, a_sample_does_not_depend_on_where_reading_begins) {
  const Patterns sample(1024);
  std::vector<float> whole(1000), part(990);
  sample.fill(5000, whole.size(), whole.data());
  sample.fill(5010, part.size(), part.data());
  EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + 10));
}

bool operator==(const Worst& a, const Worst& b) { return a.error == b.error && a.x == b.x; }

void expect_same(const Findings& a, const Findings& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [target, measures] : a) {
    for (int k = 0; k < 2; ++k) {
      const Measure &m = measures[k], &n = b.at(target)[k];
      EXPECT_EQ(m.normal, n.normal);
      EXPECT_DOUBLE_EQ(m.ulp_sum, n.ulp_sum);
      EXPECT_TRUE(m.ulp == n.ulp && m.subnormal == n.subnormal && m.absolute == n.absolute && m.near_root == n.near_root &&
                  m.share == n.share);
      EXPECT_EQ(m.wrong, n.wrong);
      EXPECT_EQ(std::isnan(m.first_wrong), std::isnan(n.first_wrong));
      EXPECT_EQ(m.unjudged, n.unjudged);
      EXPECT_EQ(m.digest, n.digest);
    }
  }
}

TEST(Sweep, finds_an_exact_function_exact_on_all_targets) {
  Sweep sweep("relu", 2);
  const Patterns sample(65536);
  sweep.run(sample, 0, sample.count());
  EXPECT_EQ(sweep.findings().size(), targets().size());
  for (const auto& [target, measures] : sweep.findings()) {
    for (const Measure& m : measures) {
      EXPECT_EQ(m.ulp.error, 0) << target;
      EXPECT_EQ(m.wrong, 0) << target;
      EXPECT_EQ(m.unjudged, 0) << target;
    }
    // Half of the normal floats are positive; a sample has them all but for the ends.
    EXPECT_NEAR(static_cast<double>(measures[0].normal), 254 * 128, 10) << target;
  }
}

TEST(Sweep, measures_only_the_targets_it_is_given) {
  const std::vector<std::string> one{targets().back()};
  Sweep sweep("relu", 1, one);
  const Patterns sample(65536);
  sweep.run(sample, 0, sample.count());
  ASSERT_EQ(sweep.findings().size(), 1);
  EXPECT_GT(sweep.findings().at(one.front())[0].normal, 0);
}

TEST(Sweep, judges_the_function_at_the_parameters_that_kernels_get) {
  Sweep sweep("leaky_relu", 1);  // 0.01 is no float
  const Patterns sample(65536);
  sweep.run(sample, 0, sample.count());
  for (const auto& [target, measures] : sweep.findings()) EXPECT_LE(measures[0].ulp.error, 0.5) << target;
}

TEST(Sweep, findings_do_not_depend_on_threads_or_interruptions) {
  const Patterns sample(65536);
  Sweep whole("sigmoid", 1), threads("sigmoid", 3), second("sigmoid", 2);
  whole.run(sample, 0, sample.count());
  threads.run(sample, 0, sample.count());
  expect_same(whole.findings(), threads.findings());

  const std::filesystem::path file = std::filesystem::path(testing::TempDir()) / "rectify_state" / "sigmoid.json";
  std::filesystem::remove(file);
  EXPECT_FALSE(load_state(file, "abc", targets()));
  {
    Sweep first("sigmoid", 2);
    first.run(sample, 0, 30000);
    save_state(file, {"abc", 30000, first.findings()});
  }
  EXPECT_FALSE(load_state(file, "abd", targets())) << "other sources";
  EXPECT_FALSE(load_state(file, "abc", {"NONESUCH"})) << "other targets";
  const auto state = load_state(file, "abc", targets());
  ASSERT_TRUE(state);
  second.resume(state->findings);
  second.run(sample, state->done, sample.count());
  expect_same(whole.findings(), second.findings());
}

TEST(TrueValues, of_the_whole_catalogue_agree_with_mpfr) {
  const Patterns sample(1 << 23);
  std::vector<float> x(sample.count());
  sample.fill(0, x.size(), x.data());
  std::erase_if(x, [](float at) { return !std::isfinite(at); });
  for (const std::string& name : catalogue_names()) {
    const Activation activation(name);
    const std::vector<double> parameters = parameters_of(activation);
    const std::array<int, 2> outputs{0, 1};
    std::array<std::vector<double>, 2> got{std::vector<double>(x.size()), std::vector<double>(x.size())};
    const std::array<double*, 2> to{got[0].data(), got[1].data()};
    Reference(activation.program(), parameters, outputs).run(x, to);
    for (const int k : outputs) {
      HighPrecision precise(activation.program(), parameters, k);
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double want = precise.at(x[i]);
        if (std::isnan(want) || (std::isinf(got[k][i]) && std::abs(want) >= 0x1p1000)) continue;
        ASSERT_LE(std::abs(got[k][i] - want), 0x1.001p-32 * std::max(std::abs(want), 0x1p-126))
            << name << ", output " << k << " at " << x[i];
        ASSERT_TRUE(k == 1 || want != 0 || got[k][i] != 0 || std::signbit(want) == std::signbit(got[k][i]))
            << name << ", output " << k << " at " << x[i];
      }
    }
  }
}

TEST(State, keeps_everything) {
  const std::filesystem::path file = std::filesystem::path(testing::TempDir()) / "rectify_state" / "all.json";
  Measure m;
  m.normal = 5;
  m.ulp_sum = 1.0 / 3;
  m.ulp = {1e300, 0x1.234568p-140f};
  m.wrong = 3;
  for (const float first : {-INFINITY, NAN, -0x1.fffffep-3f}) {
    m.first_wrong = first;
    save_state(file, {"abc", 7, {{"AVX2", {m, m}}}});
    const auto state = load_state(file, "abc", {"AVX2"});
    ASSERT_TRUE(state);
    EXPECT_EQ(state->done, 7u);
    expect_same(state->findings, {{"AVX2", {m, m}}});
  }
}

TEST(State, what_is_no_state_counts_as_none) {
  const std::filesystem::path file = std::filesystem::path(testing::TempDir()) / "rectify_broken.json";
  for (const char* text : {"", "{", "[]", "{\"sources\": \"abc\"}", "{\"sources\": \"abc\", \"done\": \"x\", \"findings\": {}}"}) {
    std::ofstream(file) << text;
    EXPECT_FALSE(load_state(file, "abc", {})) << text;
  }
}

TEST(Limits, are_those_of_the_function) {
  EXPECT_EQ(limits_of(Activation("leaky_relu"), Direction::kForward).ulp, 0.5);
  EXPECT_EQ(limits_of(Activation("sigmoid"), Direction::kForward).ulp, 3);
  EXPECT_EQ(limits_of(Activation("sigmoid"), Direction::kGradient).ulp, 4);
  EXPECT_TRUE(limits_of(Activation("sigmoid"), Direction::kGradient).roots.empty());
  EXPECT_EQ(limits_of(Activation("relu").as_tiles(), Direction::kForward).ulp, INFINITY);
}

TEST(Limits, roots_of_the_slope_are_found) {
  const Limits gelu = limits_of(Activation("gelu"), Direction::kGradient);
  ASSERT_EQ(gelu.roots.size(), 1u);
  EXPECT_NEAR(gelu.roots[0], -0.75179155, 1e-7);
  EXPECT_NEAR(gelu.near_root, 1.12890414 * 0x1p-23, 1e-14);
  EXPECT_TRUE(limits_of(Activation("relu"), Direction::kGradient).roots.empty()) << "a jump is no root";
  EXPECT_TRUE(limits_of(Activation("sin(x) * 20"), Direction::kGradient).roots.empty()) << "too many";
}

}  // namespace
}  // namespace rectify::certify
