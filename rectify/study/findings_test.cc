#include "rectify/study/findings.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "rectify/base/error.h"

namespace rectify {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Findings two_rows() {
  FoundRow relu{{"relu"}, {{{"accuracy", 0.9}, {"dead_end", kNan}}, {{"accuracy", 0.8}}}, std::nullopt, "", nullptr};
  FoundRow tanh{{"tanh"}, {{{"accuracy", 0.7}}, {{"accuracy", 0.6}, {"dead_end", 0.5}}}, std::nullopt, "", nullptr};
  FoundRow step{{"step"}, {}, std::nullopt, "has no slope", nullptr};
  return Findings({{relu, tanh, step}});
}

TEST(Findings, what_was_asked_for_and_never_measured_is_remembered) {
  const Findings findings = two_rows();
  const FoundRow &relu = findings.row({"relu"}), &tanh = findings.row({"tanh"});
  EXPECT_DOUBLE_EQ(difference(relu, tanh, "accuracy").mean, 0.2);
  EXPECT_EQ(tanh.mean("dead_end"), 0.5);
  EXPECT_FALSE(relu.has("dead_end"));
  EXPECT_TRUE(tanh.has("dead_end"));
  EXPECT_TRUE(std::isnan(findings.row({"step"}).mean("accuracy")));
  EXPECT_TRUE(findings.missing().empty());
  EXPECT_TRUE(std::isnan(difference(relu, tanh, "dead_end").mean));
  EXPECT_EQ(findings.missing(), std::set<std::string>{"dead_end of relu"});
  EXPECT_THROW(findings.row({"elu"}), Error);
}

TEST(Sentences, give_no_share_below_0_or_above_1) {
  EXPECT_EQ(percent_of({0.845, 0.003, 5, 0.84, 0.85}), "84.5 +- 0.3 %");
  EXPECT_EQ(percent_of({0.023, 0.034, 5, 0, 0.063}), "2.3 (0.0..6.3) %");
  EXPECT_EQ(percent_of({0.99, 0.02, 5, 0.97, 1}), "99.0 (97.0..100.0) %");
  EXPECT_EQ(percent_of({0.1, 0, 5, 0.1, 0.1}), "10.0 %");
}

TEST(Sentences, say_near_only_of_what_is_surely_near) {
  EXPECT_EQ(beside_text({0.021, 0.004, 5}, "relu", 0.01), "2.1 +- 0.4 points above relu");
  EXPECT_EQ(beside_text({-0.021, 0.004, 5}, "relu", 0.01), "2.1 +- 0.4 points below relu");
  EXPECT_EQ(beside_text({0.001, 0.004, 5}, "relu", 0.01), "within 1 point of relu (0.1 +- 0.4 points)");
  EXPECT_EQ(beside_text({0.001, 0.04, 5}, "relu", 0.01), "not to be told from relu with these seeds (0.1 +- 4.0 points)");
  EXPECT_EQ(beside_text({0.001, 0.004, 5}, "relu"), "not to be told from relu with these seeds (0.1 +- 0.4 points)");
}

TEST(Sentences, show_a_sure_difference_with_the_decimals_that_it_takes) {
  EXPECT_EQ(points_of({0.0073, 0.0069, 5}), "0.73 +- 0.69 points");
  EXPECT_EQ(points_of({-0.00702, 0.00698, 5}), "-0.702 +- 0.698 points");
  EXPECT_EQ(points_of({0.0004, 0.0002, 5}), "0.04 +- 0.02 points");
  EXPECT_EQ(points_of({0.0069, 0.0073, 5}), "0.7 +- 0.7 points") << "undecided, and looks it";
  EXPECT_EQ(points_of({0.021, 0.004, 5}), "2.1 +- 0.4 points");
}

}  // namespace
}  // namespace rectify
