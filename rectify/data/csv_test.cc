#include "rectify/data/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rectify/data/test_files.h"

namespace rectify {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using Rows = std::vector<std::vector<std::string>>;

Rows rows_of(const std::string& text) {
  const TestFolder folder;
  CsvReader reader(folder.write("table.csv", text));
  Rows rows;
  for (std::vector<std::string> cells; reader.next(cells);) rows.push_back(cells);
  return rows;
}

std::string error_in(const std::string& text) {
  return error_of([&] { rows_of(text); });
}

TEST(Csv, is_read_row_by_row) {
  EXPECT_EQ(rows_of("a,b\n1,2\n3,4\n"), (Rows{{"a", "b"}, {"1", "2"}, {"3", "4"}}));
  EXPECT_EQ(rows_of("a,b\r\n1, 2 \r\n\r\n ,4"), (Rows{{"a", "b"}, {"1", "2"}, {"", "4"}})) << "line ends of Windows, blanks, an empty line";
  EXPECT_EQ(rows_of("a,b,\n,,\n"), (Rows{{"a", "b", ""}, {"", "", ""}}));
  EXPECT_EQ(rows_of("\xef\xbb\xbf"
                    "a\n1\n"),
            (Rows{{"a"}, {"1"}}))
      << "a byte-order mark";
  EXPECT_EQ(rows_of("\n\na;b\n\n2;3"), (Rows{{"a", "b"}, {"2", "3"}}));
}

TEST(Csv, takes_the_separator_that_the_first_line_has_most_of) {
  EXPECT_EQ(rows_of("a;b;c,d\n1;2,5;3\n"), (Rows{{"a", "b", "c,d"}, {"1", "2,5", "3"}}));
  EXPECT_EQ(rows_of("a\tb c\n\t1\n"), (Rows{{"a", "b c"}, {"", "1"}}));
}

TEST(Csv, keeps_separators_and_quotes_in_quotes) {
  EXPECT_EQ(rows_of("\"a, b\",\"say \"\"c\"\"\" ,\"\"\n"), (Rows{{"a, b", "say \"c\"", ""}}));
  EXPECT_EQ(rows_of("5\" pipe,b\n"), (Rows{{"5\" pipe", "b"}})) << "a quote within a cell is a character";
}

TEST(Csv, that_is_malformed_is_explained_with_file_and_line) {
  EXPECT_THAT(error_in("a,b\n1,2\n3,\"4\n"), EndsWith("table.csv, line 3: the quote in column 3 is not closed"));
  EXPECT_THAT(error_in("a,b\n\n\"1\"x,2\n"), EndsWith("table.csv, line 3: text follows the closing quote in column 3"));
  EXPECT_THAT(error_in(""), EndsWith("table.csv is empty"));
  EXPECT_THAT(error_in("\n \n"), EndsWith("table.csv is empty"));
  EXPECT_THAT(error_of([] { CsvReader("/nowhere/table.csv"); }), testing::HasSubstr("/nowhere/table.csv"));
}

TEST(Csv, may_be_gzip_and_large) {
  const TestFolder folder;
  std::string text = "a,b\n";
  for (int i = 0; i < 300'000; ++i) text += std::to_string(i) + ",1\n";
  CsvReader reader(folder.write("table.csv.gz", gzipped(text)));
  std::int64_t count = 0;
  std::vector<std::string> cells;
  while (reader.next(cells)) ++count;
  EXPECT_EQ(count, 300'001);
  EXPECT_EQ(reader.line(), 300'001);
  EXPECT_THAT(cells, ElementsAre("299999", "1"));
}

}  // namespace
}  // namespace rectify
