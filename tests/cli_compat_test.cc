// list, and other frameworks' names and defaults with every verb that takes a SPEC.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <regex>

#include "cli_run.h"

namespace rectify {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

TEST(List, groups_the_catalogue) {
  const std::string text = rectify_program("list").out;
  std::size_t last = 0;
  for (const char* group : {"lecture\n  linear ", "\nstandard\n  rrelu ", "\nfurther\n  squareplus ", "\nlayers\n  maxout "}) {
    const std::size_t at = text.find(group);
    ASSERT_NE(at, std::string::npos) << group;
    EXPECT_GE(at, last);
    last = at;
  }
  for (const char* layer : {"softmax", "log_softmax", "glu", "reglu", "geglu", "swiglu", "bilinear"}) {
    EXPECT_THAT(text.substr(last), HasSubstr("\n  " + std::string(layer) + " "));
  }
  for (const std::string& line : lines_of(text)) EXPECT_LE(line.size(), 80u) << line;
}

TEST(List, tells_aliases_and_where_frameworks_differ) {
  const std::string text = std::regex_replace(rectify_program("list").out, std::regex("\\s+"), " ");
  EXPECT_THAT(text, HasSubstr("also leakyrelu, lrelu slope=0.2 in keras (function), keras2 (function), tensorflow; slope=0.3 in keras "
                              "(layer), keras2 (layer); slope=0.1 in darknet"));
  EXPECT_THAT(text, HasSubstr("clip(0.2 * x + 0.5, 0, 1) in keras2, onnx"));
  EXPECT_THAT(text, HasSubstr("gelu_tanh in jax"));
  EXPECT_THAT(text, HasSubstr("slope=0 learn in keras, keras2"));
  EXPECT_THAT(text, HasSubstr("silu in keras, keras2, jax; x * sigmoid(x) in onnx (not learnt), tensorflow (not learnt)"));
}

TEST(List, takes_a_frameworks_names_and_defaults) {
  const Outcome keras = rectify_program("list --compat keras");
  EXPECT_EQ(keras.status, 0) << keras.err;
  EXPECT_THAT(keras.out, testing::ContainsRegex("\n  LeakyReLU +x > 0 \\? x : negative_slope \\* x; negative_slope = 0.3"));
  EXPECT_THAT(keras.out, testing::ContainsRegex("\n  leaky_relu +x > 0 \\? x : negative_slope \\* x; negative_slope = 0.2"));
  for (const char* name : {"mish", "silu", "swish"}) EXPECT_THAT(keras.out, HasSubstr("\n  " + std::string(name) + " "));
  for (const std::string& line : lines_of(keras.out)) EXPECT_LE(line.size(), 80u) << line;
}

TEST(List, tells_what_a_framework_has_by_its_own_spelling) {
  const std::string torch = rectify_program("list --compat pytorch").out;
  for (const char* name : {"RReLU", "ELU", "GELU", "Tanhshrink", "LogSoftmax"})
    EXPECT_THAT(torch, HasSubstr("\n  " + std::string(name) + " "));
  for (const char* name : {"rrelu", "elu", "maxout", "snake", "swish"})
    EXPECT_THAT(torch, Not(HasSubstr("\n  " + std::string(name) + " ")));
  EXPECT_THAT(torch, HasSubstr("no default for threshold, value"));
  EXPECT_THAT(rectify_program("list --compat keras").out, HasSubstr("\nnot in the catalogue\n  exponential "));
}

TEST(List, prints_a_page) {
  const Outcome page = rectify_program("list --markdown");
  EXPECT_EQ(page.status, 0) << page.err;
  EXPECT_THAT(page.out, HasSubstr("\n### elu\n"));
  EXPECT_THAT(page.out, HasSubstr("- from the output: `y > 0 ? 1 : y + alpha`\n"));
  EXPECT_EQ(rectify_program("list --markdown --compat keras").status, 2);
  EXPECT_EQ(rectify_program("list --accuracy README.md").status, 2);
  const Outcome missing = rectify_program("list --markdown --accuracy no_such_file");
  EXPECT_EQ(missing.status, 2);
  EXPECT_THAT(missing.err, HasSubstr("no_such_file"));
}

TEST(Compat, is_taken_by_eval) {
  EXPECT_EQ(rectify_program("eval leaky_relu --compat darknet", "-10").status, 0);
  EXPECT_EQ(rectify_program("eval LeakyReLU --compat keras", "-10").out, "-10\t-3\n");
  EXPECT_EQ(rectify_program("eval leaky_relu --compat keras", "-10").out, "-10\t-2\n");
  EXPECT_EQ(rectify_program("eval hard_sigmoid --compat keras2", "0").out, "0\t0.5\n");
  EXPECT_EQ(rectify_program("eval 'HardSigmoid(alpha=0.25)' --compat onnx", "1").out, "1\t0.75\n");
  EXPECT_EQ(rectify_program("eval 'LeakyReLU(x) + 1' --compat keras", "-10").out, "-10\t-2\n");
  EXPECT_EQ(rectify_program("eval leaky_relu", "-100").out, "-100\t-1\n");
}

TEST(Compat, is_taken_by_show) {
  EXPECT_EQ(json::parse(rectify_program("show LeakyReLU --compat keras --json").out)["spec"], "leaky_relu(slope=0.3)");
  EXPECT_THAT(rectify_program("show hard_sigmoid --compat keras2 --against 'clip(0.2*x + 0.5, 0, 1)'").out, HasSubstr("[-10, 10]: 0\n"));
}

TEST(Compat, is_taken_by_compare_and_train) {
  const Scratch scratch;
  const std::string file = (scratch / "out.json").string();
  const Outcome compared =
      rectify_program("compare --data moons --epochs 1 --compat keras --activation 'LeakyReLU, maxout, relu' --json " + file);
  ASSERT_EQ(compared.status, 0) << compared.err;
  EXPECT_THAT(compared.out, HasSubstr("leaky_relu(slope=0.3)"));
  EXPECT_THAT(text_of(file), HasSubstr("leaky_relu(slope=0.3)"));
  const Outcome standard = rectify_program("compare --data moons --epochs 1 --compat tensorflow");
  EXPECT_THAT(standard.out, HasSubstr("leaky_relu(slope=0.2)"));
  const Outcome trained = rectify_program("train --data moons --epochs 1 --compat pytorch --activation 'ELU(alpha=0.5)'");
  ASSERT_EQ(trained.status, 0) << trained.err;
  EXPECT_THAT(trained.out, HasSubstr("elu(alpha=0.5)"));
}

TEST(Compat, suggests_the_nearest_framework_and_name) {
  for (const char* verb : {"eval relu", "show relu", "list", "train --data moons", "compare --data moons"}) {
    const Outcome outcome = rectify_program(std::string(verb) + " --compat pytroch");
    EXPECT_EQ(outcome.status, 2) << verb;
    EXPECT_THAT(outcome.err, HasSubstr("unknown framework \"pytroch\"; did you mean pytorch?")) << verb;
  }
  for (const auto& [theirs, ours] : std::map<std::string, std::string>{{"torch", "pytorch"}, {"tf", "tensorflow"}, {"flax", "jax"}}) {
    EXPECT_THAT(rectify_program("eval relu --compat " + theirs).err, HasSubstr("\"" + theirs + "\"; did you mean " + ours + "?"));
  }
  const Outcome name = rectify_program("eval LeakyRellu --compat onnx");
  EXPECT_EQ(name.status, 2);
  EXPECT_THAT(name.err, HasSubstr("did you mean LeakyRelu"));
  EXPECT_THAT(rectify_program("eval 'LeakyReLU(slope=1)' --compat keras").err, HasSubstr("it has negative_slope"));
}

TEST(Show, says_where_a_layer_has_its_place) {
  for (const char* layer : {"maxout", "glu", "reglu", "geglu", "swiglu", "bilinear"}) {
    const Outcome outcome = rectify_program("show " + std::string(layer));
    EXPECT_EQ(outcome.status, 2);
    EXPECT_THAT(outcome.err, HasSubstr("is a layer of its own, not a function of x: hidden layers take it"));
    EXPECT_EQ(rectify_program("train --data moons --net 2-4-2 --epochs 1 --activation " + std::string(layer)).status, 0) << layer;
  }
  for (const char* layer : {"softmax", "log_softmax"}) {
    const Outcome outcome = rectify_program("show " + std::string(layer));
    EXPECT_EQ(outcome.status, 2);
    EXPECT_THAT(outcome.err, HasSubstr("the cross-entropy loss applies it to a network's outputs"));
  }
}

TEST(Show, tells_the_derivative_from_the_output) {
  EXPECT_THAT(rectify_program("show sigmoid").out, testing::ContainsRegex("from y = f\\(x\\) +y \\* \\(1 - y\\)\n"));
  EXPECT_THAT(rectify_program("show gelu").out, Not(HasSubstr("from y = f(x)")));
  EXPECT_EQ(json::parse(rectify_program("show tanh --json").out)["derivative_from_output"], "1 - y^2");
  EXPECT_TRUE(json::parse(rectify_program("show gelu --json").out)["derivative_from_output"].is_null());
}

}  // namespace
}  // namespace rectify
