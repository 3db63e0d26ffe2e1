#include "rectify/base/random.h"

#include <cmath>
#include <numbers>
#include <utility>

namespace rectify {

std::array<std::uint32_t, 4> philox(std::uint64_t seed, std::uint64_t stream, std::uint64_t counter) {
  // Multipliers and Weyl constants: Salmon et al. 2011, table 2 and section 3.3.
  constexpr std::uint64_t kMultiply0 = 0xD2511F53, kMultiply1 = 0xCD9E8D57;
  constexpr std::uint32_t kWeyl0 = 0x9E3779B9, kWeyl1 = 0xBB67AE85;
  auto key0 = static_cast<std::uint32_t>(seed), key1 = static_cast<std::uint32_t>(seed >> 32);
  std::array<std::uint32_t, 4> x{static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32),
                                 static_cast<std::uint32_t>(stream), static_cast<std::uint32_t>(stream >> 32)};
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t a = kMultiply0 * x[0], b = kMultiply1 * x[2];
    x = {static_cast<std::uint32_t>(b >> 32) ^ x[1] ^ key0, static_cast<std::uint32_t>(b),
         static_cast<std::uint32_t>(a >> 32) ^ x[3] ^ key1, static_cast<std::uint32_t>(a)};
    key0 += kWeyl0;
    key1 += kWeyl1;
  }
  return x;
}

std::uint64_t named_stream(std::string_view name) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

std::uint32_t Random::bits() {
  if (left_ == 0) {
    block_ = philox(seed_, stream_, counter_++);
    left_ = 4;
  }
  return block_[4 - left_--];
}

double Random::uniform() {
  const std::uint64_t high = bits(), low = bits();
  return static_cast<double>((high << 21) | (low >> 11)) * 0x1p-53;
}

double Random::normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  const double radius = std::sqrt(-2 * std::log(1 - uniform()));
  const double angle = 2 * std::numbers::pi * uniform();
  spare_ = radius * std::sin(angle);
  has_spare_ = true;
  return radius * std::cos(angle);
}

std::uint64_t Random::below(std::uint64_t n) {
  const std::uint64_t tail = -n % n;  // 2^64 mod n: the values that would be drawn once too often
  for (;;) {
    const std::uint64_t value = (static_cast<std::uint64_t>(bits()) << 32) | bits();
    if (value >= tail) return value % n;
  }
}

std::vector<std::uint32_t> Random::permutation(std::uint32_t n) {
  std::vector<std::uint32_t> order(n);
  for (std::uint32_t i = 0; i < n; ++i) order[i] = i;
  for (std::uint32_t i = n; i > 1; --i) std::swap(order[i - 1], order[below(i)]);
  return order;
}

}  // namespace rectify
