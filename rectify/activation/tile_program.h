// A formula's program prepared for the tile evaluator, and a call of it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "rectify/activation/activation.h"
#include "rectify/activation/tile_ops.h"
#include "rectify/base/aligned.h"

namespace rectify {

/// Steps over strips of values. A step hands its result to the next one in registers; what is needed later is stored on the way. What is
/// cheaper together is joined (a comparison with its select, 1 / cosh squared).
///
/// Places are numbered: outputs, x, dy if there is one, parameters, constants, scratch.
class TileProgram {
 public:
  /// `parameters` is their number, without that which stands for dy: `upstream`, if given.
  TileProgram(const Program& program, std::size_t parameters, std::optional<int> upstream = {});

  /// The steps for parameters of that kind.
  const TileStep* steps(Sharing sharing) const { return (sharing == Sharing::kShared ? shared_ : per_column_).data(); }
  std::size_t outputs() const { return outputs_; }
  std::size_t inputs() const { return inputs_; }
  std::size_t parameters() const { return parameters_; }
  std::size_t constants() const { return constants_.size() / kMostLanes; }
  std::size_t scratch() const { return scratch_; }
  /// Constant number k, kMostLanes times.
  const float* constant(std::size_t k) const { return constants_.data() + k * kMostLanes; }

 private:
  class Compiler;

  std::size_t outputs_, inputs_, parameters_, scratch_ = 0;
  std::vector<TileStep> shared_, per_column_;
  AlignedVector<float> constants_;
};

/// A part of an array: `begin` is the place of its first value. Where a program has one output, that may lie over x or dy.
struct TilePart {
  const float* x;
  const float* dy;        ///< null where the program has none
  float* const* outputs;  ///< one for each
  std::size_t begin;
  std::size_t column;  ///< of the first value, where parameters are per column

  /// What follows `n` values.
  TilePart behind(std::size_t n) const { return {x, dy, outputs, begin + n, column + n}; }
};

/// A call of a program. Its memory is the calling thread's, which has one at a time.
class TileRun {
 public:
  /// Parameters per column are `cols` apart.
  TileRun(const TileProgram& program, ParameterView p, std::size_t cols);

  /// Computes n values, but only up to the strip with the first x that is not in `range`, if given. Returns how many.
  std::size_t run(const TilePart& part, std::size_t n, const TileRange* range = nullptr);
  /// The most values that run() leaves because of one x.
  std::size_t strip() const { return ops_.strip; }

 private:
  std::size_t run_strips(const TilePart& part, std::size_t strips, const TileRange* range);
  bool run_few(const TilePart& part, std::size_t n, const TileRange* range);
  std::size_t run_places(std::size_t strips, const TileRange* range);
  template <class Add>
  void add_inputs(const TilePart& part, const Add& add) const;

  const TileProgram& program_;
  const ParameterView p_;
  const std::size_t cols_;
  const TileOps& ops_;
  std::size_t moving_;  // places that go from strip to strip, the first ones
  float** places_;
  float* few_;  // a strip for each of them
};

}  // namespace rectify
