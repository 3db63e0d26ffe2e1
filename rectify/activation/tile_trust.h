// Where tiles compute well, found by trying them.
#pragma once

#include <bit>
#include <bitset>
#include <cstdint>
#include <functional>
#include <span>

#include "rectify/activation/tile_ops.h"
#include "rectify/formula/program.h"

namespace rectify {

/// A range with no float.
inline constexpr TileRange kNothing{0x80000000, 0};

/// A set of floats, in cells: an eighth of a binade of one sign each, subnormals eight cells together.
class TileTrust {
 public:
  /// None.
  TileTrust() = default;

  bool at(float x) const { return x == 0 ? zeros_ : cells_[std::bit_cast<std::uint32_t>(x) >> kCellBits]; }
  bool everywhere() const { return everywhere_; }
  /// Magnitudes about 1 that are all in, with both signs.
  const TileRange& about_one() const { return about_one_; }
  /// Leaves what is in both.
  TileTrust& operator&=(const TileTrust& other);

 private:
  friend class TileTrier;
  static constexpr int kCellBits = 20, kCellsOfBinade = 8, kBinades = 256;  // the last one's are infinity and NaN
  static constexpr std::size_t kCells = std::size_t{1} << (32 - kCellBits);

  /// Sets what follows from cells and zeros.
  void conclude();

  std::bitset<kCells> cells_;
  bool zeros_ = false, everywhere_ = false;
  TileRange about_one_ = kNothing;
};

/// The magnitudes in both of two ranges.
TileRange in_both(const TileRange& a, const TileRange& b);

/// A function of one x that tiles compute, and what they should.
struct TileTrial {
  enum class Output { kValue, kSlope, kParameterSlope };

  Output output;
  std::function<void(std::span<float>)> tiles;  ///< replaces each x by what they make of it
  std::function<Bounded(float)> wanted;         ///< with an error that is not known where it is infinite
  std::function<double(float)> passed_on;       ///< |x f'(x)|: what an error of x, relative, makes of one of the value; 0 if not known
};

/// Where tiles do well on samples: on 8 ULP, or what a few ULP of error in x itself would do, as long as that leaves digits.
TileTrust try_tiles(const TileTrial& trial);

}  // namespace rectify
