#include "rectify/formula/operation.h"

#include <cassert>
#include <cmath>
#include <limits>

namespace rectify {
namespace {

double sigmoid(double x) {
  const double e = std::exp(-std::abs(x));
  return (x < 0 ? e : 1) / (1 + e);
}

double softplus(double x) { return std::fmax(x, 0) + std::log1p(std::exp(-std::abs(x))); }

double sign(double x) { return x > 0 ? 1 : x < 0 ? -1 : x; }

bool either_nan(double a, double b) { return std::isnan(a) || std::isnan(b); }

}  // namespace

double operate(Op op, double a, double b, double c) {
  switch (op) {
    case Op::kNegate: return -a;
    case Op::kExp: return std::exp(a);
    case Op::kExpm1: return std::expm1(a);
    case Op::kLog: return std::log(a);
    case Op::kLog1p: return std::log1p(a);
    case Op::kSqrt: return std::sqrt(a);
    case Op::kAbs: return std::abs(a);
    case Op::kSign: return sign(a);
    case Op::kSin: return std::sin(a);
    case Op::kCos: return std::cos(a);
    case Op::kTan: return std::tan(a);
    case Op::kAtan: return std::atan(a);
    case Op::kSinh: return std::sinh(a);
    case Op::kCosh: return std::cosh(a);
    case Op::kTanh: return std::tanh(a);
    case Op::kErf: return std::erf(a);
    case Op::kErfc: return std::erfc(a);
    case Op::kSigmoid: return std::isnan(a) ? a : sigmoid(a);
    case Op::kSoftplus: return std::isnan(a) ? a : softplus(a);
    case Op::kFloor: return std::floor(a);
    case Op::kAdd: return a + b;
    case Op::kSubtract: return a - b;
    case Op::kMultiply: return a * b;
    case Op::kDivide: return a / b;
    case Op::kPower: return either_nan(a, b) ? a + b : std::pow(a, b);
    case Op::kMin: return either_nan(a, b) ? a + b : b < a ? b : a;
    case Op::kMax: return either_nan(a, b) ? a + b : b > a ? b : a;
    case Op::kLess: return a < b;
    case Op::kLessEqual: return a <= b;
    case Op::kGreater: return a > b;
    case Op::kGreaterEqual: return a >= b;
    case Op::kEqual: return a == b;
    case Op::kNotEqual: return a != b;
    case Op::kSelect: return a != 0 ? b : c;
    case Op::kConstant:
    case Op::kX:
    case Op::kParameter: break;
  }
  assert(false);
  return std::numeric_limits<double>::quiet_NaN();
}

}  // namespace rectify
