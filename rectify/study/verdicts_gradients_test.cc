// As verdicts_test.cc, of the studies that look at gradients, units and paths.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "rectify/study/test_rows.h"

namespace rectify {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Networks of 1, 5 and 30 layers; sigmoid learned with those of `sigmoid`, relu with those of `relu`, the others with all.
FoundTable depth_table(const std::set<int>& sigmoid, const std::set<int>& relu) {
  FoundTable table;
  for (const std::string activation : {"sigmoid", "tanh", "relu", "elu"}) {
    for (const int layers : {1, 5, 30}) {
      const bool learned = activation == "sigmoid" ? sigmoid.contains(layers) : activation != "relu" || relu.contains(layers);
      table.push_back(row({activation, "auto", std::to_string(layers)}, {{"span_start", learned ? -1 : -2}, {"learned", learned}}));
      const double trainable = activation == "sigmoid" ? 3.2 : activation == "relu" ? 8.7 : INFINITY;
      for (Measures& seed : table.back().seeds) seed["trainable"] = trainable;
    }
  }
  return table;
}

TEST(Depth, puts_theory_beside_what_was_measured) {
  const Judgement judgement = judged("depth", depth_table({1}, {1, 5, 30}));
  EXPECT_THAT(judgement.conclusion, HasSubstr("sigmoid: 1 with auto (theory 3.2, gradient 1/100)"));
  EXPECT_THAT(judgement.conclusion, HasSubstr("In 2 of 4 theory sets no limit below 30 layers, and in 2 of these none was found."));
  EXPECT_THAT(judgement.conclusion,
              HasSubstr("In the other 2 the limit found fits theory's 1 times, is deeper 1 times and less deep 0 times."));
  EXPECT_EQ(judgement.condition,
            "the activation is sigmoid, trained as briefly as here: tanh learned at every depth with every initialisation tried");
}

TEST(Depth, says_where_a_better_rate_may_lie_beyond_the_grid) {
  FoundTable table = depth_table({1}, {1, 5, 30});
  table[0].edge = RateEdge::kHighest;
  EXPECT_THAT(judged("depth", table).conclusion, HasSubstr("sigmoid: 1 with auto, at the highest rate tried (theory 3.2"));
}

TEST(Depth, lays_nothing_to_a_gradient_that_is_there) {
  FoundTable table = depth_table({1}, {1, 5, 30});
  for (Measures& seed : table[1].seeds) seed["span_start"] = 0;
  EXPECT_THAT(judged("depth", table).condition, HasSubstr("and the cause is left out, as the gradient had not surely shrunk to a tenth"));
  EXPECT_THAT(judged("depth", table).conclusion, HasSubstr("the largest with which one failed x1 (sigmoid with auto, 5 layers): the "));
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
  EXPECT_EQ(leaky(leaky_found(0.2, "elu", 1, 0, 0)).condition, "one leaves out elu with sgd 0.1, of which some trainings diverge");
  EXPECT_EQ(leaky(leaky_found(0.2, "elu", 0, 0.4, 0)).condition, "one leaves out elu with sgd 0.1, whose units are dead too");
  EXPECT_EQ(leaky(leaky_found(0.2, "prelu", 0, 0, -3)).condition, "one leaves out prelu with sgd 0.1, whose gradient vanished");
}

TEST(Leaky, does_not_hide_dead_units_behind_trainings_that_diverged) {
  FoundTable table = leaky_found(0.2, "", 0, 0, 0).table(0);
  const FoundTable slopes = leaky_found(0.2, "", 0, 0, 0).table(1);
  for (std::size_t seed = 0; seed < 2; ++seed) table[3].seeds[seed] = {{"accuracy", 0.1}, {"diverged", 1}};
  for (std::size_t seed = 2; seed < 5; ++seed) table[3].seeds[seed]["dead_end"] = 0.4, table[3].seeds[seed].erase("span_end");
  const Judgement judgement = leaky(Findings({table, slopes}));
  EXPECT_EQ(judgement.condition, "one leaves out elu with sgd 0.1, whose units are dead too");
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
            "the cost is that of a whole step in this program, which was surely higher with both: an element of relu was not 5 % cheaper "
            "than of either");
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
      table.push_back(row({plain, rate}, {{"turns", std::string(rate) == "0.1" ? turns : 0.6}, {"reached", 1}}));
      for (Measures& seed : table.back().seeds) seed["steps"] = 30;
      table.push_back(row({centred, rate}, {{"turns", 0.5}, {"reached", 1}}));
      for (Measures& seed : table.back().seeds) seed["steps"] = 20;
    }
  }
  return table;
}

TEST(Zigzag, tells_signs_from_the_path) {
  EXPECT_EQ(judged("zigzag", zigzag_table(0.6, 2.3)).verdict, StudyVerdict::kHolds);
  EXPECT_EQ(judged("zigzag", zigzag_table(0.45, 2.3)).condition,
            "one means the gradient of a single sample: beside the centred functions, updates surely turned round more often in 2 of 4 "
            "comparisons and surely less often in 2, and surely more steps were needed with both");
  EXPECT_THAT(
      judged("zigzag", zigzag_table(0.45, 2.3)).conclusion,
      HasSubstr("at the rate 0.1, 45.0 +- 0.1 % of its updates turn round, in 30 steps, against 50.0 +- 0.1 % of the centred one's in 20 "
                "(surely less often); at the rate 0.3, 60.0 +- 0.1 %"));
}

}  // namespace
}  // namespace rectify
