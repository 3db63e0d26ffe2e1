#include "rectify/activation/tile_trust.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

namespace rectify {

void TileTrust::conclude() {
  everywhere_ = zeros_ && cells_.all();
  about_one_ = kNothing;
  const std::size_t one = std::bit_cast<std::uint32_t>(1.0f) >> kCellBits, infinity = kCells / 2 - kCellsOfBinade;
  const auto has = [&](std::size_t cell) { return cells_[cell] && cells_[cell + kCells / 2]; };
  if (!has(one)) return;
  std::size_t first = one, last = one;
  while (first > 0 && has(first - 1)) --first;
  while (last + 1 < infinity && has(last + 1)) ++last;
  const auto begin = static_cast<std::uint32_t>(first << kCellBits), end = static_cast<std::uint32_t>((last + 1) << kCellBits);
  const std::uint32_t lowest = begin == 0 && !zeros_ ? 1 : begin;
  about_one_ = {lowest, end - 1 - lowest};
}

TileTrust& TileTrust::operator&=(const TileTrust& other) {
  cells_ &= other.cells_;
  zeros_ = zeros_ && other.zeros_;
  conclude();
  return *this;
}

TileRange in_both(const TileRange& a, const TileRange& b) {
  const std::uint32_t lowest = std::max(a.lowest, b.lowest), highest = std::min(a.lowest + a.span, b.lowest + b.span);
  return lowest <= highest ? TileRange{lowest, highest - lowest} : kNothing;
}

/// Finds a TileTrust.
class TileTrier {
 public:
  explicit TileTrier(const TileTrial& trial) : trial_(trial) {}

  TileTrust run() {
    for (const std::uint32_t sign : {0u, 1u}) {
      const auto goes_on = [&](int binade) { return try_binade(sign << 31 | static_cast<std::uint32_t>(binade) << kBinadeBits); };
      for (int binade = kOne; binade + 1 < TileTrust::kBinades && goes_on(binade); ++binade) {
      }
      for (int binade = kOne - 1; binade >= 0 && goes_on(binade); --binade) {
      }
    }
    trust_.zeros_ = gives_special(0.0f) && gives_special(-0.0f);
    constexpr float kInfinity = std::numeric_limits<float>::infinity(), kNan = std::numeric_limits<float>::quiet_NaN();
    if (gives_special(kInfinity) && gives_special(-kInfinity) && gives_special(kNan)) {
      for (const std::size_t end : {TileTrust::kCells / 2, TileTrust::kCells}) {
        for (int k = 1; k <= TileTrust::kCellsOfBinade; ++k) trust_.cells_.set(end - k);
      }
    }
    trust_.conclude();
    return trust_;
  }

 private:
  static constexpr std::uint32_t kBinadeBits = 23;
  static constexpr int kOne = 127;  // the binade of 1
  static constexpr int kSamples = 8, kSamplesOfCell = 4;
  template <int kCount>
  using Samples = std::array<float, kCount>;

  /// The first and last of 2^bits floats, where an operation begins to overflow, and some between.
  template <int kCount>
  static Samples<kCount> samples(std::uint32_t first, std::uint32_t bits) {
    const std::uint32_t count = std::uint32_t{1} << bits;
    Samples<kCount> x;
    for (int k = 0; k < kCount; ++k) {
      const double place = k == 0 ? 0 : k + 1 == kCount ? 1 : (k + 0.37) / kCount;
      x[k] = std::bit_cast<float>(first + std::min(count - 1, static_cast<std::uint32_t>(place * count)));
    }
    return x;
  }

  /// Subnormals are spread over their magnitudes.
  static Samples<kSamples> samples_of_binade(std::uint32_t first) {
    Samples<kSamples> x = samples<kSamples>(first, kBinadeBits);
    if ((first & 0x7f800000) != 0) return x;
    for (int k = 0; k + 1 < kSamples; ++k) x[k] = std::bit_cast<float>(first + (std::uint32_t{5} << 3 * k >> 2));
    return x;
  }

  /// Tries all eight cells at once, and one by one where what fails is tiny, as where a factor of it has underflowed, or was to be finite.
  /// Anything else that fails, such as what cancels, fails for all that is farther from 1 than some float of the binade; returns false
  /// then.
  bool try_binade(std::uint32_t first) {
    constexpr double kTiny = 0x1p-100;
    const auto x = samples_of_binade(first);
    Samples<kSamples> got = x;
    trial_.tiles(got);
    std::array<Bounded, kSamples> want;
    double scale = 0;
    for (int k = 0; k < kSamples; ++k) {
      want[k] = trial_.wanted(x[k]);
      if (std::isfinite(want[k].value)) scale = std::max(scale, std::abs(want[k].value));
    }
    bool good = true;
    for (int k = 0; k < kSamples; ++k) {
      if (is_good(x[k], got[k], want[k], scale)) continue;
      if (!(std::abs(want[k].value) < kTiny) && std::isfinite(got[k])) return false;
      good = false;
    }
    good = good && overflows_rightly(x, got);
    const std::uint32_t cell = first >> TileTrust::kCellBits;
    for (std::uint32_t k = cell; k < cell + TileTrust::kCellsOfBinade; ++k) {
      if (good || try_cell(k << TileTrust::kCellBits, scale)) trust_.cells_.set(k);
    }
    return true;
  }

  bool try_cell(std::uint32_t first, double scale) {
    auto x = samples<kSamplesOfCell>(first, TileTrust::kCellBits);
    if (x[0] == 0) x[0] = std::bit_cast<float>(first + 1);
    Samples<kSamplesOfCell> got = x;
    trial_.tiles(got);
    for (int k = 0; k < kSamplesOfCell; ++k) {
      if (!is_good(x[k], got[k], trial_.wanted(x[k]), scale)) return false;
    }
    return overflows_rightly(x, got);
  }

  /// Whether between neighbours, of which only one gave a finite result, tiles leave the finite ones where the true values do: exp(x) / 2
  /// overflows later than exp(x).
  template <std::size_t kCount>
  bool overflows_rightly(const std::array<float, kCount>& x, const std::array<float, kCount>& got) const {
    for (std::size_t k = 0; k + 1 < kCount; ++k) {
      if (std::isfinite(got[k]) == std::isfinite(got[k + 1])) continue;
      auto finite = std::bit_cast<std::uint32_t>(x[k]), beyond = std::bit_cast<std::uint32_t>(x[k + 1]);
      if (!std::isfinite(got[k])) std::swap(finite, beyond);
      while (finite + 1 != beyond && beyond + 1 != finite) {
        const std::uint32_t middle = std::midpoint(finite, beyond);
        float y = std::bit_cast<float>(middle);
        trial_.tiles({&y, 1});
        (std::isfinite(y) ? finite : beyond) = middle;
      }
      if (std::isfinite(static_cast<float>(trial_.wanted(std::bit_cast<float>(beyond)).value))) return false;
    }
    return true;
  }

  /// `scale` is the largest value of the binade.
  bool is_good(float x, float got, const Bounded& want, double scale) const {
    const auto rounded = static_cast<float>(want.value);
    if (trial_.output == TileTrial::Output::kValue && got == 0 && rounded == 0) return std::signbit(got) == std::signbit(rounded);
    if (rounded == got) return true;
    if (std::isinf(want.value)) return false;
    return std::abs(got - want.value) <= tolerance(x, want.value, scale) + (std::isfinite(want.error) ? want.error : 0);
  }

  double tolerance(float x, double value, double scale) const {
    constexpr double kUlp = 0x1p-24, kMostMagnified = 64, kAround = 16;
    const bool is_value = trial_.output == TileTrial::Output::kValue, is_slope = trial_.output == TileTrial::Output::kSlope;
    // Around 0 a slope that cancels to less than those beside it is as good as they are, and so is one of a parameter, of which there are
    // sums, that cancels to less than x.
    const double size = std::abs(x) > kAround ? 0 : is_slope ? 1 : std::abs(x);
    const double beside = is_value ? 0 : is_slope ? std::min(size, scale) : size;
    const double most = kMostMagnified * std::max(std::abs(value), std::min(1.0, size)), passed_on = trial_.passed_on(x);
    const double from_x = std::isfinite(passed_on) ? std::min(passed_on, most) : 0;
    return 16 * kUlp * (std::abs(value) + from_x) + 4 * kUlp * beside + 0x1p-148;
  }

  /// Whether tiles give what the formula means at NaN, an infinity or a zero.
  bool gives_special(float x) const {
    float got = x;
    trial_.tiles({&got, 1});
    const auto want = static_cast<float>(trial_.wanted(x).value);
    return std::isnan(want) ? std::isnan(got) : got == want && std::signbit(got) == std::signbit(want);
  }

  const TileTrial& trial_;
  TileTrust trust_;
};

TileTrust try_tiles(const TileTrial& trial) { return TileTrier(trial).run(); }

}  // namespace rectify
