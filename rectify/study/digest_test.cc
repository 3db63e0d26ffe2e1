#include "rectify/study/digest.h"

#include <gtest/gtest.h>

namespace rectify {
namespace {

TEST(Digest, tells_models_apart_by_layers_and_activation) {
  const auto net = [](const char* text, const char* activation) { return digest(parse_network(text, activation)); };
  EXPECT_EQ(net("2-2x8-3", "relu"), net("2-2x8-3", "relu"));
  EXPECT_NE(net("2-2x8-3", "relu"), net("2-2x9-3", "relu"));
  EXPECT_NE(net("2-2x8-3", "relu"), net("2-2x8-3", "elu"));
}

}  // namespace
}  // namespace rectify
