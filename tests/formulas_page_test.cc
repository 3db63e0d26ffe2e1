// docs/formulas.md is true: it names all that the language has, and its examples are activations.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "rectify/activation/activation.h"
#include "rectify/formula/formula.h"

namespace rectify {
namespace {

using testing::HasSubstr;

std::string page() {
  std::ifstream in(RECTIFY_FORMULAS);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The lines of the blocks that hold formulas.
std::vector<std::string> examples() {
  std::vector<std::string> found;
  std::istringstream in(page());
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("```"))
      inside = line == "```formula";
    else if (inside)
      found.push_back(line);
  }
  return found;
}

TEST(FormulasPage, names_every_function_of_the_language) {
  const std::string text = page();
  std::vector<std::string> functions{"clip"};
  for (int op = 0; op <= static_cast<int>(Op::kSelect); ++op) {
    const std::string name(op_name(static_cast<Op>(op)));
    if (is_function_name(name)) functions.push_back(name);
  }
  EXPECT_GE(functions.size(), 22u);
  for (const std::string& function : functions) EXPECT_THAT(text, HasSubstr("`" + function + "(x"));
}

TEST(FormulasPage, shows_formulas_that_are_read) {
  const std::vector<std::string> formulas = examples();
  EXPECT_GE(formulas.size(), 8u);
  for (const std::string& formula : formulas) EXPECT_NO_THROW(Activation{formula}) << formula;
}

TEST(FormulasPage, tells_how_operators_bind_and_what_kinks_are) {
  EXPECT_EQ(Activation("x * 2^3^2").value(1), 512);
  EXPECT_EQ(Activation("-x^2").value(3), -9);
  EXPECT_EQ(Activation("max(x, 0)").slope(0), 0);
  EXPECT_EQ(Activation("x > 0 ? 2 * x : 3 * x").slope(0), 3);
  EXPECT_EQ(Activation("max(2 * x, 3 * x)").slope(0), 2);
  EXPECT_EQ(Activation("x * sigmoid(x)").value(-INFINITY), 0);
  EXPECT_TRUE(std::isnan(Activation("x > 0 ? x : 0 * x").value(NAN)));
}

}  // namespace
}  // namespace rectify
