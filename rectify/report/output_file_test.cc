#include "rectify/report/output_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <iterator>
#include <string>

#include "rectify/base/error.h"

namespace rectify {
namespace {

namespace fs = std::filesystem;

class OutputFile : public testing::Test {
 protected:
  void SetUp() override { fs::create_directory(folder_); }
  void TearDown() override { fs::remove_all(folder_); }
  static std::string read(const fs::path& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  long files() const { return std::distance(fs::directory_iterator(folder_), {}); }

  const fs::path folder_ = fs::temp_directory_path() / ("rectify_output_" + std::to_string(::getpid()));
};

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST_F(OutputFile, is_written_whole_and_leaves_nothing_beside_it) {
  write_whole(folder_ / "a.json", "old and long");
  write_whole(folder_ / "a.json", "new");
  EXPECT_EQ(read(folder_ / "a.json"), "new");
  EXPECT_EQ(files(), 1);
}

TEST_F(OutputFile, is_checked_without_being_touched) {
  check_writable(folder_ / "a.json");
  EXPECT_EQ(files(), 0);
  write_whole(folder_ / "a.json", "old");
  check_writable(folder_ / "a.json");
  EXPECT_EQ(read(folder_ / "a.json"), "old");
}

TEST_F(OutputFile, is_refused_with_path_and_reason) {
  const fs::path missing = folder_ / "no" / "a.json";
  EXPECT_EQ(message_of([&] { check_writable(missing); }), "[output] cannot write " + missing.string() + ": No such file or directory");
  EXPECT_EQ(message_of([&] { check_writable(folder_); }), "[output] cannot write " + folder_.string() + ": Is a directory");
  EXPECT_THAT(message_of([&] { check_writable(""); }), testing::StartsWith("[output]"));
  EXPECT_THAT(message_of([&] { write_whole(missing, ""); }), testing::StartsWith("[output]"));
}

TEST_F(OutputFile, is_refused_where_links_go_in_a_circle) {
  fs::create_symlink(folder_ / "b", folder_ / "a");
  fs::create_symlink(folder_ / "a", folder_ / "b");
  EXPECT_THAT(message_of([&] { check_writable(folder_ / "a"); }), testing::HasSubstr("symbolic links"));
  EXPECT_THAT(message_of([&] { write_whole(folder_ / "a", "text"); }), testing::HasSubstr("symbolic links"));
  EXPECT_TRUE(fs::is_symlink(folder_ / "a"));
  EXPECT_TRUE(fs::is_symlink(folder_ / "b"));
}

TEST_F(OutputFile, may_be_a_pipe_that_has_no_name) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const fs::path path = "/dev/fd/" + std::to_string(ends[1]);
  check_writable(path);
  write_whole(path, "text");
  char text[8] = {};
  EXPECT_EQ(::read(ends[0], text, sizeof text), 4);
  EXPECT_STREQ(text, "text");
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_F(OutputFile, may_be_a_link_or_a_device) {
  fs::create_symlink(folder_ / "target", folder_ / "link");
  check_writable(folder_ / "link");
  write_whole(folder_ / "link", "text");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(read(folder_ / "target"), "text");
  check_writable("/dev/null");
  write_whole("/dev/null", "text");
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
}

}  // namespace
}  // namespace rectify
