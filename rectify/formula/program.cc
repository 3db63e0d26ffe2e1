#include "rectify/formula/program.h"

#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <unordered_map>

#include "rectify/base/error.h"

namespace rectify {
namespace {

struct Hash {
  std::size_t operator()(const Expression& e) const { return e.hash(); }
};

/// a^n, n > 0.
Expression product_of(const Expression& a, int n) {
  if (n == 1) return a;
  const Expression half = product_of(a, n / 2), square = half * half;
  return n % 2 == 0 ? square : square * a;
}

/// A power whose exponent is a small multiple of a half in products, a square root and a quotient, which take a hundredth of its time; else
/// null.
std::optional<Expression> in_products(const Expression& e) {
  constexpr double kMost = 16;
  if (e.op() != Op::kPower || !e.arguments()[1].is_constant()) return std::nullopt;
  const Expression& a = e.arguments()[0];
  const double exponent = e.arguments()[1].value(), size = std::abs(exponent);
  if (a.is_constant() || size > kMost || size == 0 || 2 * size != std::floor(2 * size)) return std::nullopt;
  const int whole = static_cast<int>(size);
  Expression power = whole < size ? call(Op::kSqrt, a) : 1.0;
  if (whole > 0) power = product_of(a, whole) * power;
  return exponent > 0 ? power : 1.0 / power;
}

/// The same function in operations that neither overflow nor cancel, where e's own do; else null. log(cosh(u)) is
/// log(1 + 2 sinh(u / 2)^2), and far from 0 |u| + log(1 + e^(-2 |u|)) - log(2).
std::optional<Expression> in_stable_operations(const Expression& e) {
  if (e.op() != Op::kLog || e.arguments()[0].op() != Op::kCosh) return std::nullopt;
  const Expression u = e.arguments()[0].arguments()[0], size = call(Op::kAbs, u), s = call(Op::kSinh, 0.5 * u);
  const Expression far = size + call(Op::kSoftplus, -2.0 * size) - std::numbers::ln2;
  return select(call(Op::kLess, size, 1.0), call(Op::kLog1p, 2.0 * (s * s)), far);
}

class Lowering {
 public:
  std::uint16_t result_of(const Expression& e) {
    if (const auto found = numbers_.find(e); found != numbers_.end()) return found->second;
    std::optional<Expression> better = in_stable_operations(e);
    if (!better) better = in_products(e);
    if (better) {
      const std::uint16_t number = result_of(*better);
      numbers_.emplace(e, number);
      return number;
    }
    Instruction instruction{e.op()};
    if (e.is_constant()) instruction.value = e.value();
    if (e.op() == Op::kParameter) instruction.a = static_cast<std::uint16_t>(e.index());
    const auto arguments = e.arguments();
    if (arguments.size() > 0) instruction.a = result_of(arguments[0]);
    if (arguments.size() > 1) instruction.b = result_of(arguments[1]);
    if (arguments.size() > 2) instruction.c = result_of(arguments[2]);
    if (code_.size() > std::numeric_limits<std::uint16_t>::max()) fail("formula", "it has more than 65,535 steps: write it shorter");
    code_.push_back(instruction);
    const auto number = static_cast<std::uint16_t>(code_.size() - 1);
    numbers_.emplace(e, number);
    return number;
  }

  std::vector<Instruction> take() { return std::move(code_); }

 private:
  std::unordered_map<Expression, std::uint16_t, Hash> numbers_;
  std::vector<Instruction> code_;
};

}  // namespace

Program lower(std::span<const Expression> expressions) {
  Program program;
  Lowering lowering;
  for (const Expression& e : expressions) program.outputs.push_back(lowering.result_of(e));
  program.code = lowering.take();
  return program;
}

Program lower(const Expression& e) { return lower(std::span(&e, 1)); }

}  // namespace rectify
