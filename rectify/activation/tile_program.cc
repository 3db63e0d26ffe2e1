#include "rectify/activation/tile_program.h"

#include <algorithm>
#include <limits>

namespace rectify {

/// Turns a program into steps, last first what is needed, then first to last where it lies.
class TileProgram::Compiler {
 public:
  Compiler(const Program& program, std::optional<int> upstream, TileProgram& out)
      : code_(program.code),
        upstream_(upstream),
        out_(out),
        joined_(code_.size()),
        last_use_(code_.size(), kNever),
        results_(code_.size()) {
    for (std::size_t i = 0; i < code_.size(); ++i) joined_[i] = join(i);
    for (const std::uint16_t output : program.outputs) last_use_[output] = kForever;
    for (std::size_t i = code_.size(); i-- > 0;) {
      for (const std::uint16_t argument : arguments(i)) {
        if (last_use_[i] != kNever && last_use_[argument] == kNever) last_use_[argument] = i;
      }
    }
    for (std::size_t i = 0; i < code_.size(); ++i) place(i);
    for (const std::uint16_t output : program.outputs) out_.outputs_.push_back(results_[output]);
  }

 private:
  static constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max() - 1, kForever = kNever + 1;

  /// What step i computes and from which results.
  struct Joined {
    Kind kind = Kind::kOperation;
    Op op = Op::kConstant;
    std::uint8_t count = 0;
    std::array<std::uint16_t, 4> arguments{};
  };

  std::span<const std::uint16_t> arguments(std::size_t i) const { return std::span(joined_[i].arguments).first(joined_[i].count); }

  // Whether two instructions are joined depends on them alone, not on who else uses their results, so that a value is computed alike in
  // every program that holds it.
  Joined join(std::size_t i) const {
    const Instruction& s = code_[i];
    if (s.op == Op::kSelect && is_comparison(code_[s.a].op)) {
      return {Kind::kCompareSelect, code_[s.a].op, 4, {code_[s.a].a, code_[s.a].b, s.b, s.c}};
    }
    if (s.op == Op::kMultiply && s.a == s.b && code_[s.a].op == Op::kDivide) {
      const Instruction &quotient = code_[s.a], &above = code_[quotient.a], &below = code_[quotient.b];
      if (above.op == Op::kConstant && above.value == 1 && below.op == Op::kCosh) return {Kind::kSechSquared, s.op, 1, {below.a}};
    }
    return {Kind::kOperation, s.op, static_cast<std::uint8_t>(arity(s.op)), {s.a, s.b, s.c}};
  }

  void place(std::size_t i) {
    if (last_use_[i] == kNever) return;
    const Instruction& s = code_[i];
    if (s.op == Op::kConstant) {
      results_[i] = {Place::kConstant, static_cast<std::uint16_t>(out_.constants_.size())};
      out_.constants_.push_back(static_cast<float>(s.value));
    } else if (s.op == Op::kParameter) {
      results_[i] = upstream_ && s.a == *upstream_ ? Operand{Place::kUpstream} : Operand{Place::kParameter, s.a};
    }
    if (joined_[i].count == 0) return;
    Step step{joined_[i].kind, joined_[i].op, joined_[i].count, {}, 0};
    const auto used = arguments(i);
    for (std::size_t k = 0; k < used.size(); ++k) {
      step.operands[k] = results_[used[k]];
      // An operation may write over its operand, so the tile of one that is used here for the last time is free at once.
      const bool seen = std::find(used.begin(), used.begin() + k, used[k]) != used.begin() + k;
      if (step.operands[k].place == Place::kResult && last_use_[used[k]] == i && !seen) free_.push_back(step.operands[k].index);
    }
    if (free_.empty()) free_.push_back(out_.tiles_++);
    step.out = free_.back();
    free_.pop_back();
    results_[i] = {Place::kResult, step.out};
    out_.steps_.push_back(step);
  }

  const std::vector<Instruction>& code_;
  std::optional<int> upstream_;
  TileProgram& out_;
  std::vector<Joined> joined_;
  std::vector<std::size_t> last_use_;
  std::vector<Operand> results_;
  std::vector<std::uint16_t> free_;
};

TileProgram::TileProgram(const Program& program, std::optional<int> upstream) { Compiler(program, upstream, *this); }

/// The state of one run: operands' addresses and shapes.
struct TileProgram::Run {
  const TileProgram& program;
  const TileOps& ops;
  const TileInputs& inputs;
  float* scratch;
  std::size_t n;

  float* tile(std::size_t index) const { return scratch + index * kTile; }

  bool uniform(const Operand& operand) const {
    return operand.place == Place::kConstant || (operand.place == Place::kParameter && inputs.sharing == Sharing::kShared);
  }

  const float* address(const Operand& operand) const {
    switch (operand.place) {
      case Place::kInput: return inputs.x;
      case Place::kUpstream: return inputs.upstream;
      case Place::kConstant: return &program.constants_[operand.index];
      case Place::kParameter: return inputs.parameters[operand.index];
      case Place::kResult: break;
    }
    return tile(operand.index);
  }

  /// The operand's one value spread over tile `index`.
  const float* spread(const Operand& operand, std::size_t index) const {
    const float* const in[] = {address(operand)};
    ops.fill(in, tile(index), n);
    return tile(index);
  }

  void apply(const Step& step, float* out) const {
    const float* in[4];
    unsigned uniforms = 0;  // a bit for each operand
    for (int k = 0; k < step.count; ++k) {
      in[k] = address(step.operands[k]);
      uniforms |= static_cast<unsigned>(uniform(step.operands[k])) << k;
    }
    // Only a binary operation takes a uniform first operand, and then only that one.
    const bool binary = step.kind == Kind::kOperation && step.count == 2;
    if ((uniforms & 1) != 0 && (!binary || uniforms == 3)) {
      in[0] = spread(step.operands[0], program.tiles_);
      uniforms &= ~1u;
    }
    const unsigned variant = binary ? uniforms : uniforms >> 1;
    const auto op = static_cast<std::size_t>(step.op);
    switch (step.kind) {
      case Kind::kOperation: return ops.apply[op][variant](in, out, n);
      case Kind::kCompareSelect: return ops.compare_select[op - static_cast<std::size_t>(Op::kLess)][variant](in, out, n);
      case Kind::kSechSquared: return ops.sech_squared(in, out, n);
    }
  }
};

void TileProgram::run(const TileOps& ops, const TileInputs& inputs, float* scratch, float* direct, std::span<const float*> results,
                      std::size_t n) const {
  const Run state{*this, ops, inputs, scratch, n};
  // The last step computes the only output, unless that is an input or uniform.
  const bool to_direct = direct != nullptr && outputs_.size() == 1 && outputs_[0].place == Place::kResult;
  for (const Step& step : steps_) state.apply(step, to_direct && &step == &steps_.back() ? direct : state.tile(step.out));
  for (std::size_t k = 0; k < outputs_.size(); ++k) {
    results[k] = state.uniform(outputs_[k]) ? state.spread(outputs_[k], tiles_ + 1 + k) : state.address(outputs_[k]);
  }
  if (direct == nullptr) return;
  if (!to_direct && direct != results[0]) std::copy_n(results[0], n, direct);
  results[0] = direct;
}

}  // namespace rectify
