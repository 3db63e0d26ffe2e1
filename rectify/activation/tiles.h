// The tile evaluator: runs a formula, its slope and its parameter slopes over arrays, an operation at a time on tiles that stay in L1.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <span>
#include <vector>

#include "rectify/activation/activation.h"
#include "rectify/activation/tile_ops.h"

namespace rectify {

/// Where a tile program's parameters lie: parameter j is values[j][0], or values[j][0 .. n) for the n values of a tile.
struct TileParameters {
  std::span<const float* const> values;
  Sharing sharing;
};

/// A program prepared for tiles: constants gathered, results assigned to as few tiles as possible.
class TileProgram {
 public:
  explicit TileProgram(const Program& program);

  /// Runs on n values of x, n a multiple of kTileStep and at most kTile, and sets results[k] to where output k lies: x itself, or memory of
  /// the calling thread that is valid until its next run. Output 0 is written to `direct` where that is not null; `direct` may be x.
  void run(const TileOps& ops, const float* x, const TileParameters& parameters, float* direct, std::span<const float*> results,
           std::size_t n) const;

 private:
  enum class Place : std::uint8_t { kInput, kConstant, kParameter, kResult };
  struct Operand {
    Place place = Place::kInput;
    std::uint16_t index = 0;  // of the constant, parameter or tile
  };
  struct Step {
    Op op;
    std::array<Operand, 3> operands;
    std::uint16_t out;  // a tile
  };
  struct Run;

  void assign_tiles(const Program& program);

  std::vector<Step> steps_;
  std::vector<float> constants_;
  std::vector<Operand> outputs_;
  std::uint16_t tiles_ = 0;
};

/// An activation's formula as array functions, each with the meaning of Activation's of the same name.
///
/// Tiles compute in single precision, where a step may overflow or cancel though the end does not (x / sqrt(1 + x^2) at 1e20). So the
/// evaluator tries itself on every binade when it first runs, and computes values of a magnitude at which it failed in double, one by one.
class TileKernels {
 public:
  /// `expressions` are f, f', df/dp_0, df/dp_1, ..., tried at the parameter values `defaults`.
  TileKernels(std::span<const Expression> expressions, std::span<const double> defaults);

  void forward(const float* x, float* y, Extent extent, ParameterView p) const;
  void grad_from_input(const float* x, const float* dy, float* dx, Extent extent, ParameterView p) const;
  void grad_parameters(const float* x, const float* dy, float* dp, Extent extent, ParameterView p) const;
  void forward_recording(const float* x, float* y, Extent extent, ParameterView p, const ColumnSums& sums) const;

 private:
  /// One run's part of an array: `count` values from `begin` on, which are columns `column` on where parameters are per column.
  struct Part {
    std::size_t begin, column, count;
    const float* x;  // padded to a multiple of kTileStep
  };

  template <class Use>
  void for_each_part(const float* x, Extent extent, Sharing sharing, const Use& use) const;
  void evaluate_part(const TileProgram& program, std::span<const int> outputs, const Part& part, Extent extent, ParameterView p,
                     std::span<float* const> results) const;
  void mend(std::span<const int> outputs, const Part& part, const float* x, std::span<const float* const> parameters, Sharing sharing,
            std::span<float* const> results) const;

  /// The magnitudes that tiles compute well.
  struct Trusted {
    float low, high;
  };
  std::span<const Trusted> trusted() const;
  Trusted try_binades(int output) const;
  double tolerance(double x, int output) const;

  Program scalar_;  // the expressions, then f''
  std::vector<double> defaults_;
  mutable std::once_flag tried_;
  mutable std::vector<Trusted> trusted_;  // by output
  std::size_t parameters_;
  TileProgram value_, slope_, both_, parameter_slopes_;
};

}  // namespace rectify
