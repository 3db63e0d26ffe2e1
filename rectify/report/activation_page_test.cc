#include "rectify/report/activation_page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <regex>
#include <vector>

#include "rectify/report/catalogue.h"

namespace rectify {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* kAccuracyPage =
    "# Accuracy\n\nText with | bars.\n\n## AVX3\n\n"
    "| function | direction | by | max | mean |\n|---|---|---|---:|---:|\n"
    "| elu | forward | kernel | 1.014 | 0.1 |\n| elu | gradient | kernel | 1.090 | 0.1 |\n| gelu | forward | kernel | 2 | 0.1 |\n"
    "\n## SSE4\n\n"
    "| function | direction | by | max | mean |\n|---|---|---|---:|---:|\n"
    "| elu | forward | kernel | 1.2e+03 | 0.1 |\n| elu | gradient | kernel | 0.9 | 0.1 |\n";

TEST(Accuracy, is_that_of_the_worst_target) {
  const auto accuracy = read_accuracy(kAccuracyPage);
  ASSERT_TRUE(accuracy.contains("elu"));
  EXPECT_EQ(accuracy.at("elu").forward, "1.2e+03");
  EXPECT_EQ(accuracy.at("elu").gradient, "1.090");
  EXPECT_FALSE(accuracy.contains("gelu")) << "it has no gradient";
  EXPECT_EQ(accuracy.size(), 1u);
  EXPECT_TRUE(read_accuracy("").empty());
  EXPECT_TRUE(read_accuracy("| a | b |\n|").empty());
}

Portrait elu() {
  Portrait p;
  p.name = "elu";
  p.formula = "x > 0 ? x : alpha * expm1(x)";
  p.derivative = "x > 0 ? 1 : alpha * exp(x)";
  p.derivative_from_output = "y > 0 ? 1 : y + alpha";
  p.parameters = {{"alpha", 1.0}};
  p.lower = -1;
  p.upper = INFINITY;
  p.monotone = true;
  p.saturates = "left";
  p.forward_gain = 1.2452;
  return p;
}

TEST(ActivationPage, tells_all_of_an_activation) {
  const std::string page = activation_page(std::vector{elu()}, layer_catalogue(), read_accuracy(kAccuracyPage));
  EXPECT_THAT(page, HasSubstr("- formula: `x > 0 ? x : alpha * expm1(x); alpha = 1`\n"));
  EXPECT_THAT(page, HasSubstr("- derivative: `x > 0 ? 1 : alpha * exp(x)`\n"));
  EXPECT_THAT(page, HasSubstr("- from the output: `y > 0 ? 1 : y + alpha`\n- in place: yes\n"));
  EXPECT_THAT(page, HasSubstr("- range: -1 to inf; monotone; kinks at no place; saturates on left\n"));
  EXPECT_THAT(page, HasSubstr("- gain: 1.2452; backward -;"));
  EXPECT_THAT(page, HasSubstr("- ULP, forward and gradient: 1.2e+03, 1.090\n"));
  EXPECT_THAT(page, HasSubstr("Clevert"));
  EXPECT_THAT(page, HasSubstr("- **swiglu**: `a * silu(b)`."));
  EXPECT_THAT(page, HasSubstr("| glu | `a * sigmoid(b)` | - | - | - | - | - | layers |\n"));
  const std::string with_layer = activation_page({}, layer_catalogue(), {{"glu", {"2.031", "2.793"}}});
  EXPECT_THAT(with_layer, HasSubstr("| glu | `a * sigmoid(b)` | - | - | - | - | 2.031, 2.793 | layers |\n"));
}

TEST(ActivationPage, leaves_out_what_there_is_not) {
  Portrait p = elu();
  p.derivative_from_output.reset();
  const std::string page = activation_page(std::vector{p}, {}, {});
  EXPECT_THAT(page, Not(HasSubstr("- from the output:")));
  EXPECT_THAT(page, HasSubstr("- in place: no\n"));
  EXPECT_THAT(page, HasSubstr("- ULP, forward and gradient: -\n"));
}

std::string list_of(const char* name, const Compat& compat = {}) {
  for (const CatalogueEntry& entry : catalogue()) {
    if (entry.name == name) return catalogue_text(std::span(&entry, 1), compat);
  }
  return "none";
}

TEST(Catalogue, says_what_frameworks_take_instead) {
  const std::string text = list_of("leaky_relu");
  EXPECT_THAT(text, HasSubstr("also leakyrelu, lrelu\n"));
  const std::string words = std::regex_replace(text, std::regex("\\s+"), " ");
  EXPECT_THAT(words, HasSubstr("slope=0.2 in keras (function), keras2 (function), tensorflow; slope=0.3 in keras (layer)"));
  EXPECT_THAT(list_of("gelu"), HasSubstr("gelu_tanh in jax"));
  EXPECT_THAT(list_of("hard_sigmoid"), HasSubstr("clip(0.2 * x + 0.5, 0, 1) in keras2, onnx"));
  EXPECT_THAT(list_of("mish"), Not(HasSubstr(" in ")));
}

TEST(Catalogue, takes_a_frameworks_names) {
  const std::string keras = list_of("leaky_relu", Compat("keras"));
  EXPECT_THAT(keras, HasSubstr("  leaky_relu  x > 0 ? x : negative_slope * x; negative_slope = 0.2"));
  EXPECT_THAT(keras, HasSubstr("  LeakyReLU   x > 0 ? x : negative_slope * x; negative_slope = 0.3"));
  EXPECT_THAT(list_of("mish", Compat("keras")), HasSubstr("x * tanh(softplus(x))"));
}

}  // namespace
}  // namespace rectify
