// The README's table of networks by name says what they are trained with.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "rectify/train/recipes.h"

namespace rectify {
namespace {

TEST(ReadmePresets, say_what_each_is_trained_with) {
  std::ifstream in(RECTIFY_README);
  const std::string readme{std::istreambuf_iterator<char>(in), {}};
  for (const Recipe& recipe : recipes()) {
    const std::size_t row = readme.find("\n| `" + std::string(recipe.net) + "` |");
    ASSERT_NE(row, readme.npos) << recipe.net;
    EXPECT_THAT(readme.substr(row + 1, readme.find('\n', row + 1) - row - 1),
                testing::EndsWith("| " + settings_text(settings_of(recipe)) + " |"));
  }
  EXPECT_THAT(readme, testing::HasSubstr("\nAny other network and task: " + settings_text(settings_of(TrainOptions())) + "."));
}

}  // namespace
}  // namespace rectify
