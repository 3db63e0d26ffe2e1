#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "rectify/base/error.h"
#include "rectify/report/catalogue.h"
#include "rectify/report/evaluation.h"
#include "rectify/report/portrait.h"
#include "rectify/report/progress.h"

namespace rectify {
namespace {

using testing::HasSubstr;

void expect_80_columns(const std::string& text) {
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) EXPECT_LE(line.size(), 80u) << line;
}

/// `text` with each run of white space as one space.
std::string in_one_line(const std::string& text) {
  std::istringstream in(text);
  std::string line;
  for (std::string word; in >> word;) line += word + " ";
  return line;
}

std::string evaluated(const std::string& numbers, const std::string& spec, Gradient gradient = Gradient::kOff) {
  std::istringstream in(numbers);
  std::string out;
  evaluate_numbers(in, Activation(spec), gradient, [&](std::string_view lines) { out += lines; });
  return out;
}

TEST(Evaluation, writes_a_line_a_number) {
  EXPECT_EQ(evaluated(" 1.5\t-2\n\n0x1p-3 ", "relu"), "1.5\t1.5\n-2\t0\n0.125\t0.125\n");
  EXPECT_EQ(evaluated("0.1", "2 * x"), "0.100000001\t0.200000003\n");
  EXPECT_EQ(evaluated("", "relu"), "");
}

TEST(Evaluation, writes_the_slope_on_demand) { EXPECT_EQ(evaluated("-1 0 1", "relu", Gradient::kOn), "-1\t0\t0\n0\t0\t0\n1\t1\t1\n"); }

TEST(Evaluation, reads_and_writes_what_is_not_finite) {
  EXPECT_EQ(evaluated("nan -nan inf -inf Infinity 1e999", "linear"), "nan\tnan\nnan\tnan\ninf\tinf\n-inf\t-inf\ninf\tinf\ninf\tinf\n");
}

TEST(Evaluation, keeps_the_lines_before_what_is_no_number_and_says_where_it_stands) {
  std::istringstream in("1 2\n 3 4x 5");
  std::string out, message;
  try {
    evaluate_numbers(in, Activation("relu"), Gradient::kOff, [&](std::string_view lines) { out += lines; });
  } catch (const Error& e) {
    message = e.what();
  }
  EXPECT_EQ(out, "1\t1\n2\t2\n3\t3\n");
  EXPECT_THAT(message, testing::StartsWith("[eval] number 4 (line 2, column 4) is \"4x\""));
  EXPECT_THROW(evaluated(std::string(100000, '1'), "relu"), Error);
}

TEST(Evaluation, takes_more_numbers_than_fit_into_a_block) {
  std::string numbers, wanted;
  for (int i = 0; i < 10000; ++i) {
    numbers += std::to_string(i) + (i % 7 ? " " : "\n");
    wanted += std::to_string(i) + "\t" + std::to_string(i) + "\n";
  }
  EXPECT_EQ(evaluated(numbers, "relu"), wanted);
}

TEST(Plot, draws_the_function_and_its_slope) {
  std::vector<CurvePoint> curve;
  for (double x = -6; x <= 6; x += 0.125) curve.push_back({x, x > 0 ? x : 0, x > 0 ? 1.0 : 0.0});
  const std::string text = plot_text(curve);
  expect_80_columns(text);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 20);
  EXPECT_THAT(text, HasSubstr("o f(x)   . f'(x)"));
  EXPECT_TRUE(text.starts_with("     4 "));
}

TEST(Plot, leaves_out_what_is_not_finite) {
  const std::vector<CurvePoint> curve{{-1, NAN, INFINITY}, {0, -INFINITY, NAN}, {1, 1e300, -1e300}};
  expect_80_columns(plot_text(curve));
  EXPECT_EQ(plot_text({}), "");
}

TEST(Difference, is_told_for_each_interval) {
  const std::vector<Difference> differences{{-10, 10, 0.25, 1, 2, 1.75}, {-100, 100, 0, 0, 0, 0}, {-1, 1, INFINITY, -1, NAN, 2}};
  const std::string text = difference_text("f", "g", differences);
  EXPECT_THAT(text, HasSubstr("largest |a - b| on [-10, 10]: 0.25 at x = 1, where a = 2 and b = 1.75\n"));
  EXPECT_THAT(text, HasSubstr("largest |a - b| on [-100, 100]: 0\n"));
  EXPECT_THAT(text, HasSubstr("largest |a - b| on [-1, 1]: only one is a number at x = -1\n"));
}

TEST(Catalogue, is_listed_with_formula_and_source) {
  const std::string text = catalogue_text(catalogue());
  expect_80_columns(text);
  for (const CatalogueEntry& entry : catalogue()) {
    EXPECT_THAT(in_one_line(text), HasSubstr(in_one_line(fmt::format("{} {}", entry.name, entry.formula))));
  }
}

TEST(Progress, tells_share_time_and_running_trials) {
  ProgressLine line({"relu", "tanh"});
  EXPECT_EQ(line.text(0, 79), "[--------------------]   0 %, 0 s");
  line.begin(0);
  line.begin(1);
  line.step(0, 50, 100);
  line.epoch(0, 1, 0.456);
  EXPECT_EQ(line.text(10, 79), "[#####---------------]  25 %, 10 s, 30 s left: relu epoch 1 loss 0.46, tanh");
  EXPECT_EQ(line.text(10, 20).size(), 20u);
  line.end(0);
  line.end(1);
  EXPECT_EQ(line.text(12, 79), "[####################] 100 %, 12 s");
}

}  // namespace
}  // namespace rectify
