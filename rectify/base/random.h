// Random numbers from a counter: number i of stream s is the same however many threads draw, and in whatever order.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

namespace rectify {

/// The four 32-bit words at `counter` of stream `stream` under key `seed`.
/// Source: Philox4x32-10, Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", section 3.3.
std::array<std::uint32_t, 4> philox(std::uint64_t seed, std::uint64_t stream, std::uint64_t counter);

/// A stream for each name. Source: FNV-1a, Fowler, Noll and Vo, 64 bits.
std::uint64_t named_stream(std::string_view name);

/// A sequential reader of one Philox stream.
class Random {
 public:
  Random(std::uint64_t seed, std::uint64_t stream) : seed_(seed), stream_(stream) {}

  /// The next 32 random bits.
  std::uint32_t bits();
  /// The next number in [0, 1), a multiple of 2^-53.
  double uniform();
  /// The next number of a standard normal distribution (Box and Muller 1958).
  double normal();
  /// The next integer in [0, n), without bias. n > 0.
  std::uint64_t below(std::uint64_t n);
  /// 0 .. n - 1 in random order (Fisher and Yates).
  std::vector<std::uint32_t> permutation(std::uint32_t n);

 private:
  std::uint64_t seed_;
  std::uint64_t stream_;
  std::uint64_t counter_ = 0;
  std::array<std::uint32_t, 4> block_{};
  int left_ = 0;
  double spare_ = 0;
  bool has_spare_ = false;
};

}  // namespace rectify
