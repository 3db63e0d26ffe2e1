// What studies say of numbers that are made up: each sentence follows from them, and none from what is not there.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "rectify/study/study.h"

namespace rectify {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr double kSpread[] = {-0.001, 0.001, 0, 0.0005, -0.0005};  // of five seeds, another for each row

/// A row of five seeds around the means.
FoundRow row(std::vector<std::string> labels, const std::vector<std::pair<std::string, double>>& means, double wide = 1) {
  FoundRow out;
  out.labels = std::move(labels);
  const std::size_t first = out.labels.back().size() + out.labels.front().size();
  for (std::size_t seed = 0; seed < 5; ++seed) {
    out.seeds.emplace_back();
    for (const auto& [name, mean] : means) out.seeds.back()[name] = mean + (name == "diverged" ? 0 : wide * kSpread[(first + seed) % 5]);
  }
  return out;
}

Judgement judged(const char* study, FoundTable table) { return find_study(study).judge(Findings({std::move(table)})); }

FoundTable newer_table(double linear, double elu, double maxout, double elu_diverged = 0) {
  return {row({"linear", "-"}, {{"accuracy", linear}, {"diverged", 0}}), row({"tanh", "1989"}, {{"accuracy", 0.99}, {"diverged", 0}}),
          row({"relu", "2010"}, {{"accuracy", 0.8}, {"diverged", 0}}),
          row({"elu", "2015"}, {{"accuracy", elu}, {"diverged", elu_diverged}}),
          row({"maxout", "2013"}, {{"accuracy", maxout}, {"diverged", 0}})};
}

TEST(Newer, judges_those_alone_that_are_newer_than_relu) {
  const Judgement judgement = judged("newer", newer_table(0.7, 0.8, 0.6));
  EXPECT_EQ(judgement.verdict, StudyVerdict::kNotFound) << "tanh is better, and older";
  EXPECT_THAT(judgement.conclusion, HasSubstr("2 functions here are newer."));
  EXPECT_THAT(judgement.conclusion, HasSubstr("Surely below it: maxout"));
  EXPECT_THAT(judgement.conclusion, HasSubstr("Not decided by these seeds: elu"));
  EXPECT_THAT(judgement.conclusion, Not(HasSubstr("tanh")));
}

TEST(Newer, holds_where_all_are_better_and_holds_if_where_some_are) {
  EXPECT_EQ(judged("newer", newer_table(0.7, 0.9, 0.9)).verdict, StudyVerdict::kHolds);
  const Judgement some = judged("newer", newer_table(0.7, 0.9, 0.8));
  EXPECT_EQ(some.verdict, StudyVerdict::kHoldsIf);
  EXPECT_EQ(some.condition, "one tries several: 1 of 2 were surely better than relu (elu above, maxout not decided)");
}

TEST(Newer, says_nothing_of_worth_where_a_network_without_activations_does_as_well) {
  const Judgement judgement = judged("newer", newer_table(0.85, 0.9, 0.9));
  EXPECT_EQ(judgement.verdict, StudyVerdict::kNotFound);
  EXPECT_THAT(judgement.conclusion, HasSubstr("this budget does not separate them"));
}

TEST(Newer, does_not_call_worse_what_diverged) {
  const Judgement judgement = judged("newer", newer_table(0.7, 0.1, 0.9, 1));
  EXPECT_THAT(judgement.conclusion, HasSubstr("Not compared: elu (5 of 5 diverged"));
  EXPECT_THAT(judgement.conclusion, Not(HasSubstr("Surely below"))) << judgement.conclusion;
}

FoundTable cnn_table(double elu, double tanh, double sigmoid) {
  FoundTable table;
  for (const auto& [activation, accuracy] : {std::pair{"relu", 0.8}, {"elu", elu}, {"tanh", tanh}, {"sigmoid", sigmoid}}) {
    table.push_back(row({"lenet", activation}, {{"accuracy", accuracy}, {"diverged", 0}}));
  }
  return table;
}

TEST(Cnn, names_what_was_surely_above_relu_whatever_the_rest) {
  EXPECT_EQ(judged("cnn", cnn_table(0.8, 0.7, 0.6)).verdict, StudyVerdict::kHolds);
  EXPECT_EQ(judged("cnn", cnn_table(0.9, 0.8, 0.8)).verdict, StudyVerdict::kNotFound);
  EXPECT_EQ(judged("cnn", cnn_table(0.9, 0.7, 0.6)).condition,
            "default does not mean best: surely more accurate than relu was elu on lenet");
  EXPECT_EQ(
      judged("cnn", cnn_table(0.9, 0.85, 0.6)).condition,
      "tanh is left out on lenet, where it was not surely behind relu; and default does not mean best: surely more accurate than relu "
      "were elu on lenet and tanh on lenet");
}

FoundTable boundary_table(double sigmoid, double wide) {
  const auto of = [](const char* name, double accuracy, double spread) {
    return row({"spirals", name}, {{"accuracy", accuracy}, {"straight", 1}, {"diverged", 0}}, spread);
  };
  return {of("linear", 0.5, 1), of("sigmoid", sigmoid, wide), of("relu", 0.99, 1)};
}

TEST(Boundary, tells_near_from_not_decided) {
  EXPECT_EQ(judged("boundary", boundary_table(0.9, 1)).verdict, StudyVerdict::kHolds);
  EXPECT_EQ(judged("boundary", boundary_table(0.5, 1)).condition,
            "one leaves out sigmoid on spirals (within a point of straight boundaries)");
  EXPECT_EQ(judged("boundary", boundary_table(0.6, 300)).condition, "one leaves out sigmoid on spirals (not decided by these seeds)");
  EXPECT_EQ(judged("boundary", boundary_table(0.3, 1)).condition,
            "one leaves out sigmoid on spirals (surely worse than straight boundaries)");
}

FoundTable initialisation_table(double careful, double careless, double learned, double wide = 1) {
  FoundTable table;
  for (const char* activation : {"tanh", "relu", "elu"}) {
    table.push_back(row({activation, "1/sqrt(3 n)"}, {{"accuracy", 0.1}, {"span_start", -5}, {"predicted_span", -5}}));
    table.push_back(row({activation, "auto"}, {{"accuracy", 0.8}, {"span_start", 0}, {"predicted_span", 0}}));
    for (Measures& seed : table[table.size() - 2].seeds) seed["learned"] = 0;
    for (Measures& seed : table.back().seeds) seed["learned"] = 1;
  }
  for (std::size_t seed = 0; seed < 5; ++seed) {
    table[0].seeds[seed]["accuracy"] = careless + wide * kSpread[seed];
    table[1].seeds[seed]["accuracy"] = careful - wide * kSpread[seed];
    table[1].seeds[seed]["learned"] = learned;
  }
  return table;
}

TEST(Initialisation, judges_a_pair_that_is_named_in_advance) {
  EXPECT_EQ(judged("initialisation", initialisation_table(0.8, 0.1, 1)).verdict, StudyVerdict::kHolds);
  const Judgement same = judged("initialisation", initialisation_table(0.8, 0.8, 1));
  EXPECT_EQ(same.condition, "the activation is relu or elu");
  EXPECT_THAT(same.conclusion, HasSubstr("With tanh the two are surely within ten points, and both learn."));
  EXPECT_THAT(judged("initialisation", initialisation_table(0.1, 0.1, 0)).conclusion, HasSubstr("as neither makes it learn well"));
  EXPECT_THAT(judged("initialisation", initialisation_table(0.1, 0.8, 0)).conclusion, HasSubstr("the careless one is surely better"));
}

TEST(Initialisation, does_not_take_not_decided_for_near) {
  const Judgement open = judged("initialisation", initialisation_table(0.85, 0.33, 1, 400));
  EXPECT_THAT(open.conclusion, HasSubstr("With tanh the seeds do not decide"));
  EXPECT_THAT(open.conclusion, Not(HasSubstr("surely within")));
}

FoundTable collapse_table(double deep_linear, double relu) {
  FoundTable table;
  for (const char* depth : {"1", "2", "4", "8"}) {
    const double accuracy = std::string(depth) == "8" ? deep_linear : 0.5;
    table.push_back(row({"linear", depth}, {{"accuracy", accuracy}}));
    for (Measures& seed : table.back().seeds) seed["distance"] = 1e-7, seed["straight"] = 1;
    table.push_back(row({"relu", depth}, {{"accuracy", relu}}));
  }
  return table;
}

TEST(Collapse, is_judged_at_a_depth_that_is_named_in_advance) {
  EXPECT_EQ(judged("collapse", collapse_table(0.5, 0.9)).verdict, StudyVerdict::kHolds);
  EXPECT_THAT(judged("collapse", collapse_table(0.5, 0.9)).conclusion, HasSubstr("With relu between 8 hidden layers"));
  EXPECT_THAT(judged("collapse", collapse_table(0.5, 0.5)).condition, HasSubstr("relu was not surely better"));
  EXPECT_THAT(judged("collapse", collapse_table(0.3, 0.9)).condition, HasSubstr("did depend on depth"));
}

TEST(Collapse, concludes_nothing_from_what_was_not_measured) {
  FoundTable table = collapse_table(0.5, 0.9);
  for (FoundRow& one : table) {
    for (Measures& seed : one.seeds) seed.erase("distance");
  }
  const Findings findings({table});
  find_study("collapse").judge(findings);
  EXPECT_TRUE(findings.missing().contains("distance of linear 1"));
}

FoundTable dropout_table(double dead, double gap, double accuracy) {
  FoundTable table;
  for (const char* setting : {"sgd 0.1", "adam 0.01", "sgd tuned", "adam tuned"}) {
    table.push_back(row({setting, "0"}, {{"dead", 0.3}, {"gap", 0.2}, {"accuracy", 0.8}}));
    for (const char* rate : {"0.2", "0.5"}) table.push_back(row({setting, rate}, {{"dead", dead}, {"gap", gap}, {"accuracy", accuracy}}));
  }
  return table;
}

TEST(Dropout, tells_what_it_harmed) {
  EXPECT_EQ(judged("dropout", dropout_table(0.2, 0.1, 0.8)).verdict, StudyVerdict::kHolds);
  EXPECT_EQ(judged("dropout", dropout_table(0.5, 0.3, 0.7)).verdict, StudyVerdict::kWrong);
  EXPECT_EQ(judged("dropout", dropout_table(0.3, 0.2, 0.8)).verdict, StudyVerdict::kNotFound);
  EXPECT_EQ(judged("dropout", dropout_table(0.5, 0.1, 0.8)).condition,
            "one speaks of overfitting; with dead units it surely helped in 0 of 8 comparisons and surely harmed in 8");
  EXPECT_EQ(judged("dropout", dropout_table(0.2, 0.1, 0.7)).condition,
            "one speaks of dead units; with overfitting it surely helped in 0 of 4 comparisons and surely harmed in 4")
      << "a gap that is paid for with accuracy";
}

TEST(Dropout, leaves_out_what_diverged) {
  FoundTable table = dropout_table(0.2, 0.1, 0.8);
  for (Measures& seed : table[1].seeds) seed = {{"accuracy", 0.1}};
  const Findings findings({table});
  const Judgement judgement = find_study("dropout").judge(findings);
  EXPECT_THAT(judgement.conclusion, HasSubstr("sgd 0.1, dropout 0.2: cannot be compared"));
  EXPECT_THAT(judgement.conclusion, HasSubstr("in 7 of 7 comparisons"));
  EXPECT_TRUE(findings.missing().empty());
}

TEST(Depth, puts_theory_beside_what_was_measured) {
  FoundTable table;
  for (const char* activation : {"sigmoid", "tanh", "relu", "elu"}) {
    for (const char* layers : {"1", "5", "30"}) {
      const bool learned = std::string(layers) == "1" || std::string(activation) != "sigmoid";
      table.push_back(row({activation, "auto", layers}, {{"span_start", -1}}));
      for (Measures& seed : table.back().seeds)
        seed["learned"] = learned, seed["trainable"] = std::string(activation) == "relu" ? 8.7 : 3.2;
    }
  }
  const Judgement judgement = judged("depth", table);
  EXPECT_THAT(judgement.conclusion, HasSubstr("sigmoid: 1 with auto (theory 3.2, gradient 1/10)"));
  EXPECT_THAT(judgement.conclusion, HasSubstr("in 1 of 4")) << "the others learned with 30";
  EXPECT_THAT(judgement.condition, HasSubstr("the activation is sigmoid"));
}

}  // namespace
}  // namespace rectify
