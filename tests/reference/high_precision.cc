#include "high_precision.h"

#include <mpfr.h>

#include <cmath>
#include <map>
#include <vector>

namespace rectify {
namespace {

constexpr mpfr_rnd_t kNearest = MPFR_RNDN;

/// The results of a program's steps at one precision.
class Registers {
 public:
  Registers(std::size_t count, int bits) : values_(count) {
    for (auto& v : values_) mpfr_init2(&v, bits);
    mpfr_init2(&scratch_, bits);
  }
  ~Registers() {
    for (auto& v : values_) mpfr_clear(&v);
    mpfr_clear(&scratch_);
  }
  Registers(const Registers&) = delete;
  Registers& operator=(const Registers&) = delete;

  mpfr_ptr operator[](std::size_t i) { return &values_[i]; }
  mpfr_ptr scratch() { return &scratch_; }

 private:
  std::vector<__mpfr_struct> values_;
  __mpfr_struct scratch_;
};

void sigmoid(mpfr_ptr out, mpfr_srcptr a, mpfr_ptr scratch) {
  mpfr_neg(scratch, a, kNearest);
  mpfr_exp(scratch, scratch, kNearest);
  mpfr_add_ui(scratch, scratch, 1, kNearest);
  mpfr_ui_div(out, 1, scratch, kNearest);
}

void softplus(mpfr_ptr out, mpfr_srcptr a, mpfr_ptr scratch) {
  mpfr_abs(scratch, a, kNearest);
  mpfr_neg(scratch, scratch, kNearest);
  mpfr_exp(scratch, scratch, kNearest);
  mpfr_log1p(scratch, scratch, kNearest);
  if (mpfr_sgn(a) > 0)
    mpfr_add(out, a, scratch, kNearest);
  else
    mpfr_set(out, scratch, kNearest);
}

void unary(Op op, mpfr_ptr out, mpfr_srcptr a, mpfr_ptr scratch) {
  switch (op) {
    case Op::kNegate: mpfr_neg(out, a, kNearest); break;
    case Op::kExp: mpfr_exp(out, a, kNearest); break;
    case Op::kExpm1: mpfr_expm1(out, a, kNearest); break;
    case Op::kLog: mpfr_log(out, a, kNearest); break;
    case Op::kLog1p: mpfr_log1p(out, a, kNearest); break;
    case Op::kSqrt: mpfr_sqrt(out, a, kNearest); break;
    case Op::kAbs: mpfr_abs(out, a, kNearest); break;
    case Op::kSign: mpfr_set_si(out, mpfr_nan_p(a) ? 0 : mpfr_sgn(a), kNearest); break;
    case Op::kSin: mpfr_sin(out, a, kNearest); break;
    case Op::kCos: mpfr_cos(out, a, kNearest); break;
    case Op::kTan: mpfr_tan(out, a, kNearest); break;
    case Op::kAtan: mpfr_atan(out, a, kNearest); break;
    case Op::kSinh: mpfr_sinh(out, a, kNearest); break;
    case Op::kCosh: mpfr_cosh(out, a, kNearest); break;
    case Op::kTanh: mpfr_tanh(out, a, kNearest); break;
    case Op::kErf: mpfr_erf(out, a, kNearest); break;
    case Op::kErfc: mpfr_erfc(out, a, kNearest); break;
    case Op::kSigmoid: sigmoid(out, a, scratch); break;
    case Op::kSoftplus: softplus(out, a, scratch); break;
    default: mpfr_floor(out, a); break;
  }
}

void binary(Op op, mpfr_ptr out, mpfr_srcptr a, mpfr_srcptr b) {
  switch (op) {
    case Op::kAdd: mpfr_add(out, a, b, kNearest); break;
    case Op::kSubtract: mpfr_sub(out, a, b, kNearest); break;
    case Op::kMultiply: mpfr_mul(out, a, b, kNearest); break;
    case Op::kDivide: mpfr_div(out, a, b, kNearest); break;
    case Op::kPower: mpfr_pow(out, a, b, kNearest); break;
    // Not mpfr_min and mpfr_max, whose zeros have signs of their own.
    case Op::kMin: mpfr_set(out, mpfr_less_p(b, a) ? b : a, kNearest); break;
    case Op::kMax: mpfr_set(out, mpfr_greater_p(b, a) ? b : a, kNearest); break;
    case Op::kLess: mpfr_set_si(out, mpfr_less_p(a, b) != 0, kNearest); break;
    case Op::kLessEqual: mpfr_set_si(out, mpfr_lessequal_p(a, b) != 0, kNearest); break;
    case Op::kGreater: mpfr_set_si(out, mpfr_greater_p(a, b) != 0, kNearest); break;
    case Op::kGreaterEqual: mpfr_set_si(out, mpfr_greaterequal_p(a, b) != 0, kNearest); break;
    case Op::kEqual: mpfr_set_si(out, mpfr_equal_p(a, b) != 0, kNearest); break;
    default: mpfr_set_si(out, mpfr_equal_p(a, b) == 0, kNearest); break;
  }
}

}  // namespace

struct HighPrecision::Impl {
  Program program;
  std::vector<double> parameters;
  std::map<int, Registers> registers;  // by bits
};

HighPrecision::HighPrecision(const Program& program, std::span<const double> parameters, int output)
    : impl_(new Impl{only(program, std::span(&output, 1)), {parameters.begin(), parameters.end()}, {}}) {}
HighPrecision::~HighPrecision() = default;
HighPrecision::HighPrecision(HighPrecision&&) noexcept = default;

double HighPrecision::at(double x, int bits) {
  const auto& code = impl_->program.code;
  Registers& r = impl_->registers.try_emplace(bits, code.size(), bits).first->second;
  for (std::size_t i = 0; i < code.size(); ++i) {
    const Instruction& s = code[i];
    switch (s.op) {
      case Op::kConstant: mpfr_set_d(r[i], s.value, kNearest); break;
      case Op::kX: mpfr_set_d(r[i], x, kNearest); break;
      case Op::kParameter: mpfr_set_d(r[i], impl_->parameters[s.a], kNearest); break;
      case Op::kSelect: mpfr_set(r[i], mpfr_zero_p(r[s.a]) ? r[s.c] : r[s.b], kNearest); break;
      default:
        if (arity(s.op) == 1)
          unary(s.op, r[i], r[s.a], r.scratch());
        else
          binary(s.op, r[i], r[s.a], r[s.b]);
    }
  }
  return mpfr_get_d(r[impl_->program.outputs[0]], kNearest);
}

double HighPrecision::at(double x) {
  // Floats have 24 bits and exponents down to -149, so x^4 beside 1 needs 4 * 149 + 24 bits.
  constexpr int kLeast = 768, kMost = 12288;
  double before = at(x, kLeast);
  for (int bits = 2 * kLeast; bits <= kMost; bits *= 2) {
    const double more = at(x, bits);
    if (more == before || std::isnan(more) || std::abs(more - before) <= 0x1p-40 * std::abs(more)) return more;
    before = more;
  }
  return before;
}

Program only(const Program& program, std::span<const int> outputs) {
  std::vector<bool> needed(program.code.size());
  for (const int output : outputs) needed[program.outputs[output]] = true;
  for (std::size_t i = program.code.size(); i-- > 0;) {
    if (!needed[i]) continue;
    const Instruction& s = program.code[i];
    const int n = arity(s.op);
    if (n > 0) needed[s.a] = true;
    if (n > 1) needed[s.b] = true;
    if (n > 2) needed[s.c] = true;
  }
  Program kept;
  std::vector<std::uint16_t> number(program.code.size());
  for (std::size_t i = 0; i < program.code.size(); ++i) {
    if (!needed[i]) continue;
    Instruction s = program.code[i];
    const int n = arity(s.op);
    if (n > 0) s.a = number[s.a];
    if (n > 1) s.b = number[s.b];
    if (n > 2) s.c = number[s.c];
    number[i] = static_cast<std::uint16_t>(kept.code.size());
    kept.code.push_back(s);
  }
  for (const int output : outputs) kept.outputs.push_back(number[program.outputs[output]]);
  return kept;
}

}  // namespace rectify
