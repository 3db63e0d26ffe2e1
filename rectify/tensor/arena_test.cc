#include "rectify/tensor/arena.h"

#include <gtest/gtest.h>

#include <cstdint>

#include "rectify/base/error.h"

namespace rectify {
namespace {

TEST(Arena, gives_aligned_arrays_that_do_not_overlap) {
  Arena arena;
  std::span<float> a, b;
  std::span<std::uint8_t> c;
  arena.place(a, 3);
  arena.place(c, 65);
  arena.place(b, 17);
  EXPECT_TRUE(a.empty());
  arena.allocate();
  EXPECT_EQ(a.size(), 3u);
  EXPECT_EQ(c.size(), 65u);
  EXPECT_EQ(b.size(), 17u);
  EXPECT_EQ(arena.bytes(), (1 + 2 + 2) * kAlignment);
  for (const void* p : {static_cast<void*>(a.data()), static_cast<void*>(b.data()), static_cast<void*>(c.data())}) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(p) % kAlignment, 0u);
  }
  for (float& value : a) value = 1;
  for (std::uint8_t& value : c) value = 255;
  for (const float value : b) EXPECT_EQ(value, 0);
  for (const float value : a) EXPECT_EQ(value, 1);
}

TEST(Arena, shares_one_region_between_scratch_arrays) {
  Arena arena;
  std::span<float> small, large, kept;
  arena.place_scratch(small, 4);
  arena.place(kept, 16);
  arena.place_scratch(large, 32);
  arena.allocate();
  EXPECT_EQ(small.data(), large.data());
  EXPECT_EQ(arena.bytes(), 3 * kAlignment);
  for (float& value : large) value = 2;
  for (const float value : kept) EXPECT_EQ(value, 0);
}

TEST(Arena, says_how_much_memory_is_missing) {
  Arena arena;
  std::span<float> huge;
  arena.place(huge, std::int64_t{1} << 61);
  EXPECT_THROW(arena.allocate(), Error);
}

}  // namespace
}  // namespace rectify
