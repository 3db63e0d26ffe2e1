#include "rectify/report/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>
#include <vector>

#include "rectify/report/wrap.h"

namespace rectify {
namespace {

using testing::HasSubstr;
using testing::Not;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// The first line that begins with `name`.
std::string line_with(const std::string& text, const std::string& name) {
  for (const std::string& line : lines_of(text)) {
    if (line.starts_with(name)) return line;
  }
  return "no line begins with " + name;
}

Result finished(const std::string& activation) {
  Result result;
  result.activation = activation;
  result.net = "784-8x128-10";
  result.data = "fashion-mnist";
  result.init = "auto";
  result.optimizer = "sgd";
  result.schedule = "cosine";
  result.learning_rate = 0.01;
  result.seed = 1;
  result.epochs = 5;
  result.batch = 128;
  result.state = RunState::kFinished;
  result.test_accuracy = 0.8765;
  result.train_loss = 0.2712;
  result.seconds_per_epoch = 0.812;
  result.ns_per_element = 0.35;
  result.data_off_centre = 0.04;
  result.diagnosis.gradient_span_start = -std::log10(700);
  result.diagnosis.gradient_span_end = std::log10(40);
  result.diagnosis.verdict = activation + " learned.";
  return result;
}

/// Every cell as wide as it can be, and an alarm wherever there is one.
Result widest(const std::string& activation) {
  Result result = finished(activation);
  result.test_accuracy = 1;
  result.train_loss = 123456;
  result.seconds_per_epoch = 123456;
  result.ns_per_element = 123456;
  Diagnosis& d = result.diagnosis;
  d.gradient_span_start = -12.3;
  d.gradient_span_end = 6.6;
  d.worst = {"", {}, 1, 1, 1, 1, 1, 1, 1, 1, 1e-10};
  d.alarms = {true, true, true, true, true, true, true};
  d.layers = {d.worst, d.worst};
  d.layers[0].name = "hidden 1";
  d.layers[1].name = "hidden 12";
  return result;
}

TEST(Table, calls_an_activation_by_its_name) {
  Result row = finished("mine = x * sigmoid(x)"), diverged = row, interrupted = row;
  row.name = diverged.name = interrupted.name = "mine";
  diverged.state = RunState::kNonFinite;
  diverged.non_finite = NonFinite{3, "hidden 1", "forward"};
  interrupted.state = RunState::kInterrupted;
  const std::string text = comparison_text(std::vector{row, diverged, interrupted}, {});
  EXPECT_THAT(text, HasSubstr("\nmine       87.6"));
  EXPECT_THAT(text, HasSubstr("\nmine       not finite at step 3"));
  EXPECT_THAT(text, HasSubstr("\nInterrupted before the end: mine.\n"));
}

TEST(Table, holds_a_row_an_activation_and_the_numbers_in_it) {
  const std::vector<Result> results{finished("relu"), finished("elu")};
  const std::string text = comparison_text(results, {});
  EXPECT_EQ(line_with(text, "relu "), "relu       87.6  0.27 0.81 0.35 1/700   x40     -   -   -   -   -    -   -   -");
  EXPECT_THAT(line_with(text, "elu "), HasSubstr("87.6"));
  EXPECT_THAT(text, HasSubstr("The data's own off-centre value is 4 %."));
  EXPECT_THAT(text, HasSubstr("\nrelu learned.\n"));
  EXPECT_TRUE(text.ends_with("\none seed, one learning rate: this shows mechanisms, it is no ranking\n"));
}

TEST(Table, fits_80_columns_whatever_it_holds) {
  Result failed = finished("x * tanh(softplus(x)) + x * sigmoid(1.702 * x) - 0.5 * x * erfc(-x / sqrt(2)) + sin(x)^2");
  failed.error = "[nn] " + std::string(300, 'e');
  Result diverged = finished("exp");
  diverged.state = RunState::kNonFinite;
  diverged.non_finite = NonFinite{12345678, "hidden 8", "backward"};
  const std::vector<Result> results{widest("leaky_relu"), widest("elu(alpha=0.25)"), failed, diverged};
  for (const Detail detail : {Detail::kRows, Detail::kLayers}) {
    for (const std::string& line : lines_of(comparison_text(results, {Colour::kOff, detail}))) {
      EXPECT_LE(line.size(), 80u) << line;
      EXPECT_TRUE(line.empty() || line.back() != ' ') << line;
    }
  }
}

TEST(Table, shows_the_share_explained_where_there_are_no_classes) {
  Result result = finished("relu");
  result.task = Task::kRegression;
  result.loss = "mse";
  result.test_accuracy.reset();
  result.clip = 0.5;
  const auto cell = [&](double r_squared) {
    result.r_squared = r_squared;
    return line_with(comparison_text(std::vector{result}, {}), "relu ").substr(11, 4);
  };
  EXPECT_EQ(cell(0.934), "0.93");
  EXPECT_EQ(cell(0.9999), ">.99");
  EXPECT_EQ(cell(1), "1.00");
  EXPECT_EQ(cell(-0.03), "-0.0");
  EXPECT_EQ(cell(-123), " <-9");
  const std::string text = comparison_text(std::vector{result}, {});
  EXPECT_THAT(text, HasSubstr("\nactivation  R^2  loss"));
  EXPECT_THAT(text, HasSubstr("share of the test targets' variance"));
  EXPECT_THAT(text, HasSubstr("train loss  mean loss over the last epoch: mse\n"));
  EXPECT_THAT(text, HasSubstr("sgd, clip 0.5, lr 0.01 cosine"));
  EXPECT_THAT(text, Not(HasSubstr("acc%")));
}

TEST(Table, tells_what_a_regression_errs_by_in_the_units_of_each_target) {
  std::vector<Result> results{finished("relu"), finished("sigmoid"), finished("tanh")};
  for (Result& result : results) result.task = Task::kRegression, result.targets = {"price"}, result.rms_errors = {17262.3, 0.5};
  results[2].rms_errors[0] = 9;
  std::swap(results[0], results[1]);
  results[0].state = RunState::kNonFinite;
  const std::string text = comparison_text(results, {});
  EXPECT_THAT(text, HasSubstr("\n\nrms error of price on the test samples: relu 17260, tanh 9\n"
                              "rms error of target 2 on the test samples: relu 0.5, tanh 0.5\n\n"));
  EXPECT_THAT(comparison_text(std::vector{finished("relu")}, {}), Not(HasSubstr("rms error")));
}

TEST(Table, marks_what_is_wrong_and_nothing_else) {
  Result result = finished("sigmoid");
  result.diagnosis.worst.one_signed = 1;
  result.diagnosis.worst.one_signed_batch = 0.93;
  result.diagnosis.alarms.span_end = result.diagnosis.alarms.one_signed = true;
  const std::string line = line_with(comparison_text(std::vector{result}, {}), "sigmoid");
  EXPECT_THAT(line, HasSubstr(" x40! "));
  EXPECT_THAT(line, HasSubstr(" 100  93! "));
  EXPECT_EQ(std::count(line.begin(), line.end(), '!'), 2);
}

TEST(Table, shows_inactive_in_brackets_where_one_side_is_flat) {
  Result result = finished("relu");
  result.diagnosis.worst.inactive = 0.481;
  EXPECT_THAT(line_with(comparison_text(std::vector{result}, {}), "relu"), HasSubstr(" (48) "));
}

TEST(Table, has_a_row_a_layer_on_demand) {
  const std::vector<Result> results{widest("relu")};
  EXPECT_THAT(comparison_text(results, {Colour::kOff, Detail::kRows}), Not(HasSubstr("hidden 1")));
  EXPECT_THAT(line_with(comparison_text(results, {Colour::kOff, Detail::kLayers}), " hidden 1 "), HasSubstr(" 1e-10 "));
}

TEST(Table, tells_where_a_number_was_not_finite) {
  Result diverged = finished("relu");
  diverged.state = RunState::kNonFinite;
  diverged.non_finite = NonFinite{12, "hidden 3", "backward"};
  EXPECT_EQ(line_with(comparison_text(std::vector{diverged}, {}), "relu "), "relu       not finite at step 12: hidden 3, backward!");
}

TEST(Table, leaves_out_interrupted_trials_and_names_them) {
  Result interrupted = finished("maxout");
  interrupted.state = RunState::kInterrupted;
  const std::string text = comparison_text(std::vector{finished("relu"), interrupted}, {});
  EXPECT_THAT(line_with(text, "relu "), HasSubstr("87.6"));
  EXPECT_THAT(text, HasSubstr("Interrupted before the end: maxout."));
  EXPECT_EQ(comparison_text(std::vector{interrupted, interrupted}, {}), "Interrupted before the end: maxout.\n");
}

TEST(Table, colours_marks_only_when_asked_to) {
  Result result = finished("relu");
  result.diagnosis.alarms.span_end = true;
  EXPECT_THAT(comparison_text(std::vector{result}, {Colour::kOff}), Not(HasSubstr("\x1b")));
  EXPECT_THAT(comparison_text(std::vector{result}, {Colour::kOn}), HasSubstr("\x1b[1;31mx40!\x1b[0m"));
}

TEST(Table, says_of_how_many_seeds_it_is_the_mean) {
  Result result = finished("relu");
  result.seeds = 3;
  const std::string text = comparison_text(std::vector{result}, {});
  EXPECT_THAT(text, HasSubstr("seeds 1-3\n"));
  EXPECT_THAT(text, HasSubstr("\nmean of 3 seeds, one learning rate"));
}

TEST(Cells, round_without_making_none_or_all_of_some) {
  EXPECT_EQ(share_cell({}), "-");
  EXPECT_EQ(share_cell(NAN), "-");
  EXPECT_EQ(share_cell(0), "0");
  EXPECT_EQ(share_cell(0.001), "<1");
  EXPECT_EQ(share_cell(0.481), "48");
  EXPECT_EQ(share_cell(0.9999), ">99");
  EXPECT_EQ(share_cell(1), "100");
}

TEST(Cells, write_ratios_in_five_columns) {
  EXPECT_EQ(span_cell({}), "-");
  EXPECT_EQ(span_cell(0), "x1");
  EXPECT_EQ(span_cell(std::log10(40)), "x40");
  EXPECT_EQ(span_cell(-std::log10(700)), "1/700");
  EXPECT_EQ(span_cell(-std::log10(720000)), "1/7e5");
  EXPECT_EQ(span_cell(std::log10(3e4)), "x3e4");
  EXPECT_EQ(span_cell(-INFINITY), "none");
  for (double span = -40; span < 40; span += 0.01) EXPECT_LE(span_cell(span).size(), 5u) << span;
}

TEST(Wrap, breaks_at_spaces_and_keeps_commands_whole) {
  EXPECT_EQ(wrap("one two three", 2, 8), "one two\n  three\n");
  EXPECT_EQ(wrap("now try `a b c`", 0, 10), "now try\n`a b c`\n");
  EXPECT_EQ(wrap("at most 48 %", 0, 10), "at most\n48 %\n");
  EXPECT_EQ(wrap("abcdefghij", 1, 4), "abcd\n efg\n hij\n");
  EXPECT_EQ(wrap_beside("name", 6, "one two", 11), "name  one\n      two\n");
}

}  // namespace
}  // namespace rectify
