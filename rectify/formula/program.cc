#include "rectify/formula/program.h"

#include <limits>
#include <unordered_map>

#include "rectify/base/error.h"

namespace rectify {
namespace {

struct Hash {
  std::size_t operator()(const Expression& e) const { return e.hash(); }
};

class Lowering {
 public:
  std::uint16_t result_of(const Expression& e) {
    if (const auto found = numbers_.find(e); found != numbers_.end()) return found->second;
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
