// An activation function: a formula, what follows from it, and the fastest correct way to run it over arrays.
//
//   rectify::Activation gelu("gelu");
//   gelu.forward(x, y, n);                    // y = f(x)
//   gelu.grad_from_input(x, dy, dx, n);       // dx = dy * f'(x)
//
// Usable alone: raw pointers and a count. The catalogue's functions are exact to the accuracy that docs/accuracy.md tells: f(NaN) is NaN,
// f(+-inf) the limit. Of any formula, compare/rounding.h measures it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rectify/formula/formula.h"
#include "rectify/formula/program.h"

namespace rectify {

/// The most parameters an activation may have.
inline constexpr std::size_t kMostParameters = 14;

/// The side or sides on which f'(x) tends to 0.
enum class Saturates { kNone, kLeft, kRight, kBoth };

/// What is known of an activation, all computed from its formula at its default parameters.
struct Facts {
  double lower, upper;  ///< the range: infimum and supremum of f
  bool monotone;        ///< f never changes direction
  Saturates saturates;
  std::vector<double> kinks;  ///< where f or f' jumps, ascending
  double sup_slope;           ///< sup |f'|
  double flat_threshold;      ///< 5 % of sup |f'|, or of the maximum on [-3, 3] where that is infinite
};

/// rows x cols values, contiguous.
struct Extent {
  std::size_t rows, cols;
};

/// Values of the parameters for an array of an Extent: one for all (values[j]), or one per column (values[j * cols + column]).
enum class Sharing { kShared, kPerColumn };
struct ParameterView {
  const float* values = nullptr;
  Sharing sharing = Sharing::kShared;
};

/// Where a recording pass adds its sums: arrays of one entry a column (see record/stats.h for their meaning). None may be null.
struct ColumnSums {
  double *x, *xx, *y, *yy, *xy, *dd;
  std::int64_t *zero, *flat;
  std::int64_t* histogram;  ///< kHistogramBins entries, from every 16th row
  float flat_threshold;     ///< Facts::flat_threshold
};

/// A recording pass counts the histogram of every such row only.
inline constexpr std::size_t kHistogramStride = 16;
/// The bin of ColumnSums::histogram that counts x: see kHistogramBins in record/stats.h. NaN is counted with 0.
int histogram_bin(float x);

/// Which gives an activation's arrays.
enum class Implementation { kKernel, kTiles };  // hand-written, or the formula run by the tile evaluator

/// An activation function. Immutable, cheap to copy, safe to share between threads.
class Activation {
 public:
  /// The activation that `spec` describes: a catalogue name ("relu"), with parameters by name ("elu(alpha=0.5)"), a formula in x
  /// ("x * tanh(softplus(x))"), or a named formula with parameters ("mine = x * sigmoid(b*x); b = 1 learn").
  /// Errors: [activation] unknown name with the nearest ones, unknown parameter; [formula] see parse_formula().
  explicit Activation(std::string_view spec);

  /// The catalogue's or the formula's own name, or the formula's text where it has none.
  const std::string& name() const;
  /// A SPEC that gives this activation again.
  const std::string& spec() const;
  const Formula& formula() const;
  const Expression& derivative() const;
  /// Code for f, f', df/dp_0, df/dp_1, ..., in this order.
  const Program& program() const;
  /// The parameters with their values.
  std::span<const FormulaParameter> parameters() const;
  /// Whether training changes any parameter.
  bool learns() const;
  /// Computed on first use, then kept.
  const Facts& facts() const;

  /// f(x) and f'(x) in double, at the default parameters.
  double value(double x) const;
  double slope(double x) const;
  Bounded value_bounded(double x) const;
  Bounded slope_bounded(double x) const;
  /// d f / d parameter j in double, at the default parameters.
  double parameter_slope(double x, int j) const;

  /// y = f(x) for n values with the default parameters. y may be x.
  void forward(const float* x, float* y, std::size_t n) const;
  /// dx = dy * f'(x). dx may be dy or x.
  void grad_from_input(const float* x, const float* dy, float* dx, std::size_t n) const;

  /// The same with given parameters.
  void forward(const float* x, float* y, Extent extent, ParameterView p) const;
  void grad_from_input(const float* x, const float* dy, float* dx, Extent extent, ParameterView p) const;
  /// Adds the sums over rows of dy * df/dp_j to dp, laid out like the parameters (p.sharing).
  void grad_parameters(const float* x, const float* dy, float* dp, Extent extent, ParameterView p) const;
  /// y = f(x), bit for bit as forward(), and adds each column's sums. y may be x.
  void forward_recording(const float* x, float* y, Extent extent, ParameterView p, const ColumnSums& sums) const;

  Implementation implementation() const;
  /// The same activation run by the tile evaluator even where it has a hand-written kernel.
  Activation as_tiles() const;

  struct Impl;

 private:
  explicit Activation(std::shared_ptr<const Impl> impl);
  std::shared_ptr<const Impl> impl_;
};

/// An entry of the catalogue.
struct CatalogueEntry {
  std::string_view name;     ///< "leaky_relu"
  std::string_view aliases;  ///< other libraries' spellings, separated by spaces
  std::string_view formula;  ///< "x > 0 ? x : slope * x; slope = 0.01"
  std::string_view group;    ///< "lecture"
  std::string_view source;   ///< author, year
};

/// All activations that are formulas of one variable, by group.
std::span<const CatalogueEntry> catalogue();
/// What is called an activation but is no function of one variable: maxout, which a network text takes; softmax and log_softmax (rows.h);
/// the gated family, where a row is a's values and then b's (gated.h). Activation does not take these names.
std::span<const CatalogueEntry> layer_catalogue();
/// All names, without aliases, in the same order.
std::vector<std::string> catalogue_names();
/// The name of a catalogue activation that computes the same function, found by comparing values and slopes, if there is one.
std::optional<std::string> known_as(const Activation& activation);

}  // namespace rectify
