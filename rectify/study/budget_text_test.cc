#include "rectify/study/budget_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "rectify/study/blocks.h"

namespace rectify {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

StudyCase trained(const std::string& net, int epochs, double rate, const char* optimiser = "sgd") {
  StudyCase one;
  one.labels = {net};
  one.training = study_training(net, "relu", epochs, rate);
  one.training->optimiser = OptimiserOptions::parse(optimiser);
  return one;
}

std::string budget(std::vector<StudyCase> cases) {
  DesignTable table;
  table.cases = std::move(cases);
  return budget_text({"moons, 600 training samples"}, {table}, 5);
}

TEST(BudgetText, names_settings_that_all_trainings_share_once) {
  EXPECT_EQ(budget({trained("2-8-2", 3, 0.1), trained("2-8-2", 3, 0.1)}),
            "moons, 600 training samples, 2-8-2, 3 epochs, batch 64, sgd with momentum 0.9, cosine schedule, rate 0.1, init auto, 5 seeds");
}

TEST(BudgetText, drops_nothing_that_differs) {
  const std::string text = budget({trained("2-8-2", 3, 0.1), trained("2-8-2", 12, 0.1, "adam"), trained("2-9-2", 3, 0.1)});
  EXPECT_THAT(text, HasSubstr("2-8-2 or 2-9-2, 3 epochs or 12 epochs, "));
  EXPECT_THAT(text, HasSubstr("sgd with momentum 0.9 or adam, "));
}

TEST(BudgetText, puts_epochs_beside_the_networks_that_have_their_own) {
  EXPECT_THAT(budget({trained("lenet", 4, 0.1), trained("vgg-small", 3, 0.1)}),
              HasSubstr("lenet for 4 epochs or vgg-small for 3 epochs, "));
}

TEST(BudgetText, tells_fixed_rates_from_chosen_ones) {
  StudyCase tuned = trained("2-8-2", 3, 0.1);
  tuned.rates = {0.1, 0.3};
  EXPECT_THAT(budget({tuned}), HasSubstr("rate that of 0.1, 0.3 with the best validation accuracy, "));
  EXPECT_THAT(budget({tuned, trained("2-8-2", 3, 0.1)}),
              HasSubstr("rate 0.1, where it is chosen that of 0.1, 0.3 with the best validation accuracy, "));
  EXPECT_THAT(budget({trained("2-8-2", 3, 0.1), trained("2-8-2", 3, 0.2)}), HasSubstr("rate as the rows have it, "));
}

TEST(BudgetText, of_nothing_trained_has_no_settings) { EXPECT_THAT(budget({StudyCase()}), EndsWith("samples, 5 seeds")); }

}  // namespace
}  // namespace rectify
