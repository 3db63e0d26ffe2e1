#include "rectify/formula/program.h"

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
    if (const std::optional<Expression> better = in_stable_operations(e)) {
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
