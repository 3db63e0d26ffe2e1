#include "rectify/study/trial_store.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

#include "rectify/base/error.h"

namespace rectify {
namespace {

namespace fs = std::filesystem;

class Store : public testing::Test {
 protected:
  ~Store() override { fs::remove_all(folder_); }
  const fs::path folder_ = fs::temp_directory_path() / ("rectify_store_" + std::to_string(::getpid()));
  const fs::path file_ = folder_ / "deep" / "study.jsonl";
};

TEST_F(Store, what_was_added_is_found_again_by_the_next_one) {
  const double infinity = std::numeric_limits<double>::infinity();
  TrialStore(file_).add("a; seed 1", {{"accuracy", 0.1}, {"span", -infinity}, {"unknown", std::nan("")}});
  const TrialStore store(file_);
  ASSERT_TRUE(store.find("a; seed 1"));
  EXPECT_EQ(*store.find("a; seed 1"), (Measures{{"accuracy", 0.1}, {"span", -infinity}}));
  EXPECT_FALSE(store.find("a; seed 2"));
}

TEST_F(Store, a_line_that_was_cut_off_is_skipped_and_those_after_it_are_read) {
  TrialStore(file_).add("a", {{"accuracy", 1}});
  std::ofstream(file_, std::ios::app) << "\n{\"trial\": \"b\", \"measu";
  TrialStore(file_).add("c", {{"accuracy", 3}});
  const TrialStore store(file_);
  EXPECT_TRUE(store.find("a"));
  EXPECT_FALSE(store.find("b"));
  EXPECT_EQ(store.find("c")->at("accuracy"), 3);
}

TEST_F(Store, without_a_file_it_keeps_trials_in_memory) {
  TrialStore store;
  store.add("a", {{"accuracy", 1}});
  EXPECT_TRUE(store.find("a"));
}

TEST_F(Store, a_folder_that_cannot_be_made_is_told) {
  fs::create_directories(folder_);
  std::ofstream(folder_ / "deep") << "a file";
  EXPECT_THROW(TrialStore{file_}, Error);
}

}  // namespace
}  // namespace rectify
