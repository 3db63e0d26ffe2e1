// rectify study, on generated data.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

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
  EXPECT_THAT(mistake("boundary --data friedman --budget short"), HasSubstr("friedman has no classes"));
}

}  // namespace
}  // namespace rectify
