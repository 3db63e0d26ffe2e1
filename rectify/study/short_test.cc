// Every study in its short version: it ends, and its verdict has the direction that is expected of it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <string>

#include "rectify/base/timing.h"
#include "rectify/study/run_study.h"

namespace rectify {
namespace {

class ShortStudy : public testing::TestWithParam<std::string> {};

TEST_P(ShortStudy, finds_what_is_expected_of_it) {
  const Study& study = find_study(GetParam());
  StudyOptions options;
  read_budget("short", options);
  ProgressSink silent;
  const std::atomic<bool> never = false;
  const Stopwatch watch;
  const auto record = StudyRun(study, options, load_dataset(data_name(study, options))).run(silent, never);
  ASSERT_TRUE(record);
  EXPECT_NE(std::find(study.expected.begin(), study.expected.end(), record->verdict), study.expected.end())
      << "verdict " << static_cast<int>(record->verdict) << ": " << record->conclusion;
  EXPECT_EQ(record->conclusion.find("unknown"), std::string::npos) << record->conclusion;
  EXPECT_EQ(record->conclusion.find("nan"), std::string::npos) << record->conclusion;
  for (const StudyTable& table : record->tables) {
    for (const StudyRow& row : table.rows) {
      if (!row.remark.empty()) continue;
      EXPECT_GT(row.cells.back().count, 0) << fmt::format("{}", fmt::join(row.labels, " "));
    }
  }
  RecordProperty("seconds", std::to_string(watch.seconds()));
}

std::vector<std::string> all_names() {
  std::vector<std::string> names;
  for (const Study& study : studies()) names.push_back(study.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, ShortStudy, testing::ValuesIn(all_names()), [](const auto& test) {
  std::string name = test.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace rectify
