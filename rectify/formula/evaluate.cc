// Formulas in double precision, with and without a bound on the error, and their limits at infinity.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <vector>

#include "rectify/formula/operation.h"
#include "rectify/formula/program.h"
#include "rectify/formula/wide.h"

namespace rectify {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kRounding = 0x1p-53;
constexpr double kSmallest = 0x1p-1074;
// What glibc promises for double: at most a few units in the last place for the functions used here (its manual, "Known Maximum Errors in
// Math Functions"); 8 halves of one cover all of them.
constexpr double kFunctionError = 8 * kRounding;

/// The results of all steps at x, in r[0], r[1], ...
void run_steps(const Program& program, double x, std::span<const double> parameters, double* r) {
  for (std::size_t i = 0; i < program.code.size(); ++i) {
    const Instruction& s = program.code[i];
    switch (s.op) {
      case Op::kConstant: r[i] = s.value; break;
      case Op::kX: r[i] = x; break;
      case Op::kParameter: r[i] = parameters[s.a]; break;
      default: {
        const int n = arity(s.op);
        r[i] = operate(s.op, r[s.a], n > 1 ? r[s.b] : 0, n > 2 ? r[s.c] : 0);
      }
    }
  }
}

/// Output `output` where a step leaves the range of double on the way, with every rounding changed at random by as much as it may be off,
/// or with none where `seed` is 0. What several steps share, such as a large exponent, is changed for all of them alike.
double run_nudged(const Program& program, double x, std::span<const double> parameters, int output, std::uint32_t seed) {
  constexpr double kNudge = 0x1p-50;
  std::vector<Wide> r(program.outputs[output] + 1);  // what comes after is for other outputs
  for (std::size_t i = 0; i < r.size(); ++i) {
    const Instruction& s = program.code[i];
    switch (s.op) {
      case Op::kConstant: r[i] = Wide(s.value); break;
      case Op::kX: r[i] = Wide(x); break;
      case Op::kParameter: r[i] = Wide(parameters[s.a]); break;
      default: {
        const std::uint32_t random = (static_cast<std::uint32_t>(i) * 2 + 1) * 0x9E3779B1u * seed >> 24;
        r[i] = nudged(s.op, r[s.a], r[s.b], operate(s.op, r[s.a], r[s.b], r[s.c]), seed == 0 ? 0 : kNudge * (random / 127.5 - 1));
      }
    }
  }
  return r[program.outputs[output]].value();
}

/// The same with an estimate of its error, no proof: eight times what rounding differently made of it, and at least 2^-30 of the value.
/// Source of the idea: Vignes 1993, "A stochastic arithmetic for reliable scientific computation".
Bounded run_wide(const Program& program, double x, std::span<const double> parameters, int output) {
  const double value = run_nudged(program, x, parameters, output, 0);
  double spread = 0;
  for (const std::uint32_t seed : {1u, 3u, 7u}) {
    const double other = run_nudged(program, x, parameters, output, seed);
    if (std::isinf(value) && other != value) return {kNan, kInfinity};
    if (other != value) spread = std::max(spread, std::isnan(other) ? kInfinity : std::abs(other - value));
  }
  return {value, std::isfinite(value) ? 8 * spread + 0x1p-30 * std::abs(value) : kInfinity};
}

/// Whether step i of r made infinity, or 0 of what is not 0.
bool leaves_range(const Program& program, const double* r, std::size_t i) {
  if (std::isinf(r[i])) return true;
  if (r[i] != 0) return false;
  const Instruction& s = program.code[i];
  switch (s.op) {
    case Op::kExp:
    case Op::kSigmoid:
    case Op::kSoftplus: return true;
    case Op::kMultiply: return r[s.a] != 0 && r[s.b] != 0;
    case Op::kDivide:
    case Op::kPower: return r[s.a] != 0;
    default: return false;
  }
}

bool any_leaves_range(const Program& program, const double* r) {
  for (std::size_t i = 0; i < program.code.size(); ++i) {
    if (leaves_range(program, r, i)) return true;
  }
  return false;
}

/// Whether a comparison or a choice sees NaN, or two infinities or zeros that are equal because double holds no more of them, so that
/// either may be the larger.
bool compares_what_left_range(const Program& program, const double* r) {
  const auto in_doubt = [&](const Instruction& s) {
    const bool compares = is_comparison(s.op) || s.op == Op::kMin || s.op == Op::kMax;
    if (!compares) return false;
    return std::isnan(r[s.a]) || std::isnan(r[s.b]) || (r[s.a] == r[s.b] && (r[s.a] == 0 || std::isinf(r[s.a])));
  };
  if (std::none_of(program.code.begin(), program.code.end(), in_doubt)) return false;
  // Such a zero stems from what has underflowed, not from a difference that is 0.
  std::vector<char> left(program.code.size());
  for (std::size_t i = 0; i < program.code.size(); ++i) {
    const Instruction& s = program.code[i];
    const int n = arity(s.op);
    const bool passes = s.op != Op::kAdd && s.op != Op::kSubtract && !is_comparison(s.op) && (r[i] == 0 || !std::isfinite(r[i]));
    left[i] = leaves_range(program, r, i) || (passes && ((n > 0 && left[s.a] != 0) || (n > 1 && left[s.b] != 0)));
    if (in_doubt(s) && (std::isnan(r[s.a]) || std::isnan(r[s.b]) || left[s.a] != 0 || left[s.b] != 0)) return true;
  }
  return false;
}

double run(const Program& program, double x, std::span<const double> parameters, int output) {
  // Formulas are short: most fit on the stack.
  constexpr std::size_t kShort = 128;
  double fixed[kShort];
  std::vector<double> longer;
  double* r = fixed;
  if (program.code.size() > kShort) {
    longer.resize(program.code.size());
    r = longer.data();
  }
  run_steps(program, x, parameters, r);
  const double value = r[program.outputs[output]];
  const bool doubtful = value == 0 || !std::isfinite(value) || compares_what_left_range(program, r);
  if (!doubtful || !std::isfinite(x) || !any_leaves_range(program, r)) return value;
  // Of a value; more says that the parts cancel too, and that this is no better. What is no number may be off by a little of 1.
  constexpr double kGood = 0x1p-20, kLittle = 0x1p-30;
  const Bounded wide = run_wide(program, x, parameters, output);
  const double allowed = kGood * std::abs(wide.value) + (std::isnan(value) ? kLittle : kSmallest);
  return wide.error <= allowed ? wide.value : value;
}

/// |function'| at the point of [|a| - e, |a| + e] nearest 0, where a bell-shaped slope is largest.
double nearest_zero(const Bounded& a) { return std::max(0.0, std::abs(a.value) - a.error); }

/// The error of function(a) that stems from the error of a.
double passed_on(Op op, const Bounded& a, double value) {
  const double e = a.error;
  const double far = std::abs(a.value) + e;
  switch (op) {
    case Op::kNegate:
    case Op::kAbs: return e;
    case Op::kAtan: return e / (1 + std::pow(nearest_zero(a), 2));
    case Op::kSin:
    case Op::kCos: return std::min(e, 2.0);
    case Op::kExp:
    case Op::kExpm1: {
      const double power = op == Op::kExp ? value : value + 1;
      return std::min(std::exp(a.value + e), power * std::expm1(e));  // far left the true power is as small as that, whatever e is
    }
    case Op::kLog: return a.value > e ? -std::log1p(-e / a.value) : kInfinity;
    case Op::kLog1p: return a.value + 1 > e ? -std::log1p(-e / (a.value + 1)) : kInfinity;
    case Op::kSqrt: return e == 0 ? 0 : e / (value + std::sqrt(std::max(0.0, a.value - e)));
    case Op::kSign: return e > 0 && std::abs(a.value) <= e ? 2 : 0;
    case Op::kFloor: return std::floor(a.value - e) != std::floor(a.value + e) ? 1 + e : 0;
    case Op::kTan: return e > 0.1 ? kInfinity : 2 * e * (1 + value * value) / std::max(0.0, 1 - 2 * e * std::abs(value));
    case Op::kSinh: return e * std::cosh(far);
    case Op::kCosh: return e * std::sinh(far);
    case Op::kTanh: return e / std::pow(std::cosh(nearest_zero(a)), 2);
    case Op::kErf:
    case Op::kErfc: return e * 2 * std::numbers::inv_sqrtpi * std::exp(-std::pow(nearest_zero(a), 2));
    case Op::kSigmoid: return e * std::exp(-nearest_zero(a));
    case Op::kSoftplus: return e * operate(Op::kSigmoid, a.value + e, 0, 0);
    default: return kInfinity;
  }
}

double binary_error(Op op, const Bounded& a, const Bounded& b, double value) {
  switch (op) {
    case Op::kAdd:
    case Op::kSubtract: return a.error + b.error;
    case Op::kMultiply: return std::abs(a.value) * b.error + std::abs(b.value) * a.error + a.error * b.error;
    case Op::kDivide:
      return std::abs(b.value) > b.error ? (a.error + std::abs(value) * b.error) / (std::abs(b.value) - b.error) : kInfinity;
    case Op::kMin:
    case Op::kMax:
      if (std::abs(a.value - b.value) > a.error + b.error) return (a.value < b.value) == (op == Op::kMin) ? a.error : b.error;
      return std::max(a.error, b.error);
    default: break;
  }
  if (op == Op::kPower) {
    if (a.error == 0 && b.error == 0) return 0;
    if (std::abs(a.value) <= a.error) return kInfinity;
    return std::abs(value) * std::expm1((std::abs(b.value) + b.error) * -std::log1p(-a.error / std::abs(a.value)) +
                                        std::abs(std::log(std::abs(a.value))) * b.error);
  }
  // A comparison: certain unless the two could stand either way round.
  if (std::isinf(a.value) && a.value == b.value) return kInfinity;
  const double doubt = a.error + b.error;
  return doubt > 0 && std::abs(a.value - b.value) <= doubt ? 1 : 0;
}

double own_rounding(Op op, double value) {
  switch (op) {
    case Op::kNegate:
    case Op::kAbs:
    case Op::kSign:
    case Op::kFloor:
    case Op::kMin:
    case Op::kMax:
    case Op::kSelect: return 0;
    case Op::kAdd:
    case Op::kSubtract: return kRounding * std::abs(value);  // sums that underflow are exact
    case Op::kMultiply:
    case Op::kDivide:
    case Op::kSqrt: return kRounding * std::abs(value) + kSmallest;
    default: return is_comparison(op) ? 0 : kFunctionError * std::abs(value) + kSmallest;
  }
}

/// Whether the infinite result of an operation stands for something beyond 2^1000 of its sign, not for a division by what rounding left.
bool truly_infinite(Op op, const Bounded& a, const Bounded& b) {
  const auto at_least_one = [](const Bounded& v) { return std::abs(v.value) >= 1 && v.error <= 0.5 * std::abs(v.value); };
  switch (op) {
    case Op::kExp:
    case Op::kExpm1:
    case Op::kSinh:
    case Op::kCosh: return std::abs(a.value) - a.error > 700;
    case Op::kNegate:
    case Op::kAbs: return a.error == 0;
    case Op::kMultiply: return at_least_one(a) && at_least_one(b);
    default: return false;
  }
}

Bounded step(const Instruction& s, const std::vector<Bounded>& r) {
  const int n = arity(s.op);
  const Bounded &a = r[s.a], &b = r[s.b], &c = r[s.c];
  const double value = operate(s.op, a.value, n > 1 ? b.value : 0, n > 2 ? c.value : 0);
  if (s.op == Op::kSelect) {
    const double error = std::isinf(a.error) ? kInfinity
                         : a.error == 0      ? (a.value != 0 ? b.error : c.error)
                                             : std::max(b.error, c.error) + std::abs(b.value - c.value);
    return {value, error};
  }
  if (std::isinf(value) && truly_infinite(s.op, a, b)) return {value, 0};
  if (s.op == Op::kDivide && std::isinf(b.value) && b.error == 0 && std::isfinite(a.value)) {
    return {value, (std::abs(a.value) + a.error) * 0x1p-1000};
  }
  const double passed = n == 1 ? (a.error == 0 ? 0 : passed_on(s.op, a, value)) : binary_error(s.op, a, b, value);
  const double error = passed + own_rounding(s.op, value);
  // Any other overflow or a NaN on the way leaves no bound, though the end may be finite.
  return {value, std::isnan(error) || !std::isfinite(value) ? kInfinity : error};
}

Bounded run_bounded(const Program& program, double x, std::span<const double> parameters, int output) {
  std::vector<Bounded> r(program.code.size());
  for (std::size_t i = 0; i < program.code.size(); ++i) {
    const Instruction& s = program.code[i];
    switch (s.op) {
      case Op::kConstant: r[i] = {s.value, 0}; break;
      case Op::kX: r[i] = {x, 0}; break;
      case Op::kParameter: r[i] = {parameters[s.a], 0}; break;
      default: r[i] = step(s, r);
    }
  }
  const Bounded& result = r[program.outputs[output]];
  return {result.value, std::isfinite(result.value) ? result.error : kInfinity};
}

/// Whether IEEE arithmetic on the infinity does not tell: a comparison sees two equal infinities or zeros, of which either may be the
/// larger on the way there, or a power is inf^0, 1^inf or 0^0, or floor, whose argument has a fraction on the way, sees an infinity.
bool does_not_tell(const Program& program, double infinity, std::span<const double> parameters) {
  std::vector<double> r(program.code.size());
  run_steps(program, infinity, parameters, r.data());
  return std::any_of(program.code.begin(), program.code.end(), [&](const Instruction& s) {
    const double a = r[s.a], b = r[s.b];
    if (is_comparison(s.op)) return (std::isinf(a) || a == 0) && a == b;
    if (s.op == Op::kPower) return (b == 0 && (std::isinf(a) || a == 0)) || (std::isinf(b) && std::abs(a) == 1);
    return s.op == Op::kFloor && std::isinf(a);
  });
}

/// Whether values about `far` have both signs or are none.
bool changes_sign(const Program& program, double far, std::span<const double> parameters, int output) {
  const bool negative = std::signbit(run(program, far, parameters, output));
  for (const double factor : {1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9}) {
    const double value = run(program, factor * far, parameters, output);
    if (std::isnan(value) || std::signbit(value) != negative) return true;
  }
  return false;
}

/// The limit at +inf or -inf, from IEEE arithmetic on the infinity itself or, where that gives NaN (inf - inf, 0 * inf) or does not tell
/// (inf > inf), from large values. NaN where those are no numbers.
double limit(const Program& program, double infinity, std::span<const double> parameters, int output) {
  const double direct = run(program, infinity, parameters, output);
  const auto is_number_at = [&](double size) { return !std::isnan(run(program, std::copysign(size, infinity), parameters, output)); };
  if (!is_number_at(0x1p5) && !is_number_at(0x1p9) && !is_number_at(0x1p100)) return kNan;
  if (!std::isnan(direct) && !does_not_tell(program, infinity, parameters)) return direct;
  std::vector<Bounded> good;
  double farthest = 0;
  // No whole numbers, nor simple fractions of one, among those that have a fraction: what oscillates has no limit.
  for (const double size : {0x1.3a82f9p5, 0x1.1c7a53p9, 0x1.6b3e71p13, 0x1.2f5d17p17, 0x1.457p60, 0x1.1d3p100, 0x1.277p1000}) {
    Bounded at = run_bounded(program, std::copysign(size, infinity), parameters, output);
    if (!std::isfinite(at.value)) at = run_wide(program, std::copysign(size, infinity), parameters, output);
    if (!std::isfinite(at.value) || at.error > 1e-6 * std::max(1.0, std::abs(at.value))) continue;
    good.push_back(at);
    farthest = std::copysign(size, infinity);
  }
  const std::size_t n = good.size();
  if (n < 2) return direct;
  for (Bounded& at : good) {
    if (std::abs(at.value) <= at.error) at.value = std::copysign(0.0, at.value);  // rounding left no more of it
  }
  const double last = good[n - 1].value, previous = good[n - 2].value;
  const double before = std::abs(previous), earlier = n > 2 ? std::abs(good[n - 3].value) : before;
  constexpr double kFar = 0x1p3;  // values of one function at such distances differ by far more, or not at all, or it oscillates
  if (std::abs(last) > kFar * before && before >= earlier && before > 0) {
    return changes_sign(program, std::copysign(0x1p60, infinity), parameters, output) ? kNan : std::copysign(kInfinity, last);
  }
  if (std::abs(last) * kFar < before && before <= earlier) {
    const auto stays = [&](double factor) { return std::abs(run(program, factor * farthest, parameters, output)) * kFar < before; };
    return stays(1.37) && stays(1.61) && stays(1.83) ? std::copysign(0.0, last) : kNan;
  }
  if (std::abs(last - previous) > 1e-9 * std::abs(last) + good[n - 1].error + good[n - 2].error) return kNan;
  // Beyond 2^53 doubles are whole, and what lies between is not seen.
  const auto floors = [](const Instruction& s) { return s.op == Op::kFloor; };
  if (std::ranges::any_of(program.code, floors) && std::abs(good.front().value - last) > 0.1 * std::max(1.0, std::abs(last))) return kNan;
  return good[n - 1].error <= good[n - 2].error ? last : previous;
}

}  // namespace

double evaluate(const Program& program, double x, std::span<const double> parameters, int output) {
  if (std::isnan(x)) return x;
  if (std::isinf(x)) return limit(program, x, parameters, output);
  return run(program, x, parameters, output);
}

Bounded evaluate_bounded(const Program& program, double x, std::span<const double> parameters, int output) {
  if (!std::isfinite(x)) return {evaluate(program, x, parameters, output), 0};
  const Bounded found = run_bounded(program, x, parameters, output);
  if (std::isfinite(found.error)) return found;
  const Bounded wide = run_wide(program, x, parameters, output);
  return std::isfinite(found.value) && !std::isfinite(wide.error) ? found : wide;
}

}  // namespace rectify
