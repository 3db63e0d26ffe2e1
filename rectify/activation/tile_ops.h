// What runs tile programs: threaded code over strips of values that stay in registers, for the current SIMD target.
#pragma once

#include <cstddef>
#include <cstdint>

#include "rectify/activation/activation.h"

namespace rectify {

/// Vectors of a strip. They are handed from step to step in registers: as many as the calling convention passes.
inline constexpr std::size_t kStripVectors = 8;
/// The most values of a vector and of a strip on any target.
inline constexpr std::size_t kMostLanes = 16, kMostStrip = kStripVectors * kMostLanes;

/// One step of a tile program: what it computes becomes the new accumulator, the strip that the next step gets.
struct TileStep {
  std::uint16_t code;          ///< see below
  std::uint16_t arguments[4];  ///< the numbers of their places, but for the accumulator
  std::uint16_t output;        ///< the number of the place of a result that is stored
};

/// What a step does with its result.
enum class Then { kGoOn, kStoreAndEnd };
/// Which argument of an operation is the accumulator, if it is not one of number 0, 1, ...
inline constexpr std::size_t kNoArgument = 4, kBothArguments = 5;

// The codes of steps. An operation has one for each kind of its arguments: the accumulator, or in memory a strip or a vector that stands
// for all of a strip, whose bits are then set in `uniform` (1 for the first argument, 2 for the second, ...).
inline constexpr std::uint16_t kEndCode = 0, kLoadCode = 1, kLoadUniformCode = 2, kStoreCode = 3, kStoreAndEndCode = 4;
/// Of the accumulator a: (1 / cosh a)^2, sigmoid(a) sigmoid(-a) and exp(-a^2), each in one go.
inline constexpr std::uint16_t kSechSquaredCode = 5, kSigmoidSlopeCode = 6, kGaussianCode = 7, kUnaryCodes = 8;
inline constexpr std::size_t kUnaries = 20, kBinaries = 7, kComparisons = 3;
inline constexpr std::size_t kBinaryCodes = kUnaryCodes + kUnaries, kCodesOfBinary = 4 * 4 * 2;
inline constexpr std::size_t kChoiceCodes = kBinaryCodes + kBinaries * kCodesOfBinary, kCodesOfComparison = 4 * 16 * 2;
inline constexpr std::size_t kCodes = kChoiceCodes + kComparisons * kCodesOfComparison;

/// op(accumulator).
constexpr std::uint16_t unary_code(Op op) {
  return static_cast<std::uint16_t>(kUnaryCodes + static_cast<std::size_t>(op) - static_cast<std::size_t>(Op::kNegate));
}
/// op(a, b).
constexpr std::uint16_t binary_code(Op op, std::size_t accumulator, unsigned uniform, Then then) {
  const std::size_t number = static_cast<std::size_t>(op) - static_cast<std::size_t>(Op::kAdd);
  const std::size_t from = accumulator < 2 ? accumulator : accumulator - kNoArgument + 2;
  return static_cast<std::uint16_t>(kBinaryCodes + ((number * 4 + from) * 4 + uniform) * 2 + (then == Then::kStoreAndEnd ? 1 : 0));
}
/// comparison(a, b) ? c : d, where the comparison is kLess, kLessEqual or kEqual and one argument is the accumulator.
constexpr std::uint16_t choice_code(Op comparison, std::size_t accumulator, unsigned uniform, Then then) {
  const std::size_t number = comparison == Op::kLess ? 0 : comparison == Op::kLessEqual ? 1 : 2;
  return static_cast<std::uint16_t>(kChoiceCodes + ((number * 4 + accumulator) * 16 + uniform) * 2 + (then == Then::kStoreAndEnd ? 1 : 0));
}

/// Magnitudes: those whose bits are at least `lowest` and no more than `span` above. NaN is none.
struct TileRange {
  std::uint32_t lowest, span;
};

/// Strips to compute, one behind the other.
struct TileJob {
  const TileStep* steps;
  float** places;          ///< where arguments and results lie; inputs are only read
  std::size_t moving;      ///< so many places, the first, go on by a strip after each
  std::size_t input;       ///< the place of x
  std::size_t inputs;      ///< so many places from there on are x and dy
  const TileRange* range;  ///< of x, or null
};

/// Some rows of at most kRecordedColumns columns, as a recording pass has computed them: x and the slopes one row behind the other, y with
/// its rows `y_stride` apart.
struct RecordedBlock {
  const float *x, *y, *slope;
  std::size_t rows, cols, y_stride;
};
inline constexpr std::size_t kRecordedColumns = 256;

/// The evaluator of one SIMD target.
struct TileOps {
  std::size_t strip;  ///< values of a strip
  /// Computes at most `strips` strips, up to the first whose x is not within the range, and returns how many.
  std::size_t (*run)(const TileJob& job, std::size_t strips);
  /// Adds a block's sums to those of the columns from `column` on, its histogram of every kHistogramStride-th row from the first on.
  void (*accumulate)(const RecordedBlock& block, const ColumnSums& sums, std::size_t column);
};

/// That of the current target.
const TileOps& tile_ops();

}  // namespace rectify
