// What studies say of numbers that are made up: each sentence follows from them, and none from what is not there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "rectify/study/test_rows.h"

namespace rectify {
namespace {

using testing::HasSubstr;
using testing::Not;

FoundTable newer_table(double linear, double elu, double maxout, double elu_diverged = 0) {
  const auto of = [](const char* name, const char* year, double accuracy, double diverged = 0) {
    const double dear = std::string(name) == "maxout" ? 2 : 1;
    return row({name, year}, {{"accuracy", accuracy}, {"diverged", diverged}, {"seconds", dear}, {"memory", 10 * dear}});
  };
  return {of("linear", "-", linear), of("tanh", "1989", 0.99), of("relu", "2010", 0.8), of("elu", "2015", elu, elu_diverged),
          of("maxout", "2013", maxout)};
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
  EXPECT_EQ(some.condition, "one tries several: 1 of 2 were surely worth it (elu)");
}

TEST(Newer, says_nothing_of_worth_where_a_network_without_activations_does_as_well) {
  const Judgement judgement = judged("newer", newer_table(0.9, 0.9, 0.9));
  EXPECT_EQ(judgement.verdict, StudyVerdict::kNotFound);
  EXPECT_THAT(judgement.conclusion, HasSubstr("linear, which is no activation, is 10.0 +- 0.2 points above relu."));
  EXPECT_THAT(judgement.conclusion, HasSubstr("maxout is not to be told from linear with these seeds"));
  EXPECT_EQ(judged("newer", newer_table(0.85, 0.9, 0.9)).verdict, StudyVerdict::kHolds) << "both beat linear too";
}

TEST(Newer, names_those_that_would_be_sure_if_they_were_asked_alone) {
  FoundTable table = newer_table(0.7, 0.8, 0.6);
  for (std::size_t seed = 0; seed < 5; ++seed) {  // the interval of the difference is 0.0010 +- 0.0009
    table[3].seeds[seed]["accuracy"] = table[2].seeds[seed]["accuracy"] + 0.001 + 0.9 * kSpread[seed];
    table[4].seeds[seed]["accuracy"] = table[2].seeds[seed]["accuracy"] + kSpread[seed];
  }
  const Judgement judgement = judged("newer", table);
  EXPECT_THAT(judgement.conclusion, HasSubstr("Not decided by these seeds: elu"));
  EXPECT_THAT(judgement.conclusion, HasSubstr("Asked alone, 1 of the undecided would be surely above relu: elu."));
  EXPECT_THAT(judged("newer", newer_table(0.7, 0.8, 0.6)).conclusion, Not(HasSubstr("Asked alone")));
}

TEST(Newer, tells_the_price_of_the_dearest) {
  EXPECT_THAT(judged("newer", newer_table(0.7, 0.9, 0.9)).conclusion,
              HasSubstr("1 surely takes more time than relu, the most maxout (2.0000 +- 0.0024 times, and 2 times its memory)."));
}

TEST(Newer, does_not_call_worse_what_diverged) {
  const Judgement judgement = judged("newer", newer_table(0.7, 0.1, 0.9, 1));
  EXPECT_THAT(judgement.conclusion, HasSubstr("Not compared: elu (5 of 5 diverged"));
  EXPECT_THAT(judgement.conclusion, Not(HasSubstr("Surely below"))) << judgement.conclusion;
}

FoundTable cnn_table(double elu, double tanh, double sigmoid, double linear = 0.5) {
  FoundTable table;
  for (const auto& [activation, accuracy] :
       {std::pair{"linear", linear}, {"relu", 0.8}, {"elu", elu}, {"tanh", tanh}, {"sigmoid", sigmoid}}) {
    table.push_back(row({"lenet", activation}, {{"accuracy", accuracy}, {"diverged", 0}}));
  }
  return table;
}

TEST(Cnn, judges_sigmoid_and_tanh_and_names_what_was_better_beside_it) {
  EXPECT_EQ(judged("cnn", cnn_table(0.8, 0.7, 0.6)).verdict, StudyVerdict::kHolds);
  EXPECT_EQ(judged("cnn", cnn_table(0.9, 0.8, 0.8)).verdict, StudyVerdict::kNotFound);
  const Judgement better = judged("cnn", cnn_table(0.9, 0.7, 0.6));
  EXPECT_EQ(better.condition, "the default is not taken for the best, which elu (on lenet) surely beat");
  EXPECT_THAT(better.conclusion, HasSubstr("The default is not the best: surely more accurate was elu on lenet."));
  const Judgement level = judged("cnn", cnn_table(0.9, 0.85, 0.6));
  EXPECT_EQ(
      level.condition,
      "one speaks of sigmoid, in a training as short as here: tanh was not surely behind relu on lenet, and the default is not taken for "
      "the best, which elu (on lenet) and tanh (on lenet) surely beat");
  EXPECT_THAT(level.conclusion, HasSubstr("surely more accurate were elu on lenet and tanh on lenet."));
}

TEST(Cnn, names_the_networks_where_it_does_not_hold) {
  FoundTable table = cnn_table(0.8, 0.7, 0.6);
  for (FoundRow& one : cnn_table(0.8, 0.8, 0.6)) {
    one.labels[0] = "vgg-small";
    table.push_back(one);
  }
  EXPECT_EQ(judged("cnn", table).condition, "tanh is left out on vgg-small, where it was not surely behind relu");
}

TEST(Cnn, tells_where_linear_does_as_well) {
  EXPECT_THAT(judged("cnn", cnn_table(0.8, 0.7, 0.6)).conclusion, Not(HasSubstr("no advantage of relu")));
  EXPECT_THAT(judged("cnn", cnn_table(0.8, 0.7, 0.6, 0.8)).conclusion, HasSubstr("On lenet linear was not surely behind relu"));
  EXPECT_THAT(judged("cnn", cnn_table(0.8, 0.8, 0.6, 0.8)).condition,
              HasSubstr("on lenet, and neither was linear, so that no advantage over no activation is seen"));
}

TEST(Cnn, asks_all_at_once) {
  FoundTable table = cnn_table(0.8, 0.8, 0.6);
  for (std::size_t seed = 0; seed < 5; ++seed) {  // alone it would be sure: the interval of the difference is -0.0010 +- 0.0009
    table[3].seeds[seed]["accuracy"] = table[1].seeds[seed]["accuracy"] - 0.001 + 0.9 * kSpread[seed];
  }
  ASSERT_TRUE(surely_below(difference(table[3], table[1], "accuracy"), 0));
  table[2] = table[1], table[2].labels[1] = "elu";
  table[0] = table[1], table[0].labels[1] = "linear";
  table[4] = table[1], table[4].labels[1] = "sigmoid";
  EXPECT_EQ(judged("cnn", table).verdict, StudyVerdict::kNotFound);
}

TEST(Cnn, says_where_a_better_rate_may_lie_beyond_the_grid) {
  FoundTable table = cnn_table(0.8, 0.7, 0.6);
  table.back().edge = RateEdge::kLowest;
  EXPECT_THAT(judged("cnn", table).conclusion, HasSubstr("below relu, at the lowest rate tried"));
  table[3] = table[1], table[3].labels[1] = "tanh";
  EXPECT_THAT(judged("cnn", table).condition,
              HasSubstr("one speaks of sigmoid, in a training as short as here, at the lowest rate tried: tanh"));
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

/// `learned` of the careful tanh, `careless_learned` of the careless one.
FoundTable initialisation_table(double careful, double careless, double learned, double careless_learned = 0, double wide = 1) {
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
    table[1].seeds[seed]["learned"] = learned, table[0].seeds[seed]["learned"] = careless_learned;
  }
  return table;
}

TEST(Initialisation, judges_a_pair_that_is_named_in_advance) {
  EXPECT_EQ(judged("initialisation", initialisation_table(0.8, 0.1, 1)).condition,
            "careful means any but 1/sqrt(3 n), which alone did not make these learn in a training as short as here");
  FoundTable both = initialisation_table(0.8, 0.1, 1);
  both.push_back(both.front()), both.back().labels[1] = "he";
  EXPECT_EQ(judged("initialisation", both).verdict, StudyVerdict::kHolds) << "another one does not learn either";
  const Judgement same = judged("initialisation", initialisation_table(0.8, 0.8, 1, 1));
  EXPECT_THAT(same.condition, HasSubstr("the activation is relu or elu, and careful means any but 1/sqrt(3 n)"));
  EXPECT_THAT(same.conclusion, HasSubstr("With tanh the two are surely within ten points, and both learn."));
  EXPECT_THAT(judged("initialisation", initialisation_table(0.1, 0.1, 0, 0)).conclusion, HasSubstr("as neither makes it learn well"));
  EXPECT_THAT(judged("initialisation", initialisation_table(0.1, 0.8, 0)).conclusion, HasSubstr("the careless one is surely better"));
  EXPECT_THAT(judged("initialisation", initialisation_table(0.5, 0.5, 0.8, 0.8)).conclusion, HasSubstr("some of the trainings learn well"));
}

TEST(Initialisation, does_not_take_not_decided_for_near) {
  const Judgement open = judged("initialisation", initialisation_table(0.85, 0.33, 1, 0, 400));
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
    const double known = 0.9;
    table.push_back(row({setting, "0"}, {{"dead", 0.3}, {"gap", 0.2}, {"accuracy", 0.8}, {"learned", 1}, {"train_accuracy", known}}));
    for (const char* rate : {"0.2", "0.5"}) {
      table.push_back(
          row({setting, rate}, {{"dead", dead}, {"gap", gap}, {"accuracy", accuracy}, {"learned", 1}, {"train_accuracy", known}}));
    }
  }
  return table;
}

TEST(Dropout, tells_what_it_harmed) {
  EXPECT_EQ(judged("dropout", dropout_table(0.2, 0.1, 0.8)).verdict, StudyVerdict::kHolds);
  EXPECT_EQ(judged("dropout", dropout_table(0.5, 0.3, 0.7)).verdict, StudyVerdict::kWrong);
  EXPECT_EQ(judged("dropout", dropout_table(0.3, 0.2, 0.8)).verdict, StudyVerdict::kNotFound);
  EXPECT_EQ(judged("dropout", dropout_table(0.5, 0.1, 0.8)).condition,
            "one speaks of overfitting, and means the gap, which surely shrank in 4 of 4: the test accuracy surely rose in none; with dead "
            "units it surely helped in 0 of 4 comparisons and surely harmed in 4");
  EXPECT_THAT(judged("dropout", dropout_table(0.5, 0.1, 0.9)).condition, HasSubstr("one speaks of overfitting; with dead units"));
  EXPECT_EQ(judged("dropout", dropout_table(0.2, 0.1, 0.7)).condition,
            "one speaks of dead units; with overfitting it surely helped in 0 of 4 comparisons and surely harmed in 4")
      << "a gap that is paid for with accuracy";
}

TEST(Dropout, leaves_out_what_diverged) {
  FoundTable table = dropout_table(0.2, 0.1, 0.8);
  for (Measures& seed : table[1].seeds) seed = {{"accuracy", 0.1}};
  const Findings findings({table});
  const Judgement judgement = find_study("dropout").judge(findings);
  EXPECT_THAT(judgement.conclusion, HasSubstr("Not to be compared, as all trainings of one diverged: sgd 0.1, dropout 0.2."));
  EXPECT_THAT(judgement.conclusion, HasSubstr("Of the 3 comparisons at equal rates"));
  EXPECT_TRUE(findings.missing().empty());
}

TEST(Dropout, counts_no_comparison_where_no_units_are_dead) {
  FoundTable table = dropout_table(0.2, 0.1, 0.8);
  for (std::size_t i = 0; i < 3; ++i) {
    for (Measures& seed : table[i].seeds) seed["dead"] = 0;
  }
  EXPECT_THAT(judged("dropout", table).conclusion, HasSubstr("Of the 2 comparisons at equal rates"));
}

TEST(Dropout, compares_dead_units_at_equal_rates_alone) {
  FoundTable table = dropout_table(0.2, 0.1, 0.8);
  for (std::size_t i = 6; i < 12; ++i) {
    for (Measures& seed : table[i].seeds) seed["dead"] = i % 3 == 0 ? 0 : 0.5;
  }
  EXPECT_EQ(judged("dropout", table).verdict, StudyVerdict::kHolds);
}

TEST(Dropout, names_the_training_that_failed) {
  FoundTable table = dropout_table(0.5, 0.1, 0.8);
  for (Measures& seed : table[2].seeds) seed["learned"] = 0, seed["train_accuracy"] = 0.17;
  EXPECT_THAT(judged("dropout", table).conclusion, HasSubstr(", as the training failed: 17.0 % of its training samples are right"));
}

}  // namespace
}  // namespace rectify
