// What studies say of numbers that are made up: each sentence follows from them, and none from what is not there.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>
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
    for (const auto& [name, mean] : means) {
      const bool counted = name == "diverged" || name == "learned" || name == "reached";
      out.seeds.back()[name] = mean + (counted ? 0 : wide * kSpread[(first + seed) % 5]);
    }
  }
  return out;
}

Judgement judged(const char* study, FoundTable table) { return find_study(study).judge(Findings({std::move(table)})); }

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
  EXPECT_EQ(some.condition, "one tries several: 1 of 2 were surely better than relu (elu above, maxout not decided)");
}

TEST(Newer, says_nothing_of_worth_where_a_network_without_activations_does_as_well) {
  const Judgement judgement = judged("newer", newer_table(0.85, 0.9, 0.9));
  EXPECT_EQ(judgement.verdict, StudyVerdict::kNotFound);
  EXPECT_THAT(judgement.conclusion, HasSubstr("this budget does not separate them"));
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
              HasSubstr("The dearest, maxout takes 2 times relu's seconds an epoch and 2 times its memory; the next, "));
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
  EXPECT_EQ(better.verdict, StudyVerdict::kHolds);
  EXPECT_THAT(better.conclusion, HasSubstr("The default is not the best: surely more accurate was elu on lenet."));
  const Judgement level = judged("cnn", cnn_table(0.9, 0.85, 0.6));
  EXPECT_EQ(level.condition, "one speaks of sigmoid, in a training as short as here: tanh was not surely behind relu on lenet");
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
  EXPECT_EQ(judged("initialisation", initialisation_table(0.8, 0.1, 1)).verdict, StudyVerdict::kHolds);
  const Judgement same = judged("initialisation", initialisation_table(0.8, 0.8, 1, 1));
  EXPECT_EQ(same.condition, "the activation is relu or elu");
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

/// Networks of 1, 5 and 30 layers; sigmoid learned with those of `sigmoid`, relu with those of `relu`, the others with all.
FoundTable depth_table(const std::set<int>& sigmoid, const std::set<int>& relu) {
  FoundTable table;
  for (const std::string activation : {"sigmoid", "tanh", "relu", "elu"}) {
    for (const int layers : {1, 5, 30}) {
      const bool learned = activation == "sigmoid" ? sigmoid.contains(layers) : activation != "relu" || relu.contains(layers);
      table.push_back(row({activation, "auto", std::to_string(layers)}, {{"span_start", -1}, {"learned", learned}}));
      const double trainable = activation == "sigmoid" ? 3.2 : activation == "relu" ? 8.7 : INFINITY;
      for (Measures& seed : table.back().seeds) seed["trainable"] = trainable;
    }
  }
  return table;
}

TEST(Depth, puts_theory_beside_what_was_measured) {
  const Judgement judgement = judged("depth", depth_table({1}, {1, 5, 30}));
  EXPECT_THAT(judgement.conclusion, HasSubstr("sigmoid: 1 with auto (theory 3.2, gradient 1/10)"));
  EXPECT_THAT(judgement.conclusion, HasSubstr("In 2 of 4 theory sets no limit below 30 layers, and in 2 of these none was found."));
  EXPECT_THAT(judgement.conclusion,
              HasSubstr("In the other 2 the limit found fits theory's 1 times, is deeper 1 times and less deep 0 times."));
  EXPECT_EQ(judgement.condition,
            "the activation is sigmoid, trained as briefly as here: tanh learned at every depth with a suitable initialisation");
}

TEST(Depth, says_where_a_better_rate_may_lie_beyond_the_grid) {
  FoundTable table = depth_table({1}, {1, 5, 30});
  table[0].edge = RateEdge::kHighest;
  EXPECT_THAT(judged("depth", table).conclusion, HasSubstr("sigmoid: 1 with auto, at the highest rate tried (theory 3.2"));
}

TEST(Depth, does_not_say_that_depth_stopped_what_learned_deeper) {
  const Judgement mixed = judged("depth", depth_table({1, 30}, {1, 5, 30}));
  EXPECT_EQ(mixed.verdict, StudyVerdict::kNotFound) << mixed.condition;
  EXPECT_THAT(mixed.conclusion, HasSubstr("sigmoid: 30 with auto, though not with all below"));
  EXPECT_EQ(judged("depth", depth_table({}, {1, 5, 30})).verdict, StudyVerdict::kNotFound) << "it never learned";
}

Findings leaky_found(double relu_dead, const char* wrong, double diverged, double dead, double span) {
  FoundTable table;
  for (const std::string activation : {"relu", "leaky_relu", "prelu", "elu"}) {
    const bool is_wrong = activation == wrong;
    table.push_back(row({"sgd 0.1", activation},
                        {{"accuracy", 0.5}, {"diverged", is_wrong ? diverged : 0}, {"dead_start", 0}, {"span_end", is_wrong ? span : 0}}));
    for (Measures& seed : table.back().seeds) seed["dead_end"] = activation == "relu" ? relu_dead : is_wrong ? dead : 0;
  }
  return Findings({table, {row({"prelu"}, {{"learnt_1", 0.2}, {"learnt_4", 0.25}})}});
}

Judgement leaky(const Findings& findings) { return find_study("leaky").judge(findings); }

TEST(Leaky, tells_what_became_of_each_where_relu_is_dead) {
  EXPECT_EQ(leaky(leaky_found(0.2, "", 0, 0, 0)).verdict, StudyVerdict::kHolds);
  EXPECT_EQ(leaky(leaky_found(0, "", 0, 0, 0)).verdict, StudyVerdict::kNotFound) << "nothing is judged";
  EXPECT_EQ(leaky(leaky_found(0.2, "elu", 1, 0, 0)).condition, "the setting is one in which they train at all (with sgd 0.1 some diverge)");
  EXPECT_EQ(leaky(leaky_found(0.2, "elu", 0, 0.4, 0)).condition, "one leaves out elu with sgd 0.1, whose units are dead too");
  EXPECT_EQ(leaky(leaky_found(0.2, "prelu", 0, 0, -3)).condition, "one leaves out prelu with sgd 0.1, whose gradient vanished");
}

TEST(Leaky, does_not_hide_dead_units_behind_trainings_that_diverged) {
  FoundTable table = leaky_found(0.2, "", 0, 0, 0).table(0);
  const FoundTable slopes = leaky_found(0.2, "", 0, 0, 0).table(1);
  for (std::size_t seed = 0; seed < 2; ++seed) table[3].seeds[seed] = {{"accuracy", 0.1}, {"diverged", 1}};
  for (std::size_t seed = 2; seed < 5; ++seed) table[3].seeds[seed]["dead_end"] = 0.4, table[3].seeds[seed].erase("span_end");
  const Judgement judgement = leaky(Findings({table, slopes}));
  EXPECT_EQ(
      judgement.condition,
      "the setting is one in which they train at all (with sgd 0.1 some diverge), and one leaves out elu with sgd 0.1, whose units are "
      "dead too");
  EXPECT_THAT(judgement.conclusion, HasSubstr("it diverges in 2 of 5 trainings with sgd 0.1 (40.0 % of its units are dead in the others)"));
  EXPECT_THAT(judgement.conclusion, HasSubstr("relu itself diverges in 0 of 5 with sgd 0.1 (accuracy 50.0 +- 0.1 %)."));
}

TEST(Leaky, is_not_wrong_because_trainings_diverge) {
  FoundTable table = leaky_found(0.2, "", 0, 0, 0).table(0);
  const FoundTable slopes = leaky_found(0.2, "", 0, 0, 0).table(1);
  for (std::size_t i = 1; i < 4; ++i) {
    for (Measures& seed : table[i].seeds) seed["diverged"] = 1;
  }
  EXPECT_EQ(leaky(Findings({table, slopes})).verdict, StudyVerdict::kNotFound);
  for (Measures& seed : table[3].seeds) seed["diverged"] = 0, seed["dead_end"] = 0.4;
  EXPECT_EQ(leaky(Findings({table, slopes})).verdict, StudyVerdict::kWrong);
}

/// sgd's and adam's rates of the study, without and with a bias; `killed` and `back` of the largest that is counted.
FoundTable dying_table(double sgd_back, double adam_back, bool sgd_diverges = false) {
  FoundTable table;
  for (const auto& [optimiser, rates] :
       {std::pair<std::string, std::vector<std::string>>{"sgd", {"0.01", "0.1", "0.3"}}, {"adam", {"0.001", "0.01", "0.1"}}}) {
    for (const std::string& rate : rates) {
      for (const char* bias : {"0", "0.1"}) {
        table.push_back(row({optimiser + " " + rate, bias}, {{"diverged", 0}, {"accuracy", 0.8}}));
        const bool low = rate == rates.front();
        for (Measures& seed : table.back().seeds) {
          if (!low && optimiser == "sgd" && sgd_diverges) continue;
          seed["killed"] = seed["dead_end"] = low ? 0 : 0.2;
          if (!low) seed["back"] = optimiser == "sgd" ? sgd_back : adam_back;
        }
      }
    }
  }
  return table;
}

TEST(DyingRelu, says_of_which_rates_for_good_is_true) {
  EXPECT_THAT(judged("dying-relu", dying_table(0.4, 0.02)).condition,
              HasSubstr("\"for good\" is said of adam 0.1 and adam 0.01, and not of sgd 0.3 (40.0 % came back) and sgd 0.1 (40.0 % came "
                        "back)"));
  EXPECT_THAT(judged("dying-relu", dying_table(0.4, 0.4)).condition, HasSubstr("\"for good\" is left out with sgd 0.3"));
  EXPECT_THAT(judged("dying-relu", dying_table(0.02, 0.02)).condition, Not(HasSubstr("for good")));
}

TEST(DyingRelu, does_not_say_that_large_rates_spare_units_that_diverged) {
  const Judgement judgement = judged("dying-relu", dying_table(0.02, 0.02, true));
  EXPECT_THAT(judgement.condition, HasSubstr("sgd is left out, whose trainings with large rates all diverged"));
  EXPECT_THAT(judgement.conclusion, HasSubstr("With sgd 0.1 and sgd 0.3 all trainings diverged"));
}

FoundTable speed_table(double tanh_steps, double tanh_reached, double tanh_cost, double others_step = 0) {
  const auto of = [&](const char* name, double steps, double reached, double cost) {
    const double step = std::string(name) == "relu" ? 0 : others_step;
    return row({name},
               {{"log_steps", steps}, {"reached", reached}, {"log_time", steps}, {"log_cost", cost}, {"log_step", step}, {"share", 0.1}});
  };
  return {of("sigmoid", 3, 0, 0.1), of("tanh", tanh_steps, tanh_reached, tanh_cost), of("relu", 2, 1, 0)};
}

TEST(Speed, takes_steps_that_were_cut_off_for_a_lower_bound) {
  EXPECT_EQ(judged("speed", speed_table(3, 1, 0.1)).verdict, StudyVerdict::kHolds);
  EXPECT_EQ(judged("speed", speed_table(2, 1, 0.1)).condition, "its speed is compared with sigmoid's alone");
  EXPECT_THAT(judged("speed", speed_table(2, 1, 0.1)).conclusion,
              HasSubstr("tanh takes 1 times as many steps as relu (surely less than 1.5 times)"));
  EXPECT_THAT(judged("speed", speed_table(2, 0.8, 0.1)).conclusion,
              HasSubstr("tanh takes at least 1 times as many steps as relu (whether it is more than 1.5 times is not decided)"));
}

TEST(Speed, tells_equal_cost_from_cost_that_is_not_decided) {
  FoundTable equal = speed_table(3, 1, 0);
  equal[0] = row({"sigmoid"}, {{"log_steps", 3}, {"reached", 1}, {"log_time", 3}, {"log_cost", 0}, {"log_step", 0}, {"share", 0.1}});
  EXPECT_EQ(judged("speed", equal).condition, "the cost is left out: an element of relu was not 5 % cheaper than of either");
  for (std::size_t seed = 0; seed < 5; ++seed) equal[1].seeds[seed]["log_cost"] = 100 * kSpread[seed];
  EXPECT_EQ(judged("speed", equal).condition, "the cost is left out: an element of relu was not surely 5 % cheaper than of either");
}

TEST(Speed, asks_whether_it_costs_more_and_not_how_near_it_is) {
  FoundTable cheaper_others = speed_table(3, 1, -0.1);
  for (std::size_t seed = 0; seed < 5; ++seed) cheaper_others[1].seeds[seed]["log_cost"] += 20 * kSpread[seed];  // -0.1 +- 0.02
  EXPECT_THAT(judged("speed", cheaper_others).conclusion, HasSubstr("as much as one of relu (surely less than 1.05 times)"));
}

TEST(Speed, tells_the_cost_of_a_step_from_that_of_an_element) {
  FoundTable table = speed_table(3, 1, 0, 0.1);
  table[0] = row({"sigmoid"}, {{"log_steps", 3}, {"reached", 1}, {"log_time", 3}, {"log_cost", 0}, {"log_step", 0.1}, {"share", 0.1}});
  EXPECT_EQ(judged("speed", table).condition,
            "the cost is that of a whole step, which was surely higher with both: an element of relu was not 5 % cheaper than of either");
}

FoundTable saturation_table(double last, double first) {
  FoundTable table;
  for (const std::string activation : {"sigmoid", "tanh", "relu", "elu"}) {
    const bool saturates = activation == "sigmoid" || activation == "tanh";
    for (const char* scale : {"x1", "x16"}) {
      const bool large = std::string(scale) == "x16";
      table.push_back(row({activation, scale}, {{"flat_start", !saturates ? 0.5
                                                               : large    ? 0.7
                                                                          : 0},
                                                {"slope_start", large && saturates ? -1 : 0},
                                                {"gradient_last", large ? last : 0},
                                                {"first_median", large ? first : 0},
                                                {"accuracy", large && activation == "relu" ? 0.1 : 0.8},
                                                {"learned", large && activation == "relu" ? 0 : 1}}));
    }
  }
  return table;
}

TEST(Saturation, looks_at_the_gradient_of_the_last_layer_and_of_the_first) {
  EXPECT_EQ(judged("saturation", saturation_table(-1, -1)).verdict, StudyVerdict::kHolds);
  EXPECT_THAT(judged("saturation", saturation_table(-1, 1)).condition, HasSubstr("at the first layer it surely grew with both"));
  EXPECT_THAT(judged("saturation", saturation_table(1, 1)).condition, HasSubstr("not even at the last hidden layer"));
  EXPECT_THAT(judged("saturation", saturation_table(-1, -1)).conclusion, HasSubstr("relu did not saturate, and yet with x16"));
}

/// `turns` and `steps` of the plain function beside those of the centred one, which has 0.5 and 100.
FoundTable zigzag_table(double turns, double log_steps) {
  FoundTable table;
  for (const auto& [plain, centred] : {std::pair{"sigmoid", "sigmoid - 0.5"}, {"relu", "relu - 0.399"}}) {
    table.push_back(row({plain}, {{"one_signed", 1}, {"one_signed_batch", 0.1}, {"steps", 200}, {"log_steps", log_steps}, {"reached", 1}}));
    table.push_back(row({centred}, {{"one_signed", 0}, {"one_signed_batch", 0}, {"steps", 100}, {"log_steps", 2}, {"reached", 1}}));
    for (const char* rate : {"0.1", "0.3"}) {
      table.push_back(row({plain, rate}, {{"turns", std::string(rate) == "0.1" ? turns : 0.6}}));
      table.push_back(row({centred, rate}, {{"turns", 0.5}}));
    }
  }
  return table;
}

TEST(Zigzag, tells_signs_from_the_path) {
  EXPECT_EQ(judged("zigzag", zigzag_table(0.6, 2.3)).verdict, StudyVerdict::kHolds);
  EXPECT_EQ(
      judged("zigzag", zigzag_table(0.45, 2.3)).condition,
      "one means the gradient of a single sample: than where centred, the path surely turned round more often with sigmoid at the rate 0.3 "
      "and relu at the rate 0.3 alone, and was surely longer with both");
  EXPECT_THAT(judged("zigzag", zigzag_table(0.45, 2.3)).conclusion,
              HasSubstr("45.0 +- 0.1 % of its updates turn round at the rate 0.1 against 50.0 +- 0.1 % of the centred one's (surely less "
                        "often); 60.0 +- 0.1 %"));
}

}  // namespace
}  // namespace rectify
