#include "rectify/tensor/arena.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <deque>

#include "rectify/base/error.h"
#include "rectify/base/random.h"

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

TEST(Arena, lets_arrays_share_a_place_one_after_the_other) {
  Arena arena;
  std::span<float> small, large, kept;
  arena.place(small, 4, {1, 1});
  arena.place(kept, 16);
  arena.place(large, 32, {2, 3});
  arena.allocate();
  EXPECT_EQ(small.data() + 16, kept.data() + 32);
  EXPECT_EQ(arena.bytes(), 3 * kAlignment);
  EXPECT_EQ(arena.bytes_without_reuse(), 4 * kAlignment);
  for (float& value : large) value = 2;
  for (const float value : kept) EXPECT_EQ(value, 0);
}

TEST(Arena, reuses_what_two_neighbours_left) {
  Arena arena;
  std::span<float> a, b, both;
  arena.place(a, 16, {1, 1});
  arena.place(b, 16, {1, 2});
  arena.place(both, 32, {3, 3});
  arena.allocate();
  EXPECT_EQ(arena.bytes(), 2 * kAlignment);
  EXPECT_EQ(both.data(), std::min(a.data(), b.data()));
}

TEST(Arena, never_gives_two_living_arrays_the_same_place) {
  Random random(1, 0);
  for (int trial = 0; trial < 20; ++trial) {
    Arena arena;
    std::deque<std::span<float>> views(60);
    std::vector<Lifetime> lifetimes;
    for (auto& view : views) {
      const auto first = static_cast<std::int64_t>(random.below(30));
      lifetimes.push_back({first, first + static_cast<std::int64_t>(random.below(10))});
      arena.place(view, static_cast<std::int64_t>(1 + random.below(300)), lifetimes.back());
    }
    arena.allocate();
    EXPECT_LT(arena.bytes(), arena.bytes_without_reuse());
    for (std::size_t i = 0; i < views.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (lifetimes[i].last < lifetimes[j].first || lifetimes[j].last < lifetimes[i].first) continue;
        const bool apart = views[i].data() + views[i].size() <= views[j].data() || views[j].data() + views[j].size() <= views[i].data();
        ASSERT_TRUE(apart) << i << " and " << j;
      }
    }
  }
}

TEST(Arena, says_how_much_memory_is_missing_before_it_allocates) {
  Arena arena;
  std::span<float> huge;
  arena.place(huge, std::int64_t{1} << 50);
  try {
    arena.allocate();
    FAIL();
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("[memory] 4194304.0 GiB are needed, this machine has "), std::string::npos) << e.what();
  }
}

}  // namespace
}  // namespace rectify
