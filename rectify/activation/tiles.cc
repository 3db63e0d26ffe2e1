#include "rectify/activation/tiles.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "rectify/base/aligned.h"
#include "rectify/formula/derivative.h"

namespace rectify {
namespace {

/// Tiles of the calling thread, grown as needed.
float* scratch(std::size_t tiles) {
  static thread_local AlignedVector<float> memory;
  if (memory.size() < tiles * kTile) memory.resize(tiles * kTile);
  return memory.data();
}

constexpr std::size_t kMostOutputs = kMostParameters;

std::size_t padded(std::size_t n) { return (n + kTileStep - 1) / kTileStep * kTileStep; }

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

}  // namespace

TileProgram::TileProgram(const Program& program) { assign_tiles(program); }

void TileProgram::assign_tiles(const Program& program) {
  constexpr std::size_t kForever = std::numeric_limits<std::size_t>::max();
  const auto& code = program.code;
  std::vector<std::size_t> last_use(code.size(), 0);
  for (std::size_t i = 0; i < code.size(); ++i) {
    const int n = arity(code[i].op);
    if (n > 0) last_use[code[i].a] = i;
    if (n > 1) last_use[code[i].b] = i;
    if (n > 2) last_use[code[i].c] = i;
  }
  for (const std::uint16_t output : program.outputs) last_use[output] = kForever;

  std::vector<Operand> results(code.size());
  std::vector<std::uint16_t> free;
  for (std::size_t i = 0; i < code.size(); ++i) {
    const Instruction& instruction = code[i];
    const int n = arity(instruction.op);
    if (instruction.op == Op::kConstant) {
      results[i] = {Place::kConstant, static_cast<std::uint16_t>(constants_.size())};
      constants_.push_back(static_cast<float>(instruction.value));
    } else if (instruction.op == Op::kParameter) {
      results[i] = {Place::kParameter, instruction.a};
    }
    if (n == 0) continue;
    Step step{instruction.op, {}, 0};
    const std::array<std::uint16_t, 3> arguments{instruction.a, instruction.b, instruction.c};
    for (int k = 0; k < n; ++k) {
      step.operands[k] = results[arguments[k]];
      // An operation may write over its operand, so the tile of one that is used here for the last time is free at once.
      const bool seen = std::find(arguments.begin(), arguments.begin() + k, arguments[k]) != arguments.begin() + k;
      if (step.operands[k].place == Place::kResult && last_use[arguments[k]] == i && !seen) free.push_back(step.operands[k].index);
    }
    if (free.empty()) free.push_back(tiles_++);
    step.out = free.back();
    free.pop_back();
    results[i] = {Place::kResult, step.out};
    steps_.push_back(step);
  }
  for (const std::uint16_t output : program.outputs) outputs_.push_back(results[output]);
}

/// The state of one run: operands' addresses and shapes.
struct TileProgram::Run {
  const TileProgram& program;
  const TileOps& ops;
  const float* x;
  const TileParameters& parameters;
  float* tiles;
  std::size_t n;

  float* tile(std::size_t index) const { return tiles + index * kTile; }
  float* spare() const { return tile(program.tiles_); }

  bool uniform(const Operand& operand) const {
    return operand.place == Place::kConstant || (operand.place == Place::kParameter && parameters.sharing == Sharing::kShared);
  }

  const float* address(const Operand& operand) const {
    switch (operand.place) {
      case Place::kInput: return x;
      case Place::kConstant: return &program.constants_[operand.index];
      case Place::kParameter: return parameters.values[operand.index];
      case Place::kResult: break;
    }
    return tile(operand.index);
  }

  /// The operand as a tile: what is uniform is spread over the spare one.
  const float* as_tile(const Operand& operand) const {
    if (!uniform(operand)) return address(operand);
    ops.fill(address(operand), nullptr, nullptr, spare(), n);
    return spare();
  }

  void apply(const Step& step, float* out) const {
    const auto& [a, b, c] = step.operands;
    const auto& variants = ops.apply[static_cast<std::size_t>(step.op)];
    switch (arity(step.op)) {
      case 1: return variants[0](as_tile(a), nullptr, nullptr, out, n);
      case 2:
        if (uniform(a) && !uniform(b)) return variants[1](address(a), address(b), nullptr, out, n);
        return variants[uniform(b) ? 2 : 0](as_tile(a), address(b), nullptr, out, n);
      default: return variants[(uniform(b) ? 1 : 0) + (uniform(c) ? 2 : 0)](as_tile(a), address(b), address(c), out, n);
    }
  }
};

void TileProgram::run(const TileOps& ops, const float* x, const TileParameters& parameters, float* direct, std::span<const float*> results,
                      std::size_t n) const {
  const std::size_t spares = 1 + outputs_.size();
  const Run state{*this, ops, x, parameters, scratch(tiles_ + spares), n};
  // The last step may write to `direct` at once if its result is output 0 and no other output.
  const bool last_is_first = !steps_.empty() && outputs_[0].place == Place::kResult && outputs_[0].index == steps_.back().out;
  const bool direct_last = direct != nullptr && outputs_.size() == 1 && last_is_first;
  for (const Step& step : steps_) state.apply(step, direct_last && &step == &steps_.back() ? direct : state.tile(step.out));

  for (std::size_t k = 0; k < outputs_.size(); ++k) {
    if (state.uniform(outputs_[k])) {
      ops.fill(state.address(outputs_[k]), nullptr, nullptr, state.tile(tiles_ + 1 + k), n);
      results[k] = state.tile(tiles_ + 1 + k);
    } else {
      results[k] = state.address(outputs_[k]);
    }
  }
  if (direct == nullptr) return;
  if (!direct_last && direct != results[0]) std::copy_n(results[0], n, direct);
  results[0] = direct;
}

namespace {

/// The expressions, and the derivative of the second, which tells how errors of x grow in f'.
Program with_curvature(std::span<const Expression> expressions) {
  std::vector<Expression> all(expressions.begin(), expressions.end());
  all.push_back(derivative(expressions[1]));
  return lower(all);
}

}  // namespace

TileKernels::TileKernels(std::span<const Expression> expressions, std::span<const double> defaults)
    : scalar_(with_curvature(expressions)),
      defaults_(defaults.begin(), defaults.end()),
      parameters_(expressions.size() - 2),
      value_(lower(expressions.subspan(0, 1))),
      slope_(lower(expressions.subspan(1, 1))),
      both_(lower(expressions.subspan(0, 2))),
      parameter_slopes_(lower(expressions.subspan(2))) {}

/// What error at x counts as good: 8 ULP, or what a few ULP of error in x itself would do as long as that leaves digits.
double TileKernels::tolerance(double x, int output) const {
  constexpr double kUlp = 0x1p-24;
  const double value = evaluate(scalar_, x, defaults_, output);
  const int slope = output == 0 ? 1 : output == 1 ? static_cast<int>(parameters_) + 2 : -1;
  constexpr double kMostMagnified = 64;
  const double passed_on = slope < 0 ? 0 : std::abs(x * evaluate(scalar_, x, defaults_, slope));
  // A slope that cancels to less than the slopes around it, or a value to less than x, is as good as those are.
  const double size = output == 1 ? 1 : std::abs(x);
  const double most = kMostMagnified * std::max(std::abs(value), std::min(1.0, size));
  return 16 * kUlp * (std::abs(value) + (std::isfinite(passed_on) ? std::min(passed_on, most) : 0)) + 4 * kUlp * size + 0x1p-148;
}

TileKernels::Trusted TileKernels::try_binades(int output) const {
  constexpr int kLowest = -149, kHighest = 127, kSamples = kTileStep / 2;
  const TileProgram& program = output == 0 ? value_ : output == 1 ? slope_ : parameter_slopes_;
  std::array<float, kMostParameters> values{};
  std::array<const float*, kMostParameters> parameters{};
  for (std::size_t j = 0; j < parameters_; ++j) {
    values[j] = static_cast<float>(defaults_[j]);
    parameters[j] = &values[j];
  }
  const auto good = [&](int exponent) {
    alignas(kAlignment) float x[kTileStep] = {};
    for (int i = 0; i < 2 * kSamples; ++i) {
      x[i] = static_cast<float>(std::ldexp((i % 2 ? -1 : 1) * (1 + (i / 2 + 0.37) / kSamples), exponent));
    }
    std::array<const float*, kMostOutputs> results{};
    program.run(tile_ops(), x, {parameters, Sharing::kShared}, nullptr, results, kTileStep);
    for (int i = 0; i < 2 * kSamples; ++i) {
      const Bounded want = evaluate_bounded(scalar_, x[i], defaults_, output);
      const float got = results[output < 2 ? 0 : output - 2][i];
      if (static_cast<float>(want.value) == got) continue;
      if (!(std::abs(got - want.value) <= tolerance(x[i], output) + want.error)) return false;
    }
    return true;
  };
  int low = 0, high = 0;
  while (low > kLowest && good(low - 1)) --low;
  while (high <= kHighest && good(high)) ++high;
  if (low == 0 && high == 0) return {1, 0};  // none
  return {low == kLowest ? 0.0f : std::ldexp(1.0f, low),
          high > kHighest ? std::numeric_limits<float>::max() : std::nextafter(std::ldexp(1.0f, high), 0.0f)};
}

std::span<const TileKernels::Trusted> TileKernels::trusted() const {
  std::call_once(tried_, [this] {
    for (std::size_t k = 0; k < parameters_ + 2; ++k) trusted_.push_back(try_binades(static_cast<int>(k)));
  });
  return trusted_;
}

/// Calls use(part) for every part of the array. Rows are kept apart where parameters differ by column.
template <class Use>
void TileKernels::for_each_part(const float* x, Extent extent, Sharing sharing, const Use& use) const {
  const bool by_row = sharing == Sharing::kPerColumn;
  const std::size_t rows = by_row ? extent.rows : 1;
  const std::size_t length = by_row ? extent.cols : extent.rows * extent.cols;
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t column = 0; column < length; column += kTile) {
      const std::size_t begin = row * length + column;
      use(Part{begin, column, std::min(kTile, length - column), x + begin});
    }
  }
}

/// Writes `outputs` of `program`, as the scalar program numbers them, for one part. results[k] may be the part's x.
void TileKernels::evaluate_part(const TileProgram& program, std::span<const int> outputs, const Part& part, Extent extent, ParameterView p,
                                std::span<float* const> results) const {
  const TileOps& ops = tile_ops();
  const std::size_t n = padded(part.count);
  alignas(kAlignment) float input[kTile];
  Trusted range{0, std::numeric_limits<float>::max()};
  for (const int output : outputs) {
    range.low = std::max(range.low, trusted()[output].low);
    range.high = std::min(range.high, trusted()[output].high);
  }
  const float* x = part.x;
  if (n != part.count) {
    std::copy_n(part.x, part.count, input);
    std::fill(input + part.count, input + n, part.x[0]);
    x = input;
  }
  const bool all_good = ops.all_within(x, range.low, range.high, n);
  if (!all_good && x != input) {  // results may overwrite what mend() needs
    std::copy_n(part.x, part.count, input);
    x = input;
  }

  // Parameter rows are padded by copying, like x.
  static thread_local AlignedVector<float> columns;
  std::array<const float*, kMostParameters> values{};
  if (p.sharing == Sharing::kPerColumn && columns.size() < parameters_ * kTile) columns.resize(parameters_ * kTile);
  for (std::size_t j = 0; j < parameters_; ++j) {
    values[j] = p.values + j;
    if (p.sharing == Sharing::kShared) continue;
    float* copy = columns.data() + j * kTile;
    std::copy_n(p.values + j * extent.cols + part.column, part.count, copy);
    std::fill(copy + part.count, copy + n, copy[0]);
    values[j] = copy;
  }

  std::array<const float*, kMostOutputs> where{};
  const bool direct = outputs.size() == 1 && n == part.count;
  program.run(ops, x, {values, p.sharing}, direct ? results[0] : nullptr, where, n);
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    if (where[k] != results[k]) std::copy_n(where[k], part.count, results[k]);
  }
  if (!all_good) mend(outputs, part, x, values, p.sharing, results);
}

/// Computes in double what tiles do not compute well.
void TileKernels::mend(std::span<const int> outputs, const Part& part, const float* x, std::span<const float* const> parameters,
                       Sharing sharing, std::span<float* const> results) const {
  for (std::size_t k = 0; k < outputs.size(); ++k) {
    const Trusted& range = trusted()[outputs[k]];
    for (std::size_t i = 0; i < part.count; ++i) {
      if (std::abs(x[i]) >= range.low && std::abs(x[i]) <= range.high) continue;
      std::array<double, kMostParameters> at{};
      for (std::size_t j = 0; j < parameters_; ++j) at[j] = parameters[j][sharing == Sharing::kShared ? 0 : i];
      results[k][i] = static_cast<float>(evaluate(scalar_, x[i], at, outputs[k]));
    }
  }
}

void TileKernels::forward(const float* x, float* y, Extent extent, ParameterView p) const {
  for_each_part(x, extent, p.sharing, [&](const Part& part) {
    const int output = 0;
    float* const result = y + part.begin;
    evaluate_part(value_, std::span(&output, 1), part, extent, p, std::span(&result, 1));
  });
}

void TileKernels::grad_from_input(const float* x, const float* dy, float* dx, Extent extent, ParameterView p) const {
  alignas(kAlignment) float slope[kTile];
  for_each_part(x, extent, p.sharing, [&](const Part& part) {
    const int output = 1;
    float* const result = slope;
    evaluate_part(slope_, std::span(&output, 1), part, extent, p, std::span(&result, 1));
    tile_ops().multiply(dy + part.begin, slope, dx + part.begin, part.count);
  });
}

void TileKernels::grad_parameters(const float* x, const float* dy, float* dp, Extent extent, ParameterView p) const {
  alignas(kAlignment) float slopes[kMostOutputs][kTile];
  std::array<int, kMostOutputs> outputs{};
  std::array<float*, kMostOutputs> results{};
  std::array<double, kMostOutputs> total{};
  for (std::size_t j = 0; j < parameters_; ++j) {
    outputs[j] = static_cast<int>(j) + 2;
    results[j] = slopes[j];
  }
  for_each_part(x, extent, p.sharing, [&](const Part& part) {
    evaluate_part(parameter_slopes_, std::span(outputs.data(), parameters_), part, extent, p, std::span(results.data(), parameters_));
    for (std::size_t j = 0; j < parameters_; ++j) {
      for (std::size_t i = 0; i < part.count; ++i) {
        const float term = dy[part.begin + i] * slopes[j][i];
        if (p.sharing == Sharing::kShared)
          total[j] += term;
        else
          dp[j * extent.cols + part.column + i] += term;
      }
    }
  });
  for (std::size_t j = 0; j < parameters_ && p.sharing == Sharing::kShared; ++j) dp[j] += static_cast<float>(total[j]);
}

void TileKernels::forward_recording(const float* x, float* y, Extent extent, ParameterView p, const ColumnSums& sums) const {
  // So many rows are summed in single precision before the sums move on to double.
  constexpr std::size_t kRows = 64;
  alignas(kAlignment) float input[kTile], values[kTile], slopes[kTile], tile_sums[kTileSums * kTile] = {};
  const std::array<int, 2> outputs{0, 1};
  const std::array<float*, 2> results{values, slopes};
  const TileOps& ops = tile_ops();
  for (std::size_t column = 0; column < extent.cols; column += kTile) {
    const std::size_t count = std::min(kTile, extent.cols - column);
    for (std::size_t row = 0; row < extent.rows; ++row) {
      const std::size_t begin = row * extent.cols + column;
      std::copy_n(x + begin, count, input);  // y may be x
      evaluate_part(both_, outputs, Part{begin, column, count, input}, extent, p, results);
      std::copy_n(values, count, y + begin);
      // The rest of the last vector is zero in all three, which adds to no sum but the counts, and flush() leaves it out.
      std::fill(input + count, input + padded(count), 0.0f);
      std::fill(values + count, values + padded(count), 0.0f);
      std::fill(slopes + count, slopes + padded(count), 0.0f);
      ops.accumulate(input, values, slopes, sums.flat_threshold, tile_sums, padded(count));
      for (std::size_t i = 0; i < count && row % kHistogramStride == 0; ++i) ++sums.histogram[histogram_bin(input[i])];
      if (row % kRows == kRows - 1 || row + 1 == extent.rows) flush(tile_sums, column, count, sums);
    }
  }
}

}  // namespace rectify
