#include "rectify/tensor/shape.h"

#include <gtest/gtest.h>

namespace rectify {
namespace {

TEST(Shape, of_a_vector_is_an_image_of_one_position) {
  const Shape vector{128}, image{32, 14, 7};
  EXPECT_TRUE(vector.is_vector());
  EXPECT_FALSE(image.is_vector());
  EXPECT_EQ(vector.size(), 128);
  EXPECT_EQ(image.positions(), 98);
  EXPECT_EQ(image.size(), 32 * 98);
  EXPECT_EQ(to_text(vector), "128");
  EXPECT_EQ(to_text(image), "32x14x7");
}

}  // namespace
}  // namespace rectify
