// rectify study, on generated data.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli_run.h"

namespace rectify {
namespace {

using nlohmann::json;
using testing::HasSubstr;

TEST(StudyVerb, lists_every_study_with_its_claim) {
  const Outcome outcome = rectify_program("study --list");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, HasSubstr("collapse"));
  EXPECT_THAT(outcome.out, HasSubstr("Vanishing gradients stop deep sigmoid and tanh networks."));
  for (const std::string& line : lines_of(outcome.out)) EXPECT_LE(line.size(), 80u) << line;
}

TEST(StudyVerb, prints_the_numbers_that_it_writes_and_goes_on_from_its_store) {
  const Scratch scratch;
  const auto file = [&](const char* name) { return (scratch / name).string(); };
  const std::string command =
      "study maxout --budget short --store " + file("store") + " --json " + file("a.json") + " --page " + file("page.md");
  const Outcome outcome = rectify_program(command);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  for (const std::string& line : lines_of(outcome.out)) EXPECT_LE(line.size(), 80u) << line;
  const json study = json::parse(text_of(file("a.json")))["studies"][0];
  EXPECT_EQ(study["name"], "maxout");
  EXPECT_EQ(study["seeds"], 3);
  EXPECT_THAT(outcome.out, HasSubstr("\n" + study["verdict"].get<std::string>() + "\n"));
  EXPECT_THAT(text_of(file("page.md")), HasSubstr("| " + study["claim"].get<std::string>() + " | " + study["verdict"].get<std::string>()));

  EXPECT_EQ(rectify_program(command).out, outcome.out);
  EXPECT_EQ(json::parse(text_of(file("a.json")))["studies"][0]["seconds"], study["seconds"]);  // nothing was run again
}

/// Points in the plane of two classes, with a column that is no feature.
std::string points() {
  std::string text = "x,y,id,species\n";
  for (int i = 0; i < 400; ++i) {
    const double x = (i * 37 % 100) / 50.0 - 1, y = (i * 61 % 100) / 50.0 - 1;
    text += std::to_string(x) + "," + std::to_string(y) + "," + std::to_string(i) + "," + (x * y > 0 ? "1" : "0") + "\n";
  }
  return text;
}

TEST(StudyVerb, takes_a_table_of_ones_own) {
  const Scratch scratch;
  const std::string csv = (scratch / "own.csv").string(), store = (scratch / "store").string();
  std::ofstream(csv) << points();
  const std::string command = "study collapse --budget short --seeds 2 --store " + store + " --data " + csv;
  const Outcome outcome = rectify_program(command + " --target species --features x,y --json " + (scratch / "a.json").string());
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("own.csv, 320 training and "));
  const auto trained_now = [&](const std::string& features) {
    EXPECT_EQ(
        rectify_program(command + " --target species --task classification" + features + " --json " + (scratch / "b.json").string()).status,
        0);
    const json study = json::parse(text_of(scratch / "b.json"))["studies"][0];
    return study["trials"].get<int>() - study["stored_trials"].get<int>();
  };
  EXPECT_EQ(trained_now(" --features x,y"), 0);
  EXPECT_GT(trained_now(""), 0) << "another column is read";

  EXPECT_EQ(rectify_program("study collapse --data " + csv).status, 2);
  EXPECT_EQ(rectify_program("study collapse --target colour --data " + csv).status, 2);
  const Outcome regression = rectify_program("study collapse --target x --task regression --data " + csv);
  EXPECT_EQ(regression.status, 2);
  EXPECT_THAT(regression.err, HasSubstr("a study tells classes apart"));
}

TEST(StudyVerb, of_all_studies_those_that_cannot_take_the_data_are_left_out_and_one_by_name_is_a_mistake_before_any_runs) {
  const Scratch scratch;
  const std::string page = (scratch / "page.md").string();
  const Outcome mistake = rectify_program("study maxout cnn --data moons --budget short --page " + page);
  EXPECT_EQ(mistake.status, 2);
  EXPECT_EQ(mistake.out, "");
  EXPECT_THAT(mistake.err, HasSubstr("are no images"));
  EXPECT_FALSE(std::filesystem::exists(page));

  const Outcome all = shell("$rectify study all --data moons --budget short --store " + (scratch / "store").string() + " --json " +
                            (scratch / "a.json").string() + " --page " + page + " > " + (scratch / "out").string() +
                            " & pid=$!; for i in $(seq 600); do sleep 0.1; grep -q ^collapse: " + (scratch / "out").string() +
                            " && break; done; kill -INT $pid; wait $pid");
  EXPECT_EQ(all.status, 130);
  EXPECT_THAT(all.err, HasSubstr("rectify: cnn is left out: moons are no images"));
  EXPECT_THAT(all.err, HasSubstr("rectify: interrupted"));
  EXPECT_EQ(json::parse(text_of(scratch / "a.json"))["studies"][0]["name"], "collapse");
  EXPECT_THAT(text_of(page), HasSubstr("```sh\nrectify study collapse\n```"));
  EXPECT_THAT(text_of(page), HasSubstr("Left out: `cnn`"));
  EXPECT_THAT(text_of(page), HasSubstr("Left out: `dropout`: it was not finished."));
}

TEST(StudyVerb, of_nothing_finished_nothing_is_written) {
  const Scratch scratch;
  const std::string page = (scratch / "page.md").string();
  const Outcome outcome = shell("$rectify study newer --page " + page + " --data strokes & sleep 1; kill -INT $!; wait $!");
  EXPECT_EQ(outcome.status, 130);
  EXPECT_THAT(outcome.err, HasSubstr("no study was finished: " + page + " is not written"));
  EXPECT_FALSE(std::filesystem::exists(page));
}

TEST(StudyVerb, tells_mistakes_in_a_line) {
  const auto mistake = [](const std::string& arguments) {
    const Outcome outcome = rectify_program("study " + arguments);
    EXPECT_EQ(outcome.status, 2) << arguments;
    return outcome.err;
  };
  EXPECT_THAT(mistake("colapse"), HasSubstr("unknown study colapse; did you mean collapse?"));
  EXPECT_THAT(mistake(""), HasSubstr("rectify study --list"));
  EXPECT_THAT(mistake("collapse --budget soon"), HasSubstr("wanted short, full or a number of seconds"));
  EXPECT_THAT(mistake("collapse --seeds 1"), HasSubstr("wanted a whole number from 2"));
  EXPECT_THAT(mistake("collapse --net 2-4-3 --budget short"), HasSubstr("has networks of its own"));
  EXPECT_THAT(mistake("saturation --net 2-3 --budget short"), HasSubstr("has no hidden layer"));
  EXPECT_THAT(mistake("collapse --data moons --target x"), HasSubstr("target"));
  EXPECT_THAT(mistake("boundary --data friedman --budget short"), HasSubstr("friedman has no classes"));
}

}  // namespace
}  // namespace rectify
