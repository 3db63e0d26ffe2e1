#include "reference.h"

#include <mpfr.h>

#include <cmath>
#include <memory>
#include <vector>

namespace rectify {
namespace {

constexpr mpfr_rnd_t kNearest = MPFR_RNDN;

/// Results of a program's steps at one precision.
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

/// 1 / (1 + exp(-a)): exp(-a) is no larger than exp(|a|), and MPFR's exponent range holds that.
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
  if (mpfr_sgn(a) > 0) mpfr_add(out, a, scratch, kNearest);
  else mpfr_set(out, scratch, kNearest);
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
    case Op::kSign: mpfr_set_si(out, mpfr_sgn(a), kNearest); break;
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
    case Op::kMin: mpfr_min(out, a, b, kNearest); break;
    case Op::kMax: mpfr_max(out, a, b, kNearest); break;
    case Op::kLess: mpfr_set_si(out, mpfr_less_p(a, b), kNearest); break;
    case Op::kLessEqual: mpfr_set_si(out, mpfr_lessequal_p(a, b), kNearest); break;
    case Op::kGreater: mpfr_set_si(out, mpfr_greater_p(a, b), kNearest); break;
    case Op::kGreaterEqual: mpfr_set_si(out, mpfr_greaterequal_p(a, b), kNearest); break;
    case Op::kEqual: mpfr_set_si(out, mpfr_equal_p(a, b), kNearest); break;
    default: mpfr_set_si(out, !mpfr_equal_p(a, b), kNearest); break;
  }
}

}  // namespace

double evaluate_mpfr(const Program& program, double x, std::span<const double> parameters, int output, int bits) {
  Registers r(program.code.size(), bits);
  for (std::size_t i = 0; i < program.code.size(); ++i) {
    const Instruction& s = program.code[i];
    if (s.op == Op::kConstant) mpfr_set_d(r[i], s.value, kNearest);
    else if (s.op == Op::kX) mpfr_set_d(r[i], x, kNearest);
    else if (s.op == Op::kParameter) mpfr_set_d(r[i], parameters[s.a], kNearest);
    else if (s.op == Op::kSelect) mpfr_set(r[i], mpfr_zero_p(r[s.a]) ? r[s.c] : r[s.b], kNearest);
    else if (arity(s.op) == 1) unary(s.op, r[i], r[s.a], r.scratch());
    else binary(s.op, r[i], r[s.a], r[s.b]);
  }
  return mpfr_get_d(r[program.outputs[output]], kNearest);
}

double reference(const Program& program, double x, std::span<const double> parameters, int output) {
  constexpr double kGoodEnough = 0x1p-32;
  const Bounded fast = evaluate_bounded(program, x, parameters, output);
  if (!std::isfinite(x) || fast.error <= kGoodEnough * std::abs(fast.value)) return fast.value;
  double before = evaluate_mpfr(program, x, parameters, output, 128);
  for (int bits = 256; bits <= 4096; bits *= 2) {
    const double more = evaluate_mpfr(program, x, parameters, output, bits);
    if (more == before || std::abs(more - before) <= kGoodEnough * std::abs(more)) return more;
    before = more;
  }
  return before;
}

}  // namespace rectify
