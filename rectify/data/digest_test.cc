#include "rectify/data/digest.h"

#include <gtest/gtest.h>

#include <variant>

namespace rectify {
namespace {

TEST(Digest, tells_data_apart_that_differ_in_one_value_or_label_and_not_by_name) {
  const Dataset moons = load_dataset("moons");
  Dataset renamed = moons, changed = moons, labelled = moons, split = moons;
  renamed.name = "sun";
  std::get<std::vector<float>>(changed.test.values).back() += 1;
  labelled.train.labels.front() = 1 - labelled.train.labels.front();
  keep_first(split, split.train.count - 1);
  EXPECT_EQ(digest(moons), digest(load_dataset("moons")));
  EXPECT_EQ(digest(moons), digest(renamed));
  EXPECT_NE(digest(moons), digest(changed));
  EXPECT_NE(digest(moons), digest(labelled));
  EXPECT_NE(digest(moons), digest(split));
  EXPECT_NE(digest(moons), digest(load_dataset("moons", 2)));
}

}  // namespace
}  // namespace rectify
