#include "rectify/activation/tiles.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

#include "rectify/base/aligned.h"
#include "rectify/formula/derivative.h"

namespace rectify {
namespace {

constexpr int kValue = 0, kSlope = 1, kFirstParameter = 2;
// The most samples on which the evaluator tries itself at a time.
constexpr std::size_t kFew = 16;
// Columns that a gradient of parameters takes at a time.
constexpr std::size_t kTile = 512;
// Values that a recording pass takes at a time: so many that a call costs little beside them, so few that they stay in the first cache.
constexpr std::size_t kBlock = kHistogramStride * kRecordedColumns;

/// The expressions, and the derivative of the second, which tells how errors of x grow in f'.
Program with_curvature(std::span<const Expression> expressions) {
  std::vector<Expression> all(expressions.begin(), expressions.end());
  all.push_back(derivative(expressions[kSlope]));
  return lower(all);
}

/// dy f'(x): dy is the parameter behind the last.
TileProgram gradient_of(std::span<const Expression> expressions) {
  const std::size_t parameters = expressions.size() - kFirstParameter;
  const int upstream = static_cast<int>(parameters);
  return TileProgram(lower(Expression::apply(Op::kMultiply, std::array{expressions[kSlope], Expression::parameter(upstream)})), parameters,
                     upstream);
}

/// `times` copies of each parameter's values for `cols` columns, one behind the other.
const float* repeated(ParameterView p, std::size_t parameters, std::size_t cols, std::size_t times) {
  static thread_local AlignedVector<float> mine;
  if (mine.size() < parameters * cols * times) mine.resize(parameters * cols * times);
  float* to = mine.data();
  for (std::size_t j = 0; j < parameters; ++j) {
    for (std::size_t k = 0; k < times; ++k) to = std::copy_n(p.values + j * cols, cols, to);
  }
  return mine.data();
}

/// Calls use(begin, column, count) for rows in pieces of at most `most`, or for all values as one row where columns do not matter.
template <class Use>
void for_each_piece(Extent extent, Sharing sharing, std::size_t most, const Use& use) {
  const bool by_row = sharing == Sharing::kPerColumn;
  const std::size_t rows = by_row ? extent.rows : 1, length = by_row ? extent.cols : extent.rows * extent.cols;
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < length; column += most) use(row * length + column, column, std::min(most, length - column));
  }
}

constexpr std::size_t kUnlimited = std::numeric_limits<std::size_t>::max() / 2;

}  // namespace

/// One call of an array function: what its parts share.
class TileKernels::Call {
 public:
  /// `outputs` are those of `program`, as the scalar program numbers them. With dy, the program multiplies by it.
  Call(const TileKernels& kernels, const TileProgram& program, std::span<const int> outputs, Extent extent, ParameterView p)
      : kernels_(kernels),
        outputs_(outputs),
        p_(p),
        cols_(extent.cols),
        trust_(kernels.trust()),  // which may run tiles, so before run_
        far_(kernels.far_columns(p, cols_)),
        range_(far_.empty() ? range_of(trust_, outputs) : kNothing),
        run_(program, p, extent.cols) {}

  /// Computes n values.
  void run(TilePart part, std::size_t n) {
    while (n > 0) {
      std::size_t done = run_.run(part, n, range_ ? &*range_ : nullptr);
      if (done < n) {
        const std::size_t doubtful = std::min(run_.strip(), n - done);
        run_and_mend(part.behind(done), doubtful);
        done += doubtful;
      }
      part = part.behind(done);
      n -= done;
    }
  }

 private:
  /// What all outputs are trusted with; none if that is everything.
  static std::optional<TileRange> range_of(std::span<const TileTrust> trust, std::span<const int> outputs) {
    bool everywhere = true;
    TileRange range = trust[outputs[0]].about_one();
    for (const int output : outputs) {
      everywhere = everywhere && trust[output].everywhere();
      range = in_both(range, trust[output].about_one());
    }
    return everywhere ? std::nullopt : std::optional(range);
  }

  /// Values of which some are computed in double, since tiles do not compute them well.
  void run_and_mend(const TilePart& part, std::size_t n) {
    std::array<float, kMostStrip> x, dy;  // the results may overwrite them
    std::copy_n(part.x + part.begin, n, x.data());
    if (part.dy != nullptr) std::copy_n(part.dy + part.begin, n, dy.data());
    run_.run(part, n);
    for (std::size_t k = 0; k < outputs_.size(); ++k) {
      for (std::size_t i = 0; i < n; ++i) {
        if (!is_far(part.column + i) && trust_[outputs_[k]].at(x[i])) continue;
        const float value = in_double(outputs_[k], x[i], part.column + i);
        part.outputs[k][part.begin + i] = part.dy == nullptr ? value : value * dy[i];
      }
    }
  }

  bool is_far(std::size_t column) const { return !far_.empty() && far_[p_.sharing == Sharing::kShared ? 0 : column]; }

  float in_double(int output, float x, std::size_t column) const {
    std::array<double, kMostParameters> parameters{};
    for (std::size_t j = 0; j < kernels_.parameters_; ++j) {
      parameters[j] = p_.values[p_.sharing == Sharing::kShared ? j : j * cols_ + column];
    }
    return static_cast<float>(evaluate(kernels_.scalar_, x, parameters, output));
  }

  const TileKernels& kernels_;
  const std::span<const int> outputs_;
  const ParameterView p_;
  const std::size_t cols_;
  const std::span<const TileTrust> trust_;
  const std::vector<bool> far_;
  const std::optional<TileRange> range_;
  TileRun run_;
};

TileKernels::TileKernels(std::span<const Expression> expressions, std::span<const FormulaParameter> parameters)
    : scalar_(with_curvature(expressions)),
      parameters_(expressions.size() - kFirstParameter),
      value_(lower(expressions[kValue]), parameters_),
      slope_(lower(expressions[kSlope]), parameters_),
      gradient_(gradient_of(expressions)),
      both_(lower(expressions.first(2)), parameters_),
      parameter_slopes_(lower(expressions.subspan(kFirstParameter)), parameters_) {
  for (const FormulaParameter& p : parameters) {
    const bool learns = p.learn == Learn::kYes;
    const double near = learns ? p.value / kFarther : p.value, farther = learns ? p.value * kFarther : p.value;
    const bool from_zero = learns && p.value == 0;
    low_.push_back(from_zero ? -1 : std::min(near, farther));
    high_.push_back(from_zero ? 1 : std::max(near, farther));
    middle_.push_back(p.value);
  }
}

/// The columns whose parameters lie outside of where the tiles were tried, empty if there are none.
std::vector<bool> TileKernels::far_columns(ParameterView p, std::size_t cols) const {
  std::vector<bool> far;
  const std::size_t columns = p.sharing == Sharing::kShared ? 1 : cols;
  for (std::size_t j = 0; j < parameters_; ++j) {
    const auto low = static_cast<float>(low_[j]), high = static_cast<float>(high_[j]);
    for (std::size_t i = 0; i < columns; ++i) {
      const float value = p.values[j * columns + i];
      if (value >= low && value <= high) continue;
      far.resize(columns);
      far[i] = true;
    }
  }
  return far;
}

/// The parameter values at which tiles are tried: the formula's own, and corners of the box that learning may reach.
std::vector<std::vector<double>> TileKernels::places_to_try() const {
  std::vector<std::vector<double>> places{middle_};
  if (low_ == high_) return places;
  std::vector<double> mixed = low_, opposite = high_;
  for (std::size_t j = 1; j < parameters_; j += 2) std::swap(mixed[j], opposite[j]);
  places.insert(places.end(), {low_, high_});
  if (mixed != low_) places.insert(places.end(), {mixed, opposite});
  return places;
}

/// Replaces values of x by what tiles make of them.
void TileKernels::run_on_few(int output, std::span<const double> p, std::span<float> x) const {
  const TileProgram& program = output == kValue ? value_ : output == kSlope ? slope_ : parameter_slopes_;
  std::array<float, kMostParameters> parameters{};
  std::copy(p.begin(), p.end(), parameters.begin());
  std::array<std::array<float, kFew>, kMostParameters> results;
  std::array<float*, kMostParameters> outputs;
  std::transform(results.begin(), results.end(), outputs.begin(), [](auto& result) { return result.data(); });
  TileRun(program, {parameters.data()}, 1).run({x.data(), nullptr, outputs.data(), 0, 0}, x.size());
  std::copy_n(results[output < kFirstParameter ? 0 : output - kFirstParameter].begin(), x.size(), x.begin());
}

TileTrust TileKernels::try_output(int output) const {
  constexpr double kKnown = 0x1p-20;  // a bound that is larger tells nothing
  using Output = TileTrial::Output;
  const int slope = output == kValue ? kSlope : output == kSlope ? static_cast<int>(parameters_) + kFirstParameter : -1;
  std::optional<TileTrust> everywhere;
  for (std::vector<double>& p : places_to_try()) {
    std::transform(p.begin(), p.end(), p.begin(), [](double value) { return static_cast<float>(value); });
    const TileTrust here =
        try_tiles({output == kValue   ? Output::kValue
                   : output == kSlope ? Output::kSlope
                                      : Output::kParameterSlope,
                   [&](std::span<float> x) { run_on_few(output, p, x); },
                   [&](float x) {
                     const Bounded bounded = evaluate_bounded(scalar_, x, p, output);
                     return bounded.error <= kKnown * std::abs(bounded.value) ? bounded : Bounded{evaluate(scalar_, x, p, output), 0};
                   },
                   [&](float x) { return slope < 0 ? 0 : std::abs(x * evaluate(scalar_, x, p, slope)); }});
    everywhere = everywhere ? * everywhere &= here : here;
  }
  return *everywhere;
}

std::span<const TileTrust> TileKernels::trust() const {
  std::call_once(tried_, [this] {
    for (std::size_t k = 0; k < parameters_ + kFirstParameter; ++k) trust_.push_back(try_output(static_cast<int>(k)));
  });
  return trust_;
}

void TileKernels::forward(const float* x, float* y, Extent extent, ParameterView p) const {
  const int output = kValue;
  Call call(*this, value_, std::span(&output, 1), extent, p);
  for_each_piece(extent, p.sharing, kUnlimited, [&](std::size_t begin, std::size_t column, std::size_t count) {
    call.run({x, nullptr, &y, begin, column}, count);
  });
}

void TileKernels::grad_from_input(const float* x, const float* dy, float* dx, Extent extent, ParameterView p) const {
  const int output = kSlope;
  Call call(*this, gradient_, std::span(&output, 1), extent, p);
  for_each_piece(extent, p.sharing, kUnlimited, [&](std::size_t begin, std::size_t column, std::size_t count) {
    call.run({x, dy, &dx, begin, column}, count);
  });
}

void TileKernels::grad_parameters(const float* x, const float* dy, float* dp, Extent extent, ParameterView p) const {
  alignas(kAlignment) float slopes[kMostParameters][kTile];
  std::array<int, kMostParameters> outputs{};
  std::array<double, kMostParameters> total{};
  std::array<float*, kMostParameters> results{};
  for (std::size_t j = 0; j < parameters_; ++j) {
    outputs[j] = static_cast<int>(j) + kFirstParameter;
    results[j] = slopes[j];
  }
  Call call(*this, parameter_slopes_, std::span(outputs.data(), parameters_), extent, p);
  for_each_piece(extent, p.sharing, kTile, [&](std::size_t begin, std::size_t column, std::size_t count) {
    call.run({x + begin, nullptr, results.data(), 0, column}, count);
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
  alignas(kAlignment) float input[kBlock], slopes[kBlock];
  const std::array<int, 2> outputs{kValue, kSlope};
  const auto [rows, cols] = extent;
  // Narrow rows are taken together, as if they were one.
  const std::size_t width = std::clamp<std::size_t>(cols, 1, kRecordedColumns);
  const std::size_t height = std::min(rows, kBlock / width / kHistogramStride * kHistogramStride);
  const bool together = width == cols;
  Extent whole = extent;
  if (together && p.sharing == Sharing::kPerColumn) {
    p.values = repeated(p, parameters_, cols, height);
    whole.cols = cols * height;
  }
  Call call(*this, both_, outputs, whole, p);
  for (std::size_t column = 0; column < cols; column += width) {
    const std::size_t n = std::min(width, cols - column);
    for (std::size_t row = 0; row < rows; row += height) {
      const std::size_t count = std::min(height, rows - row);
      const float* const from = x + row * cols + column;
      float* const to = y + row * cols + column;
      for (std::size_t r = 0; r < count; ++r) std::copy_n(from + r * cols, n, input + r * n);  // y may be x
      for (std::size_t r = 0; r < count; r += together ? count : 1) {
        const std::array<float*, 2> results{to + r * cols, slopes + r * n};
        call.run({input + r * n, nullptr, results.data(), 0, column}, together ? count * n : n);
      }
      tile_ops().accumulate({input, to, slopes, count, n, cols}, sums, column);
    }
  }
}

}  // namespace rectify
