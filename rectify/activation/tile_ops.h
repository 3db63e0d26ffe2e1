// The operations of the tile evaluator, one function an operation and operand shape, for the current SIMD target.
#pragma once

#include <array>
#include <cstddef>

#include "rectify/formula/expression.h"

namespace rectify {

/// Values in a tile: each operand is one tile, or one number for the whole tile. So large that choosing an operation costs little beside
/// running it, so small that a formula's tiles stay in L1.
inline constexpr std::size_t kTile = 512;
/// Tiles are processed in multiples of this many values, a multiple of every target's vector.
inline constexpr std::size_t kTileStep = 16;

/// Rows of the sums that TileOps::accumulate adds to.
inline constexpr std::size_t kTileSums = 8;

/// out[i] = op(in[0][i], in[1][i], ...) for n values, n a multiple of kTileStep; a uniform operand's single value is read instead. out may
/// be an operand.
using TileOp = void (*)(const float* const* in, float* out, std::size_t n);

/// Which operands are uniform, as bits: 1 for the first and 2 for the second of a binary operation; 1 for the second and 2 for the third of
/// a select; 1, 2 and 4 for the last three of a comparison with a select.
inline constexpr int kTileVariants = 4;
inline constexpr int kCompareSelectVariants = 8;
inline constexpr int kComparisons = 6;

/// The operations of one SIMD target; null where a variant cannot occur.
struct TileOps {
  std::array<std::array<TileOp, kTileVariants>, static_cast<std::size_t>(Op::kSelect) + 1> apply;
  /// compare(in[0], in[1]) ? in[2] : in[3], by comparison in the order of Op.
  std::array<std::array<TileOp, kCompareSelectVariants>, kComparisons> compare_select;
  /// (1 / cosh(in[0]))^2.
  TileOp sech_squared;
  /// in[0][0] everywhere.
  TileOp fill;
  /// Whether low <= |x| <= high holds for every one of n values, n a multiple of kTileStep. It does not for NaN.
  bool (*all_within)(const float* x, float low, float high, std::size_t n);
  /// Adds x, x^2, y, y^2, x y, slope^2, slope == 0 and |slope| < threshold to the kTile-long rows of `sums`, n a multiple of kTileStep.
  void (*accumulate)(const float* x, const float* y, const float* slope, float threshold, float* sums, std::size_t n);
};

/// Those of the current target.
const TileOps& tile_ops();

}  // namespace rectify
