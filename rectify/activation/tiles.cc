#include "rectify/activation/tiles.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "rectify/base/aligned.h"
#include "rectify/formula/derivative.h"

namespace rectify {
namespace {

constexpr int kValue = 0, kSlope = 1, kFirstParameter = 2;
constexpr std::size_t kMostOutputs = kMostParameters;

/// Tiles of the calling thread, grown as needed. Memory number `which` is apart from the others.
float* scratch(int which, std::size_t tiles) {
  static thread_local AlignedVector<float> memory[2];
  if (memory[which].size() < tiles * kTile) memory[which].resize(tiles * kTile);
  return memory[which].data();
}

std::size_t padded(std::size_t n) { return (n + kTileStep - 1) / kTileStep * kTileStep; }

/// Copies n values and repeats the first up to a whole number of steps.
void copy_padded(const float* from, std::size_t n, float* to) {
  std::copy_n(from, n, to);
  std::fill(to + n, to + padded(n), from[0]);
}

/// The expressions, and the derivative of the second, which tells how errors of x grow in f'.
Program with_curvature(std::span<const Expression> expressions) {
  std::vector<Expression> all(expressions.begin(), expressions.end());
  all.push_back(derivative(expressions[kSlope]));
  return lower(all);
}

/// dy f'(x): dy is the parameter behind the last.
TileProgram gradient_of(std::span<const Expression> expressions) {
  const int upstream = static_cast<int>(expressions.size()) - kFirstParameter;
  return TileProgram(lower(Expression::apply(Op::kMultiply, std::array{expressions[kSlope], Expression::parameter(upstream)})), upstream);
}

/// Adds the single-precision sums of one part's columns to the double ones and clears them.
void flush(float* tile_sums, std::size_t column, std::size_t n, const ColumnSums& sums) {
  double* const to[] = {sums.x, sums.xx, sums.y, sums.yy, sums.xy, sums.dd};
  for (std::size_t k = 0; k < std::size(to); ++k) {
    for (std::size_t i = 0; i < n; ++i) to[k][column + i] += tile_sums[k * kTile + i];
  }
  for (std::size_t i = 0; i < n; ++i) {
    sums.zero[column + i] += static_cast<std::int64_t>(tile_sums[6 * kTile + i]);
    sums.flat[column + i] += static_cast<std::int64_t>(tile_sums[7 * kTile + i]);
  }
  std::fill_n(tile_sums, kTileSums * kTile, 0.0f);
}

/// Calls use(row, column, count) for pieces of at most a tile: of single rows, or of all values as one row where columns do not matter.
template <class Use>
void for_each_piece(Extent extent, bool by_row, const Use& use) {
  const std::size_t rows = by_row ? extent.rows : 1, length = by_row ? extent.cols : extent.rows * extent.cols;
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < length; column += kTile) use(row * length + column, column, std::min(kTile, length - column));
  }
}

}  // namespace

/// One call of an array function: what its parts share.
class TileKernels::Call {
 public:
  /// `outputs` are those of `program`, as the scalar program numbers them. With dy, the program multiplies by it.
  Call(const TileKernels& kernels, const TileProgram& program, std::span<const int> outputs, Extent extent, ParameterView p)
      : kernels_(kernels), program_(program), outputs_(outputs), extent_(extent), p_(p) {
    for (const int output : outputs) {
      const Trusted& trusted = kernels.trusted()[output];
      low_ = std::max(low_, trusted.low);
      high_ = std::min(high_, trusted.high);
      check_ = check_ || !trusted.everywhere();
    }
    for (std::size_t j = 0; j < kernels.parameters_; ++j) parameters_[j] = p.values + j;
    if (p.sharing == Sharing::kPerColumn) columns_ = scratch(1, kernels.parameters_);
    scratch_ = scratch(0, program.tiles());  // after trusted(), which may run tiles itself
  }

  /// Writes output k of a part to results[k].
  void run(const Part& part, std::span<float* const> results) {
    const std::size_t n = padded(part.count);
    const bool whole = n == part.count;
    TileInputs inputs{part.x, part.dy, parameters_, p_.sharing};
    if (!whole) copy_inputs(part, inputs);
    const bool good = !check_ || ops_.all_within(inputs.x, low_, high_, n);
    if (!good && whole) copy_inputs(part, inputs);  // the results may overwrite what mend() needs
    if (p_.sharing == Sharing::kPerColumn) place_columns(part);

    std::array<const float*, kMostOutputs> where;
    program_.run(ops_, inputs, scratch_, whole && outputs_.size() == 1 ? results[0] : nullptr, where, n);
    for (std::size_t k = 0; k < outputs_.size(); ++k) {
      if (where[k] != results[k]) std::copy_n(where[k], part.count, results[k]);
      if (!good) mend(outputs_[k], inputs, part.count, results[k]);
    }
  }

  const TileOps& ops() const { return ops_; }

 private:
  void copy_inputs(const Part& part, TileInputs& inputs) {
    copy_padded(part.x, part.count, x_);
    inputs.x = x_;
    if (part.dy == nullptr) return;
    copy_padded(part.dy, part.count, dy_);
    inputs.upstream = dy_;
  }

  /// The parameters of a part's columns, padded like x.
  void place_columns(const Part& part) {
    for (std::size_t j = 0; j < kernels_.parameters_; ++j) {
      copy_padded(p_.values + j * extent_.cols + part.column, part.count, columns_ + j * kTile);
      parameters_[j] = columns_ + j * kTile;
    }
  }

  /// Computes in double what tiles do not compute well.
  void mend(int output, const TileInputs& inputs, std::size_t n, float* result) const {
    const Trusted& trusted = kernels_.trusted()[output];
    for (std::size_t i = 0; i < n; ++i) {
      if (trusted.at(inputs.x[i])) continue;
      std::array<double, kMostParameters> at{};
      for (std::size_t j = 0; j < kernels_.parameters_; ++j) at[j] = parameters_[j][p_.sharing == Sharing::kShared ? 0 : i];
      const auto value = static_cast<float>(evaluate(kernels_.scalar_, inputs.x[i], at, output));
      result[i] = inputs.upstream == nullptr ? value : value * inputs.upstream[i];
    }
  }

  const TileKernels& kernels_;
  const TileProgram& program_;
  const std::span<const int> outputs_;
  const Extent extent_;
  const ParameterView p_;
  const TileOps& ops_ = tile_ops();
  float* scratch_;
  float* columns_ = nullptr;
  std::array<const float*, kMostParameters> parameters_{};
  float low_ = 0, high_ = std::numeric_limits<float>::max();
  bool check_ = false;
  alignas(kAlignment) float x_[kTile], dy_[kTile];
};

TileKernels::TileKernels(std::span<const Expression> expressions, std::span<const double> defaults)
    : scalar_(with_curvature(expressions)),
      defaults_(defaults.begin(), defaults.end()),
      parameters_(expressions.size() - kFirstParameter),
      value_(lower(expressions[kValue])),
      slope_(lower(expressions[kSlope])),
      gradient_(gradient_of(expressions)),
      both_(lower(expressions.first(2))),
      parameter_slopes_(lower(expressions.subspan(kFirstParameter))) {}

/// What error at x counts as good: 8 ULP, or what a few ULP of error in x itself would do as long as that leaves digits.
double TileKernels::tolerance(double x, int output) const {
  constexpr double kUlp = 0x1p-24, kMostMagnified = 64;
  const double value = evaluate(scalar_, x, defaults_, output);
  const int slope = output == kValue ? kSlope : output == kSlope ? static_cast<int>(parameters_) + kFirstParameter : -1;
  const double passed_on = slope < 0 ? 0 : std::abs(x * evaluate(scalar_, x, defaults_, slope));
  // Around 0 a slope that cancels to less than the slopes beside it, or a value to less than x, is as good as those are.
  constexpr double kAround = 16;
  const double size = std::abs(x) > kAround ? 0 : output == kSlope ? 1 : std::abs(x);
  const double most = kMostMagnified * std::max(std::abs(value), std::min(1.0, size));
  return 16 * kUlp * (std::abs(value) + (std::isfinite(passed_on) ? std::min(passed_on, most) : 0)) + 4 * kUlp * size + 0x1p-148;
}

/// Replaces kTileStep values of x by what tiles make of them.
void TileKernels::run_on_few(int output, std::span<float> x) const {
  const TileProgram& program = output == kValue ? value_ : output == kSlope ? slope_ : parameter_slopes_;
  std::array<float, kMostParameters> values{};
  std::array<const float*, kMostParameters> parameters{};
  for (std::size_t j = 0; j < parameters_; ++j) {
    values[j] = static_cast<float>(defaults_[j]);
    parameters[j] = &values[j];
  }
  std::array<const float*, kMostOutputs> where{};
  program.run(tile_ops(), {x.data(), nullptr, parameters}, scratch(0, program.tiles()), nullptr, where, kTileStep);
  std::copy_n(where[output < kFirstParameter ? 0 : output - kFirstParameter], kTileStep, x.data());
}

TileKernels::Trusted TileKernels::try_output(int output) const {
  constexpr int kLowest = -149, kHighest = 127, kSamples = kTileStep / 2;
  using Few = std::array<float, kTileStep>;
  const auto good = [&](int exponent) {
    Few x;
    for (int i = 0; i < 2 * kSamples; ++i) {
      const int sample = i / 2, sign = i % 2 == 0 ? 1 : -1;
      x[i] = static_cast<float>(std::ldexp(sign * (1 + (sample + 0.37) / kSamples), exponent));
    }
    Few got = x;
    run_on_few(output, got);
    for (std::size_t i = 0; i < x.size(); ++i) {
      const Bounded want = evaluate_bounded(scalar_, x[i], defaults_, output);
      if (static_cast<float>(want.value) == got[i]) continue;
      if (!(std::abs(got[i] - want.value) <= tolerance(x[i], output) + want.error)) return false;
    }
    return true;
  };
  int low = 0, high = 0;
  while (low > kLowest && good(low - 1)) --low;
  while (high <= kHighest && good(high)) ++high;
  Trusted trusted;
  if (low == 0 && high == 0) return trusted;
  trusted.low = low == kLowest ? 0 : std::ldexp(1.0f, low);
  trusted.high = high > kHighest ? std::numeric_limits<float>::max() : std::nextafter(std::ldexp(1.0f, high), 0.0f);

  constexpr float kInfinity = std::numeric_limits<float>::infinity(), kNan = std::numeric_limits<float>::quiet_NaN();
  const Few special{kInfinity, -kInfinity, kNan, 0.0f, -0.0f};
  Few got = special;
  run_on_few(output, got);
  trusted.special = true;
  for (std::size_t i = 0; i < special.size(); ++i) {
    const auto want = static_cast<float>(evaluate(scalar_, special[i], defaults_, output));
    const bool same = std::isnan(want) ? std::isnan(got[i]) : got[i] == want && std::signbit(got[i]) == std::signbit(want);
    trusted.special = trusted.special && same;
  }
  return trusted;
}

std::span<const TileKernels::Trusted> TileKernels::trusted() const {
  std::call_once(tried_, [this] {
    for (std::size_t k = 0; k < parameters_ + kFirstParameter; ++k) trusted_.push_back(try_output(static_cast<int>(k)));
  });
  return trusted_;
}

void TileKernels::forward(const float* x, float* y, Extent extent, ParameterView p) const {
  const int output = kValue;
  Call call(*this, value_, std::span(&output, 1), extent, p);
  for_each_piece(extent, p.sharing == Sharing::kPerColumn, [&](std::size_t begin, std::size_t column, std::size_t count) {
    float* const result = y + begin;
    call.run({x + begin, nullptr, column, count}, std::span(&result, 1));
  });
}

void TileKernels::grad_from_input(const float* x, const float* dy, float* dx, Extent extent, ParameterView p) const {
  const int output = kSlope;
  Call call(*this, gradient_, std::span(&output, 1), extent, p);
  for_each_piece(extent, p.sharing == Sharing::kPerColumn, [&](std::size_t begin, std::size_t column, std::size_t count) {
    float* const result = dx + begin;
    call.run({x + begin, dy + begin, column, count}, std::span(&result, 1));
  });
}

void TileKernels::grad_parameters(const float* x, const float* dy, float* dp, Extent extent, ParameterView p) const {
  alignas(kAlignment) float slopes[kMostOutputs][kTile];
  std::array<int, kMostOutputs> outputs{};
  std::array<float*, kMostOutputs> results{};
  std::array<double, kMostOutputs> total{};
  for (std::size_t j = 0; j < parameters_; ++j) {
    outputs[j] = static_cast<int>(j) + kFirstParameter;
    results[j] = slopes[j];
  }
  Call call(*this, parameter_slopes_, std::span(outputs.data(), parameters_), extent, p);
  for_each_piece(extent, p.sharing == Sharing::kPerColumn, [&](std::size_t begin, std::size_t column, std::size_t count) {
    call.run({x + begin, nullptr, column, count}, std::span(results.data(), parameters_));
    for (std::size_t j = 0; j < parameters_; ++j) {
      for (std::size_t i = 0; i < count; ++i) {
        const float term = dy[begin + i] * slopes[j][i];
        if (p.sharing == Sharing::kShared)
          total[j] += term;
        else
          dp[j * extent.cols + column + i] += term;
      }
    }
  });
  for (std::size_t j = 0; j < parameters_ && p.sharing == Sharing::kShared; ++j) dp[j] += static_cast<float>(total[j]);
}

void TileKernels::forward_recording(const float* x, float* y, Extent extent, ParameterView p, const ColumnSums& sums) const {
  // So many rows are summed in single precision before the sums move on to double.
  constexpr std::size_t kRows = 64;
  alignas(kAlignment) float input[kTile], values[kTile], slopes[kTile], tile_sums[kTileSums * kTile] = {};
  const std::array<int, 2> outputs{kValue, kSlope};
  const std::array<float*, 2> results{values, slopes};
  Call call(*this, both_, outputs, extent, p);
  for (std::size_t column = 0; column < extent.cols; column += kTile) {
    const std::size_t count = std::min(kTile, extent.cols - column);
    for (std::size_t row = 0; row < extent.rows; ++row) {
      const std::size_t begin = row * extent.cols + column;
      std::copy_n(x + begin, count, input);  // y may be x
      call.run({input, nullptr, column, count}, results);
      std::copy_n(values, count, y + begin);
      // The rest of the last vector is zero in all three, which adds to no sum but the counts, and flush() leaves it out.
      for (float* tile : {input, values, slopes}) std::fill(tile + count, tile + padded(count), 0.0f);
      call.ops().accumulate(input, values, slopes, sums.flat_threshold, tile_sums, padded(count));
      for (std::size_t i = 0; i < count && row % kHistogramStride == 0; ++i) ++sums.histogram[histogram_bin(input[i])];
      if (row % kRows == kRows - 1 || row + 1 == extent.rows) flush(tile_sums, column, count, sums);
    }
  }
}

}  // namespace rectify
