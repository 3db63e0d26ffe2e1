// Dropout whose mask is computed from a counter, so that the backward pass computes it again and nothing is stored.
#pragma once

#include <cstddef>
#include <cstdint>

namespace rectify {

/// What is dropped: each element alone, with probability 1 - keep, by random bits that seed and stream determine.
struct Dropout {
  double keep = 1;  ///< in [2^-16, 1], rounded to a multiple of 2^-16
  std::uint64_t seed = 0, stream = 0;
};

/// y = x / keep where an element is kept, +0 where it is not, whatever x is; y = x where keep is 1. The elements are number `first` on of
/// the array that `dropout` is for, so that parts of an array may be done one by one. Backward is the same. y may be x.
///
/// Element i is kept where 16 bits lie below 2^16 keep: the lower ones of word i / 16 % 4 of philox(seed, stream, counter) where i % 128 <
/// 64, else the upper ones; counter = 16 (i / 128) + 8 (i % 2) + i % 16 / 2. Errors: [dropout] keep is not in [2^-16, 1].
void apply_dropout(const Dropout& dropout, const float* x, float* y, std::size_t n, std::size_t first = 0);

}  // namespace rectify
