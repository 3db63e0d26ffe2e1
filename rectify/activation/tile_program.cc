#include "rectify/activation/tile_program.h"

#include <algorithm>
#include <limits>

namespace rectify {

/// Turns a program into steps: what is needed, in the program's order.
class TileProgram::Compiler {
 public:
  Compiler(const Program& program, std::optional<int> upstream, TileProgram& out)
      : code_(program.code), program_outputs_(program.outputs), upstream_(upstream), out_(out), values_(code_.size() + 2) {
    for (std::size_t i = 0; i < code_.size(); ++i) values_[i].joined = join(i);
    count_uses();
    place_leaves();
    for (std::size_t i = 0; i < code_.size(); ++i) {
      if (values_[i].uses > 0 && values_[i].joined.count > 0) order_.push_back(i);
    }
    for (std::size_t k = 0; k < order_.size(); ++k) compute(order_[k], k + 1 < order_.size() ? order_[k + 1] : kNone);
    store_leaves();
    if (!ended_) emit({kEndCode});
  }

 private:
  using Number = std::size_t;  // of a value: its instruction's, or one of two constants behind those
  static constexpr Number kNone = std::numeric_limits<Number>::max();
  static constexpr std::uint16_t kNowhere = std::numeric_limits<std::uint16_t>::max();

  enum class Kind { kUnary, kBinary, kChoice };
  /// How a value is computed from others.
  struct Joined {
    Kind kind = Kind::kUnary;
    Op op = Op::kConstant;    // of a kChoice the comparison
    std::uint16_t unary = 0;  // the code of a kUnary
    std::size_t count = 0;    // of arguments; 0 for leaves
    std::array<Number, 4> arguments{};
  };
  struct Value {
    Joined joined;
    std::size_t uses = 0;     // as arguments of what is needed, and as outputs
    Number last_use = kNone;  // kNone also for outputs
    std::uint16_t place = kNowhere;
  };

  Number zero() const { return code_.size(); }
  Number one() const { return code_.size() + 1; }
  std::span<const Number> arguments(Number v) const { return std::span(values_[v].joined.arguments).first(values_[v].joined.count); }

  // Whether two instructions are joined depends on them alone, not on who else uses their results, so that a value is computed alike in
  // every program that holds it.
  Joined join(std::size_t i) const {
    const Instruction& s = code_[i];
    if (s.op == Op::kSelect && is_comparison(code_[s.a].op)) return choice(code_[s.a].op, code_[s.a].a, code_[s.a].b, s.b, s.c);
    if (s.op == Op::kSelect) return choice(Op::kNotEqual, s.a, zero(), s.b, s.c);
    if (is_comparison(s.op)) return choice(s.op, s.a, s.b, one(), zero());
    if (const auto argument = squared_sech(s)) return {Kind::kUnary, s.op, kSechSquaredCode, 1, {*argument}};
    if (const auto argument = sigmoid_slope(s)) return {Kind::kUnary, s.op, kSigmoidSlopeCode, 1, {*argument}};
    if (const auto argument = gaussian(s)) return {Kind::kUnary, s.op, kGaussianCode, 1, {*argument}};
    if (arity(s.op) == 2) return {Kind::kBinary, s.op, 0, 2, {s.a, s.b}};
    return {Kind::kUnary, s.op, arity(s.op) == 1 ? unary_code(s.op) : kEndCode, static_cast<std::size_t>(arity(s.op)), {s.a}};
  }

  bool is_constant(Number v, double value) const { return code_[v].op == Op::kConstant && code_[v].value == value; }

  /// a of (1 / cosh a)^2.
  std::optional<Number> squared_sech(const Instruction& s) const {
    if (s.op != Op::kMultiply || s.a != s.b || code_[s.a].op != Op::kDivide) return {};
    const Instruction& quotient = code_[s.a];
    if (!is_constant(quotient.a, 1) || code_[quotient.b].op != Op::kCosh) return {};
    return code_[quotient.b].a;
  }

  /// a of sigmoid(a) sigmoid(-a).
  std::optional<Number> sigmoid_slope(const Instruction& s) const {
    if (s.op != Op::kMultiply || code_[s.a].op != Op::kSigmoid || code_[s.b].op != Op::kSigmoid) return {};
    const Number a = code_[s.a].a, b = code_[s.b].a;
    if (!are_opposite(code_[a], code_[b]) && !(code_[b].op == Op::kNegate && code_[b].a == a)) return {};
    return a;
  }

  /// Whether these are products of opposite constants and the same value.
  bool are_opposite(const Instruction& a, const Instruction& b) const {
    return a.op == Op::kMultiply && b.op == Op::kMultiply && a.b == b.b && code_[a.a].op == Op::kConstant &&
           is_constant(b.a, -code_[a.a].value);
  }

  /// a of exp(-(a a)).
  std::optional<Number> gaussian(const Instruction& s) const {
    if (s.op != Op::kExp || code_[s.a].op != Op::kNegate) return {};
    const Instruction& square = code_[code_[s.a].a];
    if (square.op != Op::kMultiply || square.a != square.b) return {};
    return square.a;
  }

  static Joined choice(Op comparison, Number a, Number b, Number yes, Number no) {
    switch (comparison) {
      case Op::kGreater: return choice(Op::kLess, b, a, yes, no);
      case Op::kGreaterEqual: return choice(Op::kLessEqual, b, a, yes, no);
      case Op::kNotEqual: return choice(Op::kEqual, a, b, no, yes);
      default: return {Kind::kChoice, comparison, 0, 4, {a, b, yes, no}};
    }
  }

  void count_uses() {
    for (const Number output : program_outputs_) ++values_[output].uses;
    for (Number v = code_.size(); v-- > 0;) {
      if (values_[v].uses == 0) continue;
      for (const Number argument : arguments(v)) {
        if (values_[argument].uses++ == 0) values_[argument].last_use = v;
      }
    }
  }

  void place_leaves() {
    const std::size_t first_input = out_.outputs_, first_parameter = first_input + out_.inputs_;
    for (Number v = 0; v < values_.size(); ++v) {
      if (values_[v].uses == 0) continue;
      const Op op = v < code_.size() ? code_[v].op : Op::kConstant;
      std::size_t place = kNowhere;
      if (op == Op::kX) place = first_input;
      if (op == Op::kParameter) place = upstream_ && code_[v].a == *upstream_ ? first_input + 1 : first_parameter + code_[v].a;
      if (op == Op::kConstant) {
        place = first_parameter + out_.parameters_ + out_.constants();
        const double value = v < code_.size() ? code_[v].value : v == one() ? 1.0 : 0.0;
        out_.constants_.insert(out_.constants_.end(), kMostLanes, static_cast<float>(value));
      }
      values_[v].place = static_cast<std::uint16_t>(place);
    }
    first_parameter_ = first_parameter;
    first_constant_ = first_parameter + out_.parameters_;
    first_scratch_ = first_constant_ + out_.constants();
  }

  void emit(const TileStep& step) {
    out_.shared_.push_back(step);
    out_.per_column_.push_back(step);
  }

  bool is_uniform(std::uint16_t place, Sharing sharing) const {
    return place >= (sharing == Sharing::kShared ? first_parameter_ : first_constant_) && place < first_scratch_;
  }

  void emit_load(std::uint16_t place) {
    TileStep step{kLoadCode, {place}, 0};
    step.code = is_uniform(place, Sharing::kShared) ? kLoadUniformCode : kLoadCode;
    out_.shared_.push_back(step);
    step.code = is_uniform(place, Sharing::kPerColumn) ? kLoadUniformCode : kLoadCode;
    out_.per_column_.push_back(step);
  }

  /// Emits the steps that leave v in the accumulator, and in memory if it is needed there. `next` is computed after it.
  void compute(Number v, Number next) {
    const auto used = arguments(v);
    const Joined& joined = values_[v].joined;
    auto accumulator = static_cast<std::size_t>(std::find(used.begin(), used.end(), accumulator_) - used.begin());
    if (joined.kind == Kind::kBinary) {
      if (accumulator == 2) accumulator = kNoArgument;
      if (accumulator == 0 && used[1] == accumulator_) accumulator = kBothArguments;
    } else if (accumulator == used.size()) {
      emit_load(values_[used[0]].place);
      accumulator = 0;
    }
    const bool operates = joined.kind == Kind::kBinary || joined.kind == Kind::kChoice;
    ended_ = operates && next == kNone && program_outputs_.size() == 1;
    emit_operation(v, accumulator);
    accumulator_ = v;
    if (ended_) return;
    free_operands(v);
    store(v, next);
  }

  void emit_operation(Number v, std::size_t accumulator) {
    const Joined& joined = values_[v].joined;
    const Then then = ended_ ? Then::kStoreAndEnd : Then::kGoOn;
    for (const Sharing sharing : {Sharing::kShared, Sharing::kPerColumn}) {
      TileStep step{};
      unsigned uniform = 0;
      for (std::size_t k = 0; k < joined.count; ++k) {
        if (k == accumulator || accumulator == kBothArguments) continue;
        step.arguments[k] = values_[joined.arguments[k]].place;
        if (is_uniform(step.arguments[k], sharing)) uniform |= 1u << k;
      }
      switch (joined.kind) {
        case Kind::kUnary: step.code = joined.unary; break;
        case Kind::kBinary: step.code = binary_code(joined.op, accumulator, uniform, then); break;
        case Kind::kChoice: step.code = choice_code(joined.op, accumulator, uniform, then); break;
      }
      (sharing == Sharing::kShared ? out_.shared_ : out_.per_column_).push_back(step);
    }
  }

  void free_operands(Number v) {
    const auto used = arguments(v);
    for (std::size_t k = 0; k < used.size(); ++k) {
      const Value& argument = values_[used[k]];
      const bool seen = std::find(used.begin(), used.begin() + k, used[k]) != used.begin() + k;
      if (argument.place >= first_scratch_ && argument.place != kNowhere && argument.last_use == v && !seen)
        free_.push_back(argument.place);
    }
  }

  void store(Number v, Number next) {
    std::size_t uses = values_[v].uses;
    if (next != kNone) {
      const auto of_next = static_cast<std::size_t>(std::ranges::count(arguments(next), v));
      uses -= values_[next].joined.kind == Kind::kBinary ? of_next : std::min<std::size_t>(1, of_next);
    }
    for (std::size_t k = 0; k < program_outputs_.size(); ++k) {
      if (program_outputs_[k] != v) continue;
      values_[v].place = static_cast<std::uint16_t>(k);
      ended_ = next == kNone && program_outputs_.size() == 1;
      emit({ended_ ? kStoreAndEndCode : kStoreCode, {}, values_[v].place});
      --uses;
    }
    if (uses == 0 || values_[v].place != kNowhere) return;
    if (free_.empty()) free_.push_back(static_cast<std::uint16_t>(first_scratch_ + out_.scratch_++));
    values_[v].place = free_.back();
    free_.pop_back();
    emit({kStoreCode, {}, values_[v].place});
  }

  void store_leaves() {
    for (std::size_t k = 0; k < program_outputs_.size(); ++k) {
      const Value& leaf = values_[program_outputs_[k]];
      if (leaf.joined.count > 0) continue;
      emit_load(leaf.place);
      emit({kStoreCode, {}, static_cast<std::uint16_t>(k)});
    }
  }

  const std::vector<Instruction>& code_;
  const std::vector<std::uint16_t>& program_outputs_;
  const std::optional<int> upstream_;
  TileProgram& out_;
  std::vector<Value> values_;
  std::vector<Number> order_;
  Number accumulator_ = kNone;
  bool ended_ = false;                                                        // the last step was the program's
  std::size_t first_parameter_ = 0, first_constant_ = 0, first_scratch_ = 0;  // places
  std::vector<std::uint16_t> free_;
};

TileProgram::TileProgram(const Program& program, std::size_t parameters, std::optional<int> upstream)
    : outputs_(program.outputs.size()), inputs_(upstream ? 2 : 1), parameters_(parameters) {
  Compiler(program, upstream, *this);
}

namespace {

/// What a call works with.
struct Memory {
  AlignedVector<float> values;
  std::vector<float*> places;
};

Memory& memory() {
  static thread_local Memory mine;
  return mine;
}

/// A place that is only read, like all inputs.
float* place_of(const float* at) { return const_cast<float*>(at); }

/// Copies n values and repeats the first up to a strip.
void copy_padded(const float* from, std::size_t n, float* to) {
  std::copy_n(from, n, to);
  std::fill(to + n, to + kMostStrip, from[0]);
}

}  // namespace

TileRun::TileRun(const TileProgram& program, ParameterView p, std::size_t cols) : program_(program), p_(p), cols_(cols), ops_(tile_ops()) {
  const bool shared = p.sharing == Sharing::kShared;
  const std::size_t leading = program.outputs() + program.inputs();
  moving_ = leading + (shared ? 0 : program.parameters());
  const std::size_t places = leading + program.parameters() + program.constants() + program.scratch();
  const std::size_t values = (program.scratch() + moving_) * kMostStrip + program.parameters() * kMostLanes;
  Memory& m = memory();
  if (m.places.size() < places) m.places.resize(places);
  if (m.values.size() < values) m.values.resize(values);
  places_ = m.places.data();
  float** place = places_ + leading;
  float* free = m.values.data();
  for (std::size_t j = 0; j < program.parameters(); ++j, free += kMostLanes) {
    if (shared) std::fill_n(free, kMostLanes, p.values[j]);
    *place++ = free;
  }
  for (std::size_t k = 0; k < program.constants(); ++k) *place++ = place_of(program.constant(k));
  for (std::size_t k = 0; k < program.scratch(); ++k, free += kMostStrip) *place++ = free;
  few_ = free;
}

std::size_t TileRun::run(const TilePart& part, std::size_t n, const TileRange* range) {
  const std::size_t strips = n / strip(), whole = strips * strip();
  const std::size_t done = strip() * run_strips(part, strips, range);
  if (done < whole || whole == n) return done;
  return run_few(part.behind(whole), n - whole, range) ? n : whole;
}

std::size_t TileRun::run_places(std::size_t strips, const TileRange* range) {
  return ops_.run({program_.steps(p_.sharing), places_, moving_, program_.outputs(), program_.inputs(), range}, strips);
}

/// Calls add(values) for all that a part reads, in the order of places.
template <class Add>
void TileRun::add_inputs(const TilePart& part, const Add& add) const {
  add(part.x + part.begin);
  if (program_.inputs() == 2) add(part.dy + part.begin);
  for (std::size_t j = 0; p_.sharing == Sharing::kPerColumn && j < program_.parameters(); ++j) add(p_.values + j * cols_ + part.column);
}

std::size_t TileRun::run_strips(const TilePart& part, std::size_t strips, const TileRange* range) {
  if (strips == 0) return 0;
  float** place = places_;
  for (std::size_t k = 0; k < program_.outputs(); ++k) *place++ = part.outputs[k] + part.begin;
  add_inputs(part, [&](const float* values) { *place++ = place_of(values); });
  return run_places(strips, range);
}

/// Fewer than a strip, computed from copies; false if they are not in the range.
bool TileRun::run_few(const TilePart& part, std::size_t n, const TileRange* range) {
  for (std::size_t k = 0; k < moving_; ++k) places_[k] = few_ + k * kMostStrip;
  float** place = places_ + program_.outputs();
  add_inputs(part, [&](const float* values) { copy_padded(values, n, *place++); });
  if (run_places(1, range) == 0) return false;
  for (std::size_t k = 0; k < program_.outputs(); ++k) std::copy_n(few_ + k * kMostStrip, n, part.outputs[k] + part.begin);
  return true;
}

}  // namespace rectify
