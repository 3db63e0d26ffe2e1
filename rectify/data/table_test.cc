#include "rectify/data/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "rectify/data/test_files.h"

namespace rectify {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;

/// "size,rooms,price" and `count` rows i, i % 3, 100 i.
std::string houses(int count) {
  std::string text = "size,rooms,price\n";
  for (int i = 0; i < count; ++i) text += std::to_string(i) + "," + std::to_string(i % 3) + "," + std::to_string(100 * i) + "\n";
  return text;
}

Dataset load(const std::string& text, const TableUse& use) {
  const TestFolder folder;
  return load_table(folder.write("houses.csv", text), use);
}

std::string error_in(const std::string& text, const TableUse& use = {{"price"}}) {
  return error_of([&] { load(text, use); });
}

const std::vector<float>& floats(const Split& split) { return std::get<std::vector<float>>(split.values); }

TEST(Table, has_features_and_targets_by_name_and_keeps_a_fifth_of_its_rows_for_the_test) {
  const Dataset data = load(houses(100), {{"price"}});
  EXPECT_THAT(data.features, ElementsAre("size", "rooms"));
  EXPECT_THAT(data.targets, ElementsAre("price"));
  EXPECT_THAT(data.sample_shape, ElementsAre(2));
  EXPECT_EQ(data.target_size, 1);
  EXPECT_EQ(data.classes, 0);
  EXPECT_EQ(data.train.count, 80);
  EXPECT_EQ(data.test.count, 20);
  std::set<float> seen;
  for (const Split* split : {&data.train, &data.test}) {
    for (std::int64_t i = 0; i < split->count; ++i) {
      const float size = floats(*split)[2 * i];
      seen.insert(size);
      EXPECT_EQ(floats(*split)[2 * i + 1], static_cast<int>(size) % 3);
      EXPECT_EQ(split->targets[i], 100 * size);
    }
  }
  EXPECT_EQ(seen.size(), 100u) << "each row is in one of the splits";
  EXPECT_EQ(floats(load(houses(100), {{"price"}}).test), floats(data.test)) << "always the same rows";
}

TEST(Table, may_be_used_whole_for_a_test) {
  const Dataset data = load(houses(3), {.targets = {"price"}, .rows = TestRows::kAll});
  EXPECT_EQ(data.train.count, 0);
  EXPECT_THAT(floats(data.test), ElementsAre(0, 0, 1, 1, 2, 2));
  EXPECT_THAT(data.test.targets, ElementsAre(0, 100, 200));
}

TEST(Table, has_targets_in_the_order_asked_for_or_classes_or_none) {
  const Dataset two = load(houses(10), {.targets = {"price", "size"}, .rows = TestRows::kAll});
  EXPECT_EQ(two.target_size, 2);
  EXPECT_EQ(std::vector(two.test.targets.begin(), two.test.targets.begin() + 4), (std::vector<float>{0, 0, 100, 1}));
  const Dataset classes = load(houses(20), {.targets = {"rooms"}, .kind = TargetKind::kClasses});
  EXPECT_EQ(classes.classes, 3);
  EXPECT_EQ(classes.target_size, 0);
  EXPECT_EQ(classes.train.labels.size(), 16u);
  EXPECT_TRUE(classes.train.targets.empty());
  const Dataset none = load(houses(20), {.kind = TargetKind::kNone});
  EXPECT_THAT(none.features, ElementsAre("size", "rooms", "price"));
  EXPECT_EQ(none.target_size, 0);
}

TEST(Table, has_the_features_asked_for_in_that_order_and_does_not_look_at_the_rest) {
  const Dataset data =
      load("id,size,rooms,price\na-1,1,2,3\n,4,5,6\n", {.targets = {"price"}, .features = {"rooms", "size"}, .rows = TestRows::kAll});
  EXPECT_THAT(data.features, ElementsAre("rooms", "size"));
  EXPECT_THAT(floats(data.test), ElementsAre(2, 1, 5, 4));
  EXPECT_THAT(error_in(houses(20), {.targets = {"price"}, .features = {"roms"}}), HasSubstr("did you mean rooms?"));
  EXPECT_THAT(error_in(houses(20), {.targets = {"price"}, .features = {"size", "size"}}), HasSubstr("the column size is given twice"));
  EXPECT_THAT(error_in(houses(20), {.targets = {"price"}, .features = {"size", "price"}}),
              EndsWith("the column price is a feature and the target"));
}

TEST(Table, reads_numbers_as_people_write_them) {
  const Dataset data = load("a;\"b\"\n+1;-2e3\n .5;\"7\"\n", {.targets = {"b"}, .rows = TestRows::kAll});
  EXPECT_THAT(floats(data.test), ElementsAre(1, 0.5f));
  EXPECT_THAT(data.test.targets, ElementsAre(-2000, 7));
}

TEST(Table, that_is_malformed_is_explained_with_file_and_line) {
  EXPECT_THAT(error_in("size,price\n1,2\n3\n"), EndsWith("houses.csv, line 3: 1 cell, the first line has 2"));
  EXPECT_THAT(error_in("size,price\n1,2,3\n"), EndsWith("houses.csv, line 2: 3 cells, the first line has 2"));
  EXPECT_THAT(error_in("size,price\n1,2\nlarge,4\n"),
              EndsWith("houses.csv, line 3: size is \"large\", wanted a number; --features names the columns to use"));
  EXPECT_THAT(error_in("size,price\n1,\n"), HasSubstr("houses.csv, line 2: price is empty, wanted a number"));
  for (const char* cell : {"nan", "inf", "1e39", "1x", "0x10", "1,5"}) {
    EXPECT_THAT(error_in("size;price\n1;" + std::string(cell) + "\n"), HasSubstr("line 2: price is \"" + std::string(cell))) << cell;
  }
  EXPECT_THAT(error_in("1,2\n3,4\n"), EndsWith("houses.csv, line 1: numbers, wanted the columns' names"));
  EXPECT_THAT(error_in("size,,price\n"), EndsWith("houses.csv, line 1: column 2 has no name"));
  EXPECT_THAT(error_in("size,size,price\n"), EndsWith("houses.csv, line 1: two columns have the name size"));
  EXPECT_THAT(error_in(houses(9)), EndsWith("houses.csv has 9 rows, wanted at least 10"));
  EXPECT_THAT(error_in("size,price\n", {.targets = {"price"}, .rows = TestRows::kAll}),
              EndsWith("houses.csv has 0 rows, wanted at least 1"));
  EXPECT_THAT(error_in("size,price\n1,1.5\n", {.targets = {"price"}, .kind = TargetKind::kClasses}),
              EndsWith("line 2: the class is 1.5, wanted a whole number in 0 .. 65535"));
  EXPECT_THAT(error_in("size,price\n1,-1\n", {.targets = {"price"}, .kind = TargetKind::kClasses}), HasSubstr("the class is -1"));
  EXPECT_THAT(error_in("size,price\n1,low\n", {.targets = {"price"}, .kind = TargetKind::kClasses}),
              EndsWith("line 2: price is \"low\", wanted a number; classes are numbered from 0"));
  EXPECT_THAT(error_in("size,price\n1,low\n"), EndsWith("wanted a number; --task classification predicts classes"));
  for (const char* name : {"pr\xe9nom", "\xff", "a\xc3", "\xa9 b"}) {
    EXPECT_THAT(error_in("size," + std::string(name) + ",price\n"),
                EndsWith("line 1: the name of column 2 is not UTF-8: save the file as UTF-8"));
  }
}

TEST(Table, of_one_class_serves_for_a_test_but_teaches_nothing) {
  std::string text = "size,kind\n";
  for (int i = 0; i < 20; ++i) text += std::to_string(i) + ",0\n";
  EXPECT_THAT(error_in(text, {.targets = {"kind"}, .kind = TargetKind::kClasses}), HasSubstr("nothing to tell apart"));
  EXPECT_EQ(load(text, {.targets = {"kind"}, .kind = TargetKind::kClasses, .rows = TestRows::kAll}).test.count, 20);
}

TEST(Table, whose_target_makes_no_sense_is_explained) {
  EXPECT_THAT(error_in(houses(20), {}), EndsWith("is to be predicted? Write --target price; there are size, rooms, price"));
  EXPECT_THAT(error_in(houses(20), {{"prise"}}), EndsWith("has no column \"prise\"; did you mean price?; there are size, rooms, price"));
  EXPECT_THAT(error_in(houses(20), {{"size", "rooms", "price"}}), EndsWith("has no column that is no target"));
  EXPECT_THAT(error_in(houses(20), {.targets = {"size", "rooms"}, .kind = TargetKind::kClasses}),
              HasSubstr("2 targets, wanted one column of classes"));
  EXPECT_THAT(error_in(houses(20), {.targets = {"size"}, .kind = TargetKind::kNone}), HasSubstr("leave out --target size"));
}

TEST(Table, has_its_columns_named_in_a_list) {
  EXPECT_THAT(split_columns("price"), ElementsAre("price"));
  EXPECT_THAT(split_columns("price, living area ,,"), ElementsAre("price", "living area", "", ""));
  EXPECT_THAT(split_columns("\"rent, cold\", pri\"ce"), ElementsAre("rent, cold", "pri\"ce"));
  EXPECT_THAT(error_of([] { split_columns("\"rent, cold"); }), EndsWith("the quote in column 1 is not closed"));
  const TestFolder folder;
  const auto file = folder.write("houses.csv", houses(3));
  EXPECT_TRUE(has_columns(file, {"doors", "price"}));
  EXPECT_FALSE(has_columns(file, {"doors"}));
  EXPECT_THAT(error_in(houses(20), {{"price", "price"}}), HasSubstr("the column price is given twice"));
  EXPECT_THAT(error_in(houses(20), {{""}}), HasSubstr("has no column \"\""));
}

TEST(Table, is_told_by_its_name) {
  for (const char* name : {"a.csv", "b/c.tsv", "a.csv.gz"}) EXPECT_TRUE(is_table(name)) << name;
  for (const char* name : {"moons", "a.gz", "csv", "a.csv/"}) EXPECT_FALSE(is_table(name)) << name;
}

}  // namespace
}  // namespace rectify
