#include "rectify/report/study.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "rectify/report/json.h"

namespace rectify {
namespace {

using testing::HasSubstr;
using testing::Not;

const double kNan = std::numeric_limits<double>::quiet_NaN(), kInfinity = std::numeric_limits<double>::infinity();

StudyRecord example() {
  StudyRecord study;
  study.name = "depth";
  study.claim = "Deep networks stop.";
  study.method = "They are trained.";
  study.budget = "spirals, 3 seeds";
  study.terms = {{"span", "first over last"}};
  study.verdict = StudyVerdict::kHoldsIf;
  study.condition = "they are deep";
  study.conclusion = "With sigmoid it is 33.0 +- 0.1 %.";
  study.seeds = 3;
  StudyTable table{"", {"activation", "layers"}, {{"accuracy %", StudyUnit::kShare, "right"}, {"span", StudyUnit::kRatio, "size"}}, {}, ""};
  table.rate_goal = "the best validation accuracy";
  table.rows.push_back({{"sigmoid", "20"}, {{0.33, 0.001, 3}, {-3, 0.3, 3}}, 0.01, ""});
  table.rows.push_back({{"relu", "20"}, {{0.987, kNan, 1}, {}}, 0.1, ""});
  table.rows.push_back({{"step", "20"}, {{}, {}}, kNan, "has no slope"});
  study.tables.push_back(table);
  return study;
}

TEST(Cells, shares_ratios_and_numbers_carry_their_margins) {
  EXPECT_EQ(estimate_cell({0.845, 0.003, 5}, StudyUnit::kShare), "84.5 +-0.3");
  EXPECT_EQ(estimate_cell({0.435, 0.2234, 5}, StudyUnit::kShare), "44 +-22");
  EXPECT_EQ(estimate_cell({1, 0, 5}, StudyUnit::kShare), "100.0");
  EXPECT_EQ(estimate_cell({0.005, 0.009, 5, 0, 0.016}, StudyUnit::kShare), "0.5 (0.0..1.6)") << "the interval would reach below 0";
  EXPECT_EQ(estimate_cell({0.65, 0.4, 5, 0.2, 0.84}, StudyUnit::kShare), "65 (20..84)") << "above 100 %";
  EXPECT_EQ(estimate_cell({0.65, 0.3, 5, 0.2, 0.84}, StudyUnit::kShare), "65 +-30");
  EXPECT_EQ(estimate_cell({0.6, 0.68, 5, 0, 1}, StudyUnit::kCount), "3 of 5");
  EXPECT_EQ(estimate_cell({-3, 0.03, 5}, StudyUnit::kRatio), "1/1000 */1.07");
  EXPECT_EQ(estimate_cell({5, 1.42, 5}, StudyUnit::kNumber), "5.0 +-1.4");
  EXPECT_EQ(estimate_cell({-3, std::log10(2), 5}, StudyUnit::kRatio), "1/1000 */2");
  EXPECT_EQ(estimate_cell({-3, 0.001, 5}, StudyUnit::kRatio), "1/1000");
  EXPECT_EQ(estimate_cell({-kInfinity, kNan, 5}, StudyUnit::kRatio), "none");
  EXPECT_EQ(estimate_cell({1251, 0, 5}, StudyUnit::kNumber), "1251");
  EXPECT_EQ(estimate_cell({8.3e-7, 1e-7, 5}, StudyUnit::kNumber), "8.3e-07 +-1.0e-07");
  EXPECT_EQ(estimate_cell({kInfinity, kNan, 5}, StudyUnit::kNumber), "inf");
  EXPECT_EQ(estimate_cell({}, StudyUnit::kNumber), "-");
}

TEST(Verdicts, are_written_as_the_lecture_page_has_them) {
  StudyRecord study = example();
  EXPECT_EQ(verdict_text(study), "holds if they are deep");
  study.verdict = StudyVerdict::kHolds;
  EXPECT_EQ(verdict_text(study), "holds");
  study.verdict = StudyVerdict::kNotFound;
  EXPECT_EQ(verdict_text(study), "not found here");
  study.verdict = StudyVerdict::kWrong;
  EXPECT_EQ(verdict_text(study), "wrong");
  study.verdict = StudyVerdict::kNotMeasured;
  EXPECT_EQ(verdict_text(study), "could not be measured");
}

TEST(StudyText, has_a_row_each_with_its_rate_and_fits_a_terminal) {
  const std::string text = study_text(example());
  EXPECT_THAT(text, HasSubstr("depth: Deep networks stop.\n"));
  EXPECT_THAT(text, HasSubstr("activation  layers  rate  accuracy %        span\n"));
  EXPECT_THAT(text, HasSubstr("sigmoid     20      0.01  33.0 +-0.1  1/1000 */2\n"));
  EXPECT_THAT(text, HasSubstr("relu        20       0.1    98.7 n=1           -\n"));
  EXPECT_THAT(text, HasSubstr("step        20  has no slope\n"));
  EXPECT_THAT(text, HasSubstr("\nholds if they are deep\nWith sigmoid it is 33.0 +- 0.1 %.\n"));
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) EXPECT_LE(line.size(), 80u) << line;
}

TEST(Page, lists_all_sentences_and_explains_a_term_once) {
  StudyRecord second = example();
  second.name = "other";
  second.claim = "Another sentence.";
  const std::string page = lecture_page(std::vector<StudyRecord>{example(), second});
  EXPECT_THAT(page, HasSubstr("| Deep networks stop. | holds if they are deep | `depth` |"));
  EXPECT_THAT(page, HasSubstr("## Another sentence."));
  EXPECT_THAT(page, HasSubstr("```sh\nrectify study other\n```"));
  EXPECT_THAT(page, HasSubstr("| sigmoid | 20 | 0.01 | 33.0 ±0.1 | 1/1000 ×÷2 |"));
  EXPECT_THAT(page, HasSubstr("| step | 20 | has no slope | - | - |"));
  EXPECT_THAT(page, Not(HasSubstr("+-")));
  const std::size_t first = page.find("*span*: first over last.");
  EXPECT_NE(first, std::string::npos);
  EXPECT_EQ(page.find("*span*: first over last.", first + 1), std::string::npos);
}

TEST(StudyText, marks_a_rate_at_the_edge_of_its_grid_and_tells_what_the_mark_says) {
  StudyRecord study = example();
  study.tables[0].rate_goal = "the fewest steps";
  EXPECT_THAT(study_text(study), Not(HasSubstr("marked <")));
  study.tables[0].rows[0].edge = RateEdge::kLowest;
  study.tables[0].rows[1].edge = RateEdge::kHighest;
  const std::string text = study_text(study);
  EXPECT_THAT(text, HasSubstr("sigmoid     20      0.01<  33.0"));
  EXPECT_THAT(text, HasSubstr("relu        20       0.1>"));
  EXPECT_THAT(text, HasSubstr("the learning rate with the fewest steps, of the same few for every"));
  EXPECT_THAT(text, HasSubstr("marked <"));
  EXPECT_THAT(lecture_page(std::vector<StudyRecord>{study}), HasSubstr("| sigmoid | 20 | 0.01< |"));
}

TEST(StudyText, a_cell_of_fewer_seeds_than_the_table_says_of_how_many) {
  StudyRecord study = example();
  study.tables[0].rows[0].cells[0].count = 2;
  EXPECT_THAT(study_text(study), HasSubstr("33.0 +-0.1 n=2"));
  EXPECT_THAT(study_text(study), HasSubstr("a mean of two seeds only"));
}

TEST(Page, tells_what_all_took_and_what_was_left_out) {
  StudyRecord first = example(), second = example();
  first.seconds = 600, second.seconds = 900, first.elapsed = 400, second.elapsed = 500, first.trials = second.trials = 7, first.stored = 3;
  first.threads = second.threads = 2;
  const std::string page = lecture_page(std::vector<StudyRecord>{first, second}, std::vector<StudyLeftOut>{{"cnn", "moons are no images"}});
  EXPECT_THAT(page, HasSubstr("took 25 min of one core. 3 of the 14 trials were finished by runs before the one that wrote this page.\n"));
  first.stored = 0;
  EXPECT_THAT(lecture_page(std::vector<StudyRecord>{first, second}),
              HasSubstr("took 25 min of one core. The run that wrote this page took 15 min on 2 cores.\n"));
  first.stored = second.stored = 7;
  EXPECT_THAT(lecture_page(std::vector<StudyRecord>{first, second}), HasSubstr("All of the 14 trials were finished by runs before"));
  EXPECT_THAT(page, HasSubstr("Left out: `cnn`: moons are no images.\n"));
  EXPECT_THAT(lecture_page(std::vector<StudyRecord>{first}), Not(HasSubstr("Left out")));
}

TEST(Page, explains_what_all_studies_need_once_at_its_head) {
  StudyRecord study = example();
  study.terms.push_back({"seed", "a seed again"});
  const std::string page = lecture_page(std::vector<StudyRecord>{study});
  for (const char* word : {"surely", "learned well", "learning rate, rate", "epoch", "batch, step", "sgd", "cosine schedule", "adam",
                           "validation split", "rms", "seed", "784-4x64-10", "lenet, vgg-small", "initialisation, init"}) {
    const std::size_t at = page.find(std::string("- *") + word + "*: ");
    EXPECT_NE(at, std::string::npos) << word;
    EXPECT_LT(at, page.find("## Deep networks stop.")) << word;
  }
  EXPECT_THAT(page, Not(HasSubstr("a seed again")));
}

TEST(Json, holds_every_number_of_a_study_with_its_margin) {
  const auto json = nlohmann::json::parse(to_json(std::vector<StudyRecord>{example()}));
  EXPECT_EQ(json["schema"], 1);
  const auto& study = json["studies"][0];
  EXPECT_EQ(study["verdict"], "holds if");
  EXPECT_EQ(study["condition"], "they are deep");
  const auto& row = study["tables"][0]["rows"][0];
  EXPECT_EQ(row["learning_rate"], 0.01);
  EXPECT_TRUE(row["rate_edge"].is_null());
  EXPECT_EQ(row["cells"][0]["mean"], 0.33);
  EXPECT_EQ(row["cells"][0]["margin"], 0.001);
  EXPECT_TRUE(study["tables"][0]["rows"][1]["cells"][0]["margin"].is_null());
  EXPECT_EQ(study["tables"][0]["rows"][2]["remark"], "has no slope");
}

}  // namespace
}  // namespace rectify
