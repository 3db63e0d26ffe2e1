#include "digest.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

namespace rectify::certify {
namespace {

TEST(Digest, of_parts_add_up_to_that_of_the_whole) {
  const std::vector<float> results{1, -2, 0, 3.5f, 1e-40f};
  for (const std::uint64_t begin : {std::uint64_t{7}, (std::uint64_t{1} << 32) - 2, std::uint64_t{5} << 15}) {
    for (std::size_t first = 0; first <= results.size(); ++first) {
      EXPECT_EQ(digest(begin, results.data(), first) + digest(begin + first, results.data() + first, results.size() - first),
                digest(begin, results.data(), results.size()));
    }
  }
}

TEST(Digest, tells_where_a_result_stands) {
  const float one = 1;
  std::set<std::uint64_t> seen;
  for (std::uint64_t k = 0; k < 1000; ++k) seen.insert({digest(k, &one, 1), digest((k + 1) << 15, &one, 1)});
  EXPECT_EQ(seen.size(), 2000u);
}

TEST(Digest, tells_any_change_of_a_bit_and_any_two_results_changed_against_each_other) {
  std::vector<float> results(64);
  for (std::size_t i = 0; i < results.size(); ++i) results[i] = 1 + static_cast<float>(i) / 64;
  std::set<std::uint64_t> seen{digest(0, results.data(), results.size())};
  std::size_t changes = 1;
  const auto look = [&](const std::vector<float>& changed) {
    seen.insert(digest(0, changed.data(), changed.size()));
    ++changes;
  };
  for (std::size_t i = 0; i < results.size(); ++i) {
    std::vector<float> one = results;
    one[i] = std::nextafter(one[i], 0.0f);
    look(one);
    one[i] = -results[i];
    look(one);
    for (std::size_t j = 0; j < i; ++j) {
      std::vector<float> two = results;
      std::swap(two[i], two[j]);
      look(two);
    }
  }
  EXPECT_EQ(seen.size(), changes);
}

TEST(Digest, tells_zeros_apart_but_not_one_nan_from_another) {
  const float zero = 0, negative = -0.0f, nan = NAN, other = -NAN;
  EXPECT_NE(digest(0, &zero, 1), digest(0, &negative, 1));
  EXPECT_EQ(digest(0, &nan, 1), digest(0, &other, 1));
}

}  // namespace
}  // namespace rectify::certify
