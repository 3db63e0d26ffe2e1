// The operations of the tile evaluator, one function an operation and operand shape, for the current SIMD target.
#pragma once

#include <array>
#include <cstddef>

#include "rectify/formula/expression.h"

namespace rectify {

/// Values in a tile: each operand is one tile, or one number for the whole tile.
inline constexpr std::size_t kTile = 256;
/// Tiles are processed in multiples of this many values, a multiple of every target's vector.
inline constexpr std::size_t kTileStep = 16;

/// Rows of the sums that TileOps::accumulate adds to.
inline constexpr std::size_t kTileSums = 8;

/// out[i] = op(a[i], b[i], c[i]) for n values, n a multiple of kTileStep; a uniform operand's single value is read instead. out may be an
/// operand.
using TileOp = void (*)(const float* a, const float* b, const float* c, float* out, std::size_t n);

/// Which operands are uniform, as bits: 1 for b, 2 for c of a select; 1 for a, 2 for b of a binary operation.
inline constexpr int kTileVariants = 4;

/// The operations of one SIMD target: apply[op][variant]; null where a variant cannot occur.
struct TileOps {
  std::array<std::array<TileOp, kTileVariants>, static_cast<std::size_t>(Op::kSelect) + 1> apply;
  /// out[i] = value[0].
  TileOp fill;
  /// Whether low <= |x| <= high holds for every one of n values, n a multiple of kTileStep. It does not for NaN.
  bool (*all_within)(const float* x, float low, float high, std::size_t n);
  /// out[i] = a[i] * b[i] for any n.
  void (*multiply)(const float* a, const float* b, float* out, std::size_t n);
  /// Adds x, x^2, y, y^2, x y, slope^2, slope == 0 and |slope| < threshold to the kTile-long rows of `sums`, n a multiple of kTileStep.
  void (*accumulate)(const float* x, const float* y, const float* slope, float threshold, float* sums, std::size_t n);
};

/// Those of the current target.
const TileOps& tile_ops();

}  // namespace rectify
