// list, show and eval.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "cli_run.h"

namespace rectify {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string shown(const std::string& arguments) {
  const Outcome outcome = rectify_program("show " + arguments);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return outcome.out;
}

TEST(List, has_the_lecture_activations_with_formula_and_source) {
  const Outcome outcome = rectify_program("list");
  EXPECT_EQ(outcome.status, 0);
  for (const char* name : {"linear", "sigmoid", "tanh", "relu", "leaky_relu", "prelu", "elu", "maxout"}) {
    EXPECT_THAT(outcome.out, HasSubstr("\n  " + std::string(name) + " "));
  }
  EXPECT_THAT(outcome.out, HasSubstr("x > 0 ? x : alpha * expm1(x); alpha = 1"));
  EXPECT_THAT(outcome.out, HasSubstr("Goodfellow et al. 2013"));
  for (const std::string& line : lines_of(outcome.out)) EXPECT_LE(line.size(), 80u) << line;
}

TEST(Show, tells_what_follows_from_the_formula) {
  const std::string text = shown("'elu(alpha=0.5)'");
  EXPECT_THAT(text, testing::ContainsRegex("parameters +alpha = 0.5\n"));
  EXPECT_THAT(text, testing::ContainsRegex("derivative +x > 0 \\? 1 : alpha \\* exp\\(x\\)\n"));
  EXPECT_THAT(text, testing::ContainsRegex("range +-0.5 to inf\n"));
  EXPECT_THAT(text, testing::ContainsRegex("saturates +left\n"));
  EXPECT_THAT(text, testing::ContainsRegex("kinks at x +0\n"));
  for (const std::string& line : lines_of(text)) EXPECT_LE(line.size(), 80u) << line;
}

// Values: shared theory table, z ~ N(0, 1).
TEST(Show, gives_the_moments_and_gains_as_json) {
  const json gelu = json::parse(shown("sigmoid --json"));
  EXPECT_NEAR(gelu["mean"].get<double>(), 0.5, 1e-6);
  EXPECT_NEAR(gelu["second_moment"].get<double>(), 0.293379, 1e-6);
  EXPECT_NEAR(gelu["slope_second_moment"].get<double>(), 0.044836, 1e-6);
  EXPECT_NEAR(gelu["forward_gain"].get<double>(), 1.84623, 1e-5);
  EXPECT_NEAR(gelu["backward_gain"].get<double>(), 4.72265, 1e-5);
  EXPECT_EQ(gelu["saturates"], "both sides");
}

TEST(Show, says_when_a_formula_is_a_known_activation) {
  EXPECT_THAT(shown("'max(0, x)'"), HasSubstr("The same function as relu."));
  EXPECT_THAT(shown("relu"), Not(HasSubstr("The same function")));
}

TEST(Show, tells_nothing_that_rounding_made) {
  const std::string even = shown("'x * sin(x)'"), odd = shown("'sin(x)'");
  EXPECT_THAT(even, testing::ContainsRegex("range +-inf to inf\n"));
  EXPECT_THAT(even, testing::ContainsRegex("largest .slope. +inf\n"));
  EXPECT_THAT(even, testing::ContainsRegex("R.2 of a straight line +0\n"));
  EXPECT_THAT(odd, testing::ContainsRegex("mean, E f +0\n"));
  // E x (x - floor(x)) is 5e-9, and no rounding.
  EXPECT_THAT(shown("'x - floor(x)'"), testing::ContainsRegex("R.2 of a straight line +3.4[0-9]+e-16\n"));
}

TEST(Show, finds_the_largest_difference_of_two) {
  EXPECT_THAT(shown("'relu(x+1) - relu(x-1)' --against '2*sigmoid(2*x)'"),
              HasSubstr("largest |a - b| on [-10, 10]: 0.238406 at x = 1, where a = 2 and b = 1.76159\n"));
  EXPECT_THAT(shown("'clip(x, 0, 6)' --against 'relu(x) - relu(x-6)'"), HasSubstr("largest |a - b| on [-10, 10]: 0\n"));
  const json difference = json::parse(shown("x --against 'x^2' --json"));
  EXPECT_EQ(difference["differences"][0]["largest"], 110);
}

TEST(Show, refuses_a_layer) { EXPECT_THAT(rectify_program("show maxout").err, HasSubstr("maxout is a layer")); }

TEST(Eval, computes_with_the_f32_kernel) {
  EXPECT_EQ(rectify_program("eval relu", "-1 0.1\n2e3").out, "-1\t0\n0.100000001\t0.100000001\n2000\t2000\n");
  EXPECT_EQ(rectify_program("eval 'leaky_relu(slope=0.5)' --grad", "-1 3").out, "-1\t-0.5\t0.5\n3\t3\t1\n");
  EXPECT_EQ(rectify_program("eval relu", "").out, "");
}

TEST(Eval, spells_what_is_not_finite_and_reads_it) {
  EXPECT_EQ(rectify_program("eval tanh --grad", "nan -nan inf -inf 0x1p-2").out.substr(0, 42),
            "nan\tnan\tnan\nnan\tnan\tnan\ninf\t1\t0\n-inf\t-1\t0\n");
}

TEST(Eval, keeps_what_came_before_a_bad_number) {
  const Outcome outcome = rectify_program("eval relu", "1 2\n3 abc 4\n");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out, "1\t1\n2\t2\n3\t3\n");
  EXPECT_THAT(outcome.err, HasSubstr("number 4 (line 2, column 3) is \"abc\""));
}

TEST(Eval, says_in_one_line_that_its_input_is_not_text) {
  const Outcome nul = rectify_program("eval relu", std::string("1 \0 2", 5));
  EXPECT_EQ(nul.status, 1);
  EXPECT_EQ(nul.out, "1\t1\n");
  EXPECT_THAT(nul.err, HasSubstr("number 2 (line 1, column 3) is \"\\x00\", wanted a number"));
  const Outcome folder = shell("$rectify eval relu < /");
  EXPECT_EQ(folder.status, 1);
  EXPECT_EQ(folder.err, "rectify: [eval] the input cannot be read: Is a directory\n");
}

TEST(Output, that_is_not_taken_is_a_failure) {
  for (const char* command : {"eval relu", "show relu", "show relu --json", "list", "--help", "--version"}) {
    const Outcome outcome = shell("$rectify " + std::string(command) + " > /dev/full", "1 2");
    EXPECT_EQ(outcome.status, 1) << command;
    EXPECT_THAT(outcome.err, HasSubstr("cannot write")) << command;
  }
}

TEST(Eval, answers_before_its_input_ends) {
  const Outcome outcome =
      shell("coproc $rectify eval 'x * x'; for i in 3 4; do echo $i >&${COPROC[1]}; read -t 20 line <&${COPROC[0]}; echo \"$line\"; done");
  EXPECT_EQ(outcome.out, "3\t9\n4\t16\n");
}

TEST(Eval, runs_on_the_named_target) {
  const std::string best = rectify_program("eval elu --grad", "-0.7 1.3").out;
  EXPECT_THAT(best, StartsWith("-0.699999988\t-0.503414"));
  const Outcome unknown = rectify_program("eval elu --target AVX9", "");
  EXPECT_EQ(unknown.status, 2);
  EXPECT_EQ(rectify_program("eval elu --grad --target Best", "-0.7 1.3").out, best);
  EXPECT_EQ(rectify_program("eval elu --grad --target best", "-0.7 1.3").out, best);
}

}  // namespace
}  // namespace rectify
