// The tile evaluator: runs a formula, its slope and its parameter slopes over arrays, an operation at a time on strips that stay in
// registers.
#pragma once

#include <mutex>
#include <span>
#include <vector>

#include "rectify/activation/tile_program.h"
#include "rectify/activation/tile_trust.h"

namespace rectify {

/// An activation's formula as array functions, each with the meaning of Activation's of the same name.
///
/// Tiles compute in single precision, where a step may overflow or cancel though the end does not (x / sqrt(1 + x^2) at 1e20). So the
/// evaluator tries itself all over the floats when it first runs, and computes in double, one by one, where it failed.
///
/// That holds for the parameter values it was tried with: the formula's own, and for learnt ones a factor of 4 both ways (-1 to 1 from 0).
/// A column whose parameters lie elsewhere is computed in double, right and slower: so what comes out depends on the values alone, not on
/// calls before, and no step of training tries anything again.
class TileKernels {
 public:
  /// `expressions` are f, f', df/dp_0, df/dp_1, ... of the formula with these parameters.
  TileKernels(std::span<const Expression> expressions, std::span<const FormulaParameter> parameters);

  void forward(const float* x, float* y, Extent extent, ParameterView p) const;
  void grad_from_input(const float* x, const float* dy, float* dx, Extent extent, ParameterView p) const;
  void grad_parameters(const float* x, const float* dy, float* dp, Extent extent, ParameterView p) const;
  void forward_recording(const float* x, float* y, Extent extent, ParameterView p, const ColumnSums& sums) const;

 private:
  class Call;

  std::span<const TileTrust> trust() const;
  TileTrust try_output(int output) const;
  void run_on_few(int output, std::span<const double> parameters, std::span<float> x) const;
  std::vector<bool> far_columns(ParameterView p, std::size_t cols) const;
  std::vector<std::vector<double>> places_to_try() const;

  Program scalar_;                           // f, f', df/dp_j, f''
  static constexpr double kFarther = 4;      // how far learnt parameters may go
  std::vector<double> low_, middle_, high_;  // of each parameter, where tiles are tried
  std::size_t parameters_;
  TileProgram value_, slope_, gradient_, both_, parameter_slopes_;
  mutable std::once_flag tried_;
  mutable std::vector<TileTrust> trust_;  // by output
};

}  // namespace rectify
