#include "rectify/report/test_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace rectify {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

/// Of `classes` classes with 100 right samples each.
TestRecord record_of(std::size_t classes) {
  TestRecord record;
  record.net = "4-8-3";
  record.activation = "relu";
  record.trained_on = record.data = "pictures";
  record.loss_name = "cross-entropy";
  record.accuracy = 1;
  record.loss = 0;
  record.confusion.assign(classes, std::vector<std::int64_t>(classes));
  for (std::size_t c = 0; c < classes; ++c) record.confusion[c][c] = 100;
  record.samples = static_cast<std::int64_t>(100 * classes);
  return record;
}

TEST(TestReport, shows_the_whole_confusion_of_up_to_twelve_classes) {
  TestRecord record = record_of(12);
  record.confusion[3][11] = 7;
  const std::string text = test_text(record);
  EXPECT_THAT(text, HasSubstr("\nconfusion: a row a class, a column what the network said\n"));
  EXPECT_THAT(text, HasSubstr("\n    3     0     0     0   100     0     0     0     0     0     0     0     7\n"));
  EXPECT_THAT(text, EndsWith("\n   11     0     0     0     0     0     0     0     0     0     0     0   100\n"));
  EXPECT_THAT(text, Not(HasSubstr("most frequent")));
}

TEST(TestReport, lists_the_most_frequent_confusions_of_more) {
  TestRecord record = record_of(13);
  record.confusion[12][0] = 5;
  record.confusion[2][7] = 40;
  record.confusion[7][2] = 40;
  const std::string text = test_text(record);
  EXPECT_THAT(text, EndsWith("\nmost frequent confusions\n"
                             "  class 2 taken for 7: 40\n"
                             "  class 7 taken for 2: 40\n"
                             "  class 12 taken for 0: 5\n"));
  EXPECT_THAT(text, Not(HasSubstr("a row a class")));
}

TEST(TestReport, lists_no_more_than_ten_confusions_and_none_where_all_is_right) {
  TestRecord record = record_of(20);
  EXPECT_THAT(test_text(record), Not(HasSubstr("confusion")));
  for (std::size_t c = 1; c < 20; ++c) record.confusion[c][0] = static_cast<std::int64_t>(c);
  const std::string text = test_text(record);
  EXPECT_THAT(text, HasSubstr("\nmost frequent confusions\n  class 19 taken for 0: 19\n"));
  EXPECT_THAT(text, EndsWith("\n  class 10 taken for 0: 10\n"));
}

TEST(TestReport, tells_the_error_of_each_target_in_its_units) {
  TestRecord record;
  record.task = Task::kRegression;
  record.loss_name = "mse";
  record.loss = 0.5;
  record.r_squared = 0.75;
  record.targets = {"price", "rent, \"cold\""};
  record.rms_errors = {12345.6, 0.5};
  record.predictions = {{.wanted = {1, 2}, .values = {3, 4}}};
  EXPECT_THAT(test_text(record), EndsWith("\nR^2 0.7500\n"
                                          "rms error of price 12350\n"
                                          "rms error of rent, \"cold\" 0.5\n"
                                          "loss 0.5 (mse)\n"));
  EXPECT_EQ(predictions_csv(record), "sample,price,\"rent, \"\"cold\"\"\",predicted price,\"predicted rent, \"\"cold\"\"\"\n0,1,2,3,4\n");
  const auto json = nlohmann::json::parse(to_json(record));
  EXPECT_EQ(json["rms_errors"][0], 12345.6);
  EXPECT_EQ(json["targets"][0], "price");
}

}  // namespace
}  // namespace rectify
