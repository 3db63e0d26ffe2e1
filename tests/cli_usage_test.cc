// Mistakes of the command line: exit status 2, nothing on standard output, and a message that helps.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli_run.h"

namespace rectify {
namespace {

using testing::HasSubstr;

void expect_usage(const std::string& arguments, const std::string& message) {
  const Outcome outcome = rectify_program(arguments);
  EXPECT_EQ(outcome.status, 2) << arguments;
  EXPECT_EQ(outcome.out, "") << arguments;
  EXPECT_THAT(outcome.err, HasSubstr(message)) << arguments;
}

TEST(Usage, help_lists_verbs_by_group_with_an_example_each_and_fits_80_columns) {
  const Outcome help = rectify_program("--help");
  EXPECT_EQ(help.status, 0);
  for (const char* part : {"Networks:", "Functions:", "rectify compare ", "rectify train ", "rectify test ", "rectify list ",
                           "rectify show ", "rectify eval "}) {
    EXPECT_THAT(help.out, HasSubstr(part));
  }
  for (const char* verb : {"", "compare", "train", "test", "list", "show", "eval"}) {
    const Outcome outcome = rectify_program(verb + std::string(" --help"));
    EXPECT_EQ(outcome.status, 0) << verb;
    EXPECT_THAT(outcome.out, testing::ContainsRegex("Examples?:")) << verb;
    for (const std::string& line : lines_of(outcome.out)) EXPECT_LE(line.size(), 80u) << line;
  }
  EXPECT_EQ(rectify_program("--version").out.substr(0, 8), "rectify ");
}

TEST(Usage, a_mistyped_verb_or_option_gets_the_nearest) {
  expect_usage("comapre", "unknown verb comapre; did you mean compare?");
  expect_usage("compare --epoch 3", "unknown option --epoch; did you mean --epochs?");
  expect_usage("eval relu --gard", "unknown option --gard; did you mean --grad?");
  expect_usage("", "wanted a verb: compare, train, test, study, list, show, eval");
  expect_usage("show", "SPEC is required");
  expect_usage("show relu elu", "got \"elu\"");
}

TEST(Usage, a_value_that_makes_no_sense_is_refused) {
  expect_usage("compare --data spirals --epochs many", "--epochs: wanted a whole number from 1 to 2147483647, got \"many\"");
  expect_usage("compare --data spirals --epochs 0", "--epochs: wanted a whole number from 1 to 2147483647, got \"0\"");
  expect_usage("compare --data spirals --epochs 1.5", "--epochs: wanted a whole number");
  expect_usage("compare --data spirals --batch 0", "batch");
  expect_usage("compare --data spirals --lr -1", "-1");
  expect_usage("compare --data spirals --lr nan", "learning rate");
  expect_usage("compare --data spirals --lr ''", "--lr: wanted a number such as 0.01 or 1e-3, got \"\"");
  expect_usage("compare --data spirals --lr 0.1x", "got \"0.1x\"");
  expect_usage("compare --data spirals --seed -1", "wanted a whole number from 0 to 18446744073709551615, got \"-1\"");
  expect_usage("compare --data spirals --seed 18446744073709551616", "got \"18446744073709551616\"");
  expect_usage("compare --data spirals --seed 18446744073709551615 --seeds 2", "[compare] 2 seeds from 18446744073709551615 on");
  expect_usage("compare --data spirals --threads 0", "--threads");
  expect_usage("compare --data spirals --seeds 0", "--seeds");
  expect_usage("compare --optimizer sdg", "did you mean sgd?");
  expect_usage("compare --optimizer 'adam beta1=0.9'", "use sgd, adam, adamw, rmsprop, as in adam,beta1=0.9");
  expect_usage("compare --schedule cosin", "did you mean cosine?");
  expect_usage("compare --schedule cosine,warmup=2", "warmup=2 is out of range: it must be below 1");
  expect_usage("compare --data spirals --clip 0", "gradients are clipped to the length 0, it must be above 0");
  expect_usage("compare --data spirals --clip long", "--clip: wanted a number");
  expect_usage("train --data spirals --augment flip", "[augment] spirals has no images");
  expect_usage("train --augment filp", "did you mean flip?");
  expect_usage("compare --task regresion", "did you mean regression?");
  expect_usage("train --precision float23", "did you mean float32?");
  expect_usage("train --data spirals --precision bfloat16", "[precision] nothing is computed in bfloat16 yet: write --precision float32");
  expect_usage("compare --loss msee", "did you mean mse?");
  expect_usage("compare --data spirals --task regression", "spirals has no targets, but classes");
  expect_usage("train --data friedman --loss cross-entropy", "write --loss mse");
  expect_usage("compare --init hee", "did you mean he");
  expect_usage("compare --init auto,gain=1,gain=2", "gain is given twice");
  expect_usage("compare --init auto,gian=2", "did you mean gain?");
  expect_usage("compare --init auto,gain=much", "[init]");
  expect_usage("compare --data spiral", "did you mean spirals?");
  expect_usage("eval relu --target AVX9", "AVX9");
}

TEST(Usage, an_empty_value_is_not_taken_for_none) {
  for (const char* option : {"--net", "--task", "--loss", "--optimizer", "--schedule", "--init", "--target", "--compat", "--json"}) {
    expect_usage(std::string("compare --data moons ") + option + " ''", std::string(option) + ": wanted a value, got \"\"");
  }
  expect_usage("train --data moons --save ''", "--save: wanted a value, got \"\"");
  expect_usage("test net --predictions ''", "--predictions: wanted a value, got \"\"");
  expect_usage("test net --data ''", "--data: wanted a value, got \"\"");
  expect_usage("eval relu --target ''", "--target: wanted a value, got \"\"");
  expect_usage("show relu --compat ''", "--compat: wanted a value, got \"\"");
}

TEST(Usage, an_option_has_one_value) {
  expect_usage("compare --schedule", "--schedule needs a value: cosine, constant, step or one-cycle");
  expect_usage("compare --epochs=", "--epochs needs a value: how often");
  expect_usage("compare --lr 1 --lr 2", "--lr is given 2 times, wanted once");
}

TEST(Usage, an_unknown_target_in_the_environment_is_refused_by_all_that_compute) {
  for (const char* command : {"eval relu", "show relu", "compare --data spirals", "train --data spirals"}) {
    const Outcome outcome = shell("RECTIFY_TARGET=bogus $rectify " + std::string(command), "1");
    EXPECT_EQ(outcome.status, 2) << command;
    EXPECT_EQ(outcome.out, "") << command;
    EXPECT_THAT(outcome.err, HasSubstr("RECTIFY_TARGET: \"bogus\" is no SIMD target")) << command;
    EXPECT_EQ(lines_of(outcome.err).size(), 1u) << command;
  }
  EXPECT_EQ(shell("RECTIFY_TARGET=bogus $rectify eval relu --target best", "1").out, "1\t1\n");
}

TEST(Usage, help_names_the_environment) {
  const std::string help = rectify_program("--help").out;
  for (const char* name : {"RECTIFY_TARGET", "RECTIFY_DATA", "NO_COLOR"}) EXPECT_THAT(help, HasSubstr(name));
}

TEST(Usage, a_network_that_makes_no_sense_is_refused) {
  expect_usage("compare --net nonsense", "[net]");
  expect_usage("compare --net ./", "./ cannot be read, or is empty");
  expect_usage("compare --net 784-8x-10", "[net]");
  expect_usage("compare --data spirals --net 3-8-3", "write --net 2-8-3");
  expect_usage("compare --data spirals --net 2-8-4", "write --net 2-8-3");
}

TEST(Usage, train_takes_its_network_with_or_without_net) {
  expect_usage("train lenett", "did you mean lenet?");
  expect_usage("train lenet --net mlp", "the network is given as NET and as --net, wanted once");
  expect_usage("train 2-8-4 --data spirals", "write --net 2-8-3");
  expect_usage("train lenet --plan --save net", "--plan trains nothing and writes no file: leave out --save");
}

TEST(Usage, an_unknown_activation_gets_the_nearest) {
  expect_usage("compare --activation relu,sigmod", "unknown activation \"sigmod\"; did you mean sigmoid?");
  expect_usage("show sigmod", "did you mean sigmoid?");
  expect_usage("show frobnicate", "unknown activation \"frobnicate\"\n`rectify list` names");
  expect_usage("show 'frob(x)'", "What a formula may name: docs/formulas.md, and the activations of `rectify list`.");
  expect_usage("eval 'sin(x) + sinn(x)'", "What a formula may name: docs/formulas.md.");
  expect_usage("show 'gelu(x, approximate=tanh)'", "gelu has no parameter \"approximate\" (it has none) at column 9");
  EXPECT_THAT(rectify_program("show sigmod").err, testing::Not(HasSubstr("rectify list")));
  expect_usage("compare --activation relu,,elu", "item 2 of the list");
  for (const char* verb : {"compare", "train"}) {
    expect_usage(verb + std::string(" --data moons --activation ''"), "item 1 of the list \"\" is empty");
  }
  expect_usage("train --activation relu,elu", "`rectify compare` takes several");
}

TEST(Usage, a_function_of_the_language_is_told_from_an_activation) {
  expect_usage("show sin", "sin is a function of the formula language: write sin(x)");
  expect_usage("show 'sin()'", "sin is a function of the formula language: write sin(x)");
  expect_usage("show 'mine = relu'", "relu needs an argument: relu(x)");
  expect_usage("show 'x + maxout(x)'", "maxout is a layer, not a function of x");
}

TEST(Usage, a_formula_error_has_a_caret_under_its_place) {
  const Outcome outcome = rectify_program("show 'x * (1 + tanh(x)'");
  EXPECT_EQ(outcome.status, 2);
  const auto lines = lines_of(outcome.err);
  ASSERT_GE(lines.size(), 3u);
  EXPECT_THAT(lines[0], HasSubstr("column 17"));
  const std::size_t text = lines[1].find("x * (1"), caret = lines[2].find('^');
  ASSERT_NE(text, std::string::npos);
  EXPECT_EQ(caret, text + 16);
  EXPECT_EQ(rectify_program("compare --activation 'relu, x * (1 +'").status, 2);
}

TEST(Usage, a_formula_that_begins_with_a_minus_goes_after_two) {
  expect_usage("show -x*2", "after --");
  EXPECT_EQ(rectify_program("eval -- -x*2", "3").out, "3\t-6\n");
}

}  // namespace
}  // namespace rectify
