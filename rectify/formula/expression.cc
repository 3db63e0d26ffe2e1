#include "rectify/formula/expression.h"

#include <array>
#include <bit>
#include <cassert>
#include <cmath>
#include <numbers>
#include <optional>
#include <string>
#include <unordered_map>

#include "rectify/formula/operation.h"

namespace rectify {

struct Expression::Node {
  Op op;
  double value;  // of a constant
  int index;     // of a parameter
  std::vector<Expression> arguments;
  std::size_t hash;
  double size = 1;
};

namespace {

struct OpInfo {
  std::string_view name;
  int arity;
};

constexpr std::array<OpInfo, 34> kOps{{
    {"constant", 0}, {"x", 0},    {"parameter", 0}, {"-", 1},        {"exp", 1},   {"expm1", 1}, {"log", 1},  {"log1p", 1}, {"sqrt", 1},
    {"abs", 1},      {"sign", 1}, {"sin", 1},       {"cos", 1},      {"tan", 1},   {"atan", 1},  {"sinh", 1}, {"cosh", 1},  {"tanh", 1},
    {"erf", 1},      {"erfc", 1}, {"sigmoid", 1},   {"softplus", 1}, {"floor", 1}, {"+", 2},     {"-", 2},    {"*", 2},     {"/", 2},
    {"^", 2},        {"min", 2},  {"max", 2},       {"<", 2},        {"<=", 2},    {">", 2},     {">=", 2},
}};

constexpr OpInfo info(Op op) {
  switch (op) {
    case Op::kEqual: return {"==", 2};
    case Op::kNotEqual: return {"!=", 2};
    case Op::kSelect: return {"?:", 3};
    default: return kOps[static_cast<std::size_t>(op)];
  }
}

std::size_t mix(std::size_t hash, std::size_t more) { return (hash ^ more) * 0x9E3779B97F4A7C15ull + (hash >> 29); }

}  // namespace

int arity(Op op) { return info(op).arity; }
std::string_view op_name(Op op) { return info(op).name; }
bool is_comparison(Op op) { return op >= Op::kLess && op <= Op::kNotEqual; }

Expression::Expression(std::shared_ptr<const Node> node) : node_(std::move(node)) {}

Expression::Expression(double value) {
  const std::size_t hash = mix(static_cast<std::size_t>(Op::kConstant), std::bit_cast<std::uint64_t>(value));
  node_ = std::make_shared<const Node>(Node{Op::kConstant, value, 0, {}, hash});
}

Expression Expression::x() {
  static const Expression kVariable(std::make_shared<const Node>(Node{Op::kX, 0, 0, {}, mix(1, 1)}));
  return kVariable;
}

Expression Expression::parameter(int index) {
  return Expression(std::make_shared<const Node>(Node{Op::kParameter, 0, index, {}, mix(2, static_cast<std::size_t>(index) + 7)}));
}

Op Expression::op() const { return node_->op; }
double Expression::value() const { return node_->value; }
int Expression::index() const { return node_->index; }
std::span<const Expression> Expression::arguments() const { return node_->arguments; }
std::size_t Expression::hash() const { return node_->hash; }
double Expression::size() const { return node_->size; }

bool Expression::is_constant(double value) const { return is_constant() && node_->value == value; }

bool Expression::operator==(const Expression& other) const {
  if (node_ == other.node_) return true;
  if (node_->hash != other.node_->hash || node_->op != other.node_->op || node_->index != other.node_->index) return false;
  if (is_constant()) return std::bit_cast<std::uint64_t>(value()) == std::bit_cast<std::uint64_t>(other.value());
  return node_->arguments == other.node_->arguments;
}

namespace {

// The rules keep the value for every finite x (the sign of a zero apart), gather constant factors, and never reorder a sum.

bool is_negation(const Expression& e) { return e.op() == Op::kNegate; }

bool is_exponential(const Expression& e) { return e.op() == Op::kExp; }

/// A sum c + e^u with a constant c > 0 is c (1 + e^w) with w = u - log(c). The rounding of w matters little where log(c) is small.
struct BesideExponential {
  double c;
  Expression w;
};
std::optional<BesideExponential> beside_exponential(const Expression& e) {
  if (e.op() != Op::kAdd) return {};
  for (const int i : {0, 1}) {
    const Expression &c = e.arguments()[i], &exponential = e.arguments()[1 - i];
    if (!c.is_constant() || !(std::abs(std::log(c.value())) < 8) || !is_exponential(exponential)) continue;
    return BesideExponential{c.value(), exponential.arguments()[0] - std::log(c.value())};
  }
  return {};
}

/// u of 1 + e^u, or null.
const Expression* exponent_beside_one(const Expression& e) {
  if (e.op() != Op::kAdd) return nullptr;
  for (const int i : {0, 1}) {
    if (e.arguments()[i].is_constant(1) && is_exponential(e.arguments()[1 - i])) return &e.arguments()[1 - i].arguments()[0];
  }
  return nullptr;
}

bool is_scaled(const Expression& e) { return e.op() == Op::kMultiply && e.arguments()[0].is_constant(); }

// What people type for functions that the language has, whose own operations neither overflow nor cancel.

/// Whether a and b are e^u and e^-u.
bool are_inverse_exponentials(const Expression& a, const Expression& b) {
  return is_exponential(a) && is_exponential(b) && a.arguments()[0] == -b.arguments()[0];
}

/// log(1 + u) is log1p(u), log1p(e^u) is softplus(u), log(sigmoid(u)) is -softplus(-u), log(e^u + e^-u) is log(cosh(u)) + log(2), and
/// log(c + e^u) is log(c) + softplus(u - log(c)).
const Expression* simplify_logarithm(Op op, const Expression& a, Expression& out) {
  if (op == Op::kLog1p && is_exponential(a)) return &(out = call(Op::kSoftplus, a.arguments()[0]));
  if (op != Op::kLog) return nullptr;
  if (a.op() == Op::kSigmoid) return &(out = -call(Op::kSoftplus, -a.arguments()[0]));
  if (a.op() != Op::kAdd) return nullptr;
  if (are_inverse_exponentials(a.arguments()[0], a.arguments()[1])) {
    return &(out = call(Op::kLog, call(Op::kCosh, a.arguments()[0].arguments()[0])) + std::numbers::ln2);
  }
  for (const int i : {0, 1}) {
    if (a.arguments()[i].is_constant(1)) return &(out = call(Op::kLog1p, a.arguments()[1 - i]));
  }
  if (const auto sum = beside_exponential(a)) return &(out = std::log(sum->c) + call(Op::kSoftplus, sum->w));
  return nullptr;
}

/// e^u / (1 + e^u) is sigmoid(u), (e^2u - 1) / (e^2u + 1) is tanh(u).
const Expression* simplify_over_exponential(const Expression& a, const Expression& u, Expression& out) {
  if (is_exponential(a) && a.arguments()[0] == u) return &(out = call(Op::kSigmoid, u));
  return a.op() == Op::kExpm1 && a.arguments()[0] == u ? &(out = call(Op::kTanh, 0.5 * u)) : nullptr;
}

/// e^u / (c + e^u) is sigmoid(u - log(c)), (e^u - e^-u) / (e^u + e^-u) and sinh(u) / cosh(u) are tanh(u), e^u / (e^u + e^-u) is
/// sigmoid(2u), (w - 1) / (w + 1) with w = (1 + e^u)^2 is tanh(softplus(u)).
const Expression* simplify_ratio(const Expression& a, const Expression& b, Expression& out) {
  if (const Expression* u = exponent_beside_one(b)) return simplify_over_exponential(a, *u, out);
  if (const auto sum = beside_exponential(b); sum && is_exponential(a) && (a == b.arguments()[0] || a == b.arguments()[1])) {
    return &(out = call(Op::kSigmoid, sum->w));
  }
  if (a.op() == Op::kSinh && b.op() == Op::kCosh && a.arguments()[0] == b.arguments()[0]) return &(out = call(Op::kTanh, a.arguments()[0]));
  if (is_exponential(a) && b.op() == Op::kAdd && are_inverse_exponentials(b.arguments()[0], b.arguments()[1]) &&
      (a == b.arguments()[0] || a == b.arguments()[1])) {
    return &(out = call(Op::kSigmoid, 2.0 * a.arguments()[0]));
  }
  if (a.op() != Op::kSubtract || b.op() != Op::kAdd) return nullptr;
  const Expression &first = a.arguments()[0], &second = a.arguments()[1];
  const auto terms = b.arguments();
  if (!(terms[0] == first && terms[1] == second) && !(terms[0] == second && terms[1] == first)) return nullptr;
  if (are_inverse_exponentials(first, second)) return &(out = call(Op::kTanh, first.arguments()[0]));
  if (!second.is_constant(1) || first.op() != Op::kMultiply || !(first.arguments()[0] == first.arguments()[1])) return nullptr;
  const Expression* u = exponent_beside_one(first.arguments()[0]);
  return u == nullptr ? nullptr : &(out = call(Op::kTanh, call(Op::kSoftplus, *u)));
}

/// Quotients of exponentials, alone or times something.
const Expression* simplify_quotient(const Expression& a, const Expression& b, Expression& out) {
  if (simplify_ratio(a, b, out) != nullptr) return &out;
  for (const int i : {0, 1}) {
    if (a.op() == Op::kMultiply && simplify_ratio(a.arguments()[i], b, out) != nullptr) return &(out = a.arguments()[1 - i] * out);
  }
  if (const Expression* u = exponent_beside_one(b)) return &(out = a * call(Op::kSigmoid, -*u));
  const auto sum = beside_exponential(b);
  return sum && a.is_constant() ? &(out = (1 / sum->c) * a * call(Op::kSigmoid, -sum->w)) : nullptr;
}

/// (1 / b) * a as a / b where that is a function of the language: what the derivative of a logarithm leaves.
const Expression* simplify_reciprocal(const Expression& a, const Expression& b, Expression& out) {
  if (a.op() != Op::kDivide || !a.arguments()[0].is_constant(1)) return nullptr;
  return simplify_ratio(b, a.arguments()[1], out);
}

/// a * b where a is a constant or b is none.
const Expression* simplify_product(const Expression& a, const Expression& b, Expression& out) {
  if (a.is_constant(0) && !b.is_constant()) return &(out = 0.0);
  if (a.is_constant(1)) return &(out = b);
  if (a.is_constant(-1)) return &(out = -b);
  if (a.is_constant() && is_scaled(b)) {
    const Expression &factor = b.arguments()[0], both = a * factor;
    return both.is_constant() ? &(out = both * b.arguments()[1]) : nullptr;
  }
  if (a.is_constant() && is_negation(b)) return &(out = Expression(-a.value()) * b.arguments()[0]);
  if (is_negation(a)) return &(out = -(a.arguments()[0] * b));
  if (is_negation(b)) return &(out = -(a * b.arguments()[0]));
  if (!a.is_constant() && is_scaled(a)) return &(out = a.arguments()[0] * (a.arguments()[1] * b));
  if (is_scaled(b)) return &(out = b.arguments()[0] * (a * b.arguments()[1]));
  if (is_comparison(a.op()) && !b.is_constant()) return &(out = select(a, b, 0.0));
  if (is_comparison(b.op()) && !a.is_constant()) return &(out = select(b, a, 0.0));
  if (simplify_reciprocal(a, b, out) != nullptr || simplify_reciprocal(b, a, out) != nullptr) return &out;
  if (b.op() == Op::kSign && b.arguments()[0] == a) return &(out = call(Op::kAbs, a));
  if (a.op() == Op::kSign && a.arguments()[0] == b) return &(out = call(Op::kAbs, b));
  return nullptr;
}

/// 1 + s with s = erf(u), tanh(u) or the negative of one, or that of sigmoid(u), erfc(u), e^u or tanh(u)^2, which cancels where s is near
/// -1: erfc(-u), 2 sigmoid(2u); sigmoid(-u), erf(u), -expm1(u), 4 sigmoid(2u) sigmoid(-2u). `sign` is 1 or -1.
const Expression* simplify_beside_one(const Expression& a, double sign, Expression& out) {
  if (a.op() == Op::kErf) return &(out = call(Op::kErfc, Expression(-sign) * a.arguments()[0]));
  if (a.op() == Op::kTanh) return &(out = 2.0 * call(Op::kSigmoid, Expression(2 * sign) * a.arguments()[0]));
  if (sign > 0) return nullptr;
  if (a.op() == Op::kSigmoid) return &(out = call(Op::kSigmoid, -a.arguments()[0]));
  if (a.op() == Op::kErfc) return &(out = call(Op::kErf, a.arguments()[0]));
  if (is_exponential(a)) return &(out = -call(Op::kExpm1, a.arguments()[0]));
  if (a.op() == Op::kMultiply && a.arguments()[0].op() == Op::kTanh && a.arguments()[0] == a.arguments()[1]) {
    return &(out = (1.0 - a.arguments()[0]) * (1.0 + a.arguments()[0]));
  }
  return nullptr;
}

const Expression* simplify_binary(Op op, const Expression& a, const Expression& b, Expression& out) {
  switch (op) {
    case Op::kAdd:
      if (a.is_constant(0)) return &(out = b);
      if (b.is_constant(0)) return &(out = a);
      if (is_negation(b)) return &(out = a - b.arguments()[0]);
      if (is_negation(a)) return &(out = b - a.arguments()[0]);
      if (is_exponential(a) && b.is_constant(-1)) return &(out = call(Op::kExpm1, a.arguments()[0]));
      if (is_exponential(b) && a.is_constant(-1)) return &(out = call(Op::kExpm1, b.arguments()[0]));
      return a.is_constant(1) ? simplify_beside_one(b, 1, out) : b.is_constant(1) ? simplify_beside_one(a, 1, out) : nullptr;
    case Op::kSubtract:
      if (b.is_constant(0)) return &(out = a);
      if (a.is_constant(0)) return &(out = -b);
      if (is_negation(b)) return &(out = a + b.arguments()[0]);
      if (a == b) return &(out = 0.0);
      if (a.is_constant(1) && simplify_beside_one(b, -1, out) != nullptr) return &out;
      if (b.is_constant(1) && simplify_beside_one(a, -1, out) != nullptr) return &(out = -out);
      if (a.op() == Op::kAdd && a.arguments()[1] == b) return &(out = a.arguments()[0]);
      if (a.op() == Op::kAdd && a.arguments()[0] == b) return &(out = a.arguments()[1]);
      return nullptr;
    case Op::kMultiply: return b.is_constant() && !a.is_constant() ? simplify_product(b, a, out) : simplify_product(a, b, out);
    case Op::kDivide:
      if (b.is_constant(1)) return &(out = a);
      if (a.is_constant(0) && !b.is_constant()) return &(out = 0.0);
      if (is_negation(a)) return &(out = -(a.arguments()[0] / b));
      return simplify_quotient(a, b, out);
    case Op::kPower:
      if (a.is_constant(std::numbers::e)) return &(out = call(Op::kExp, b));
      if (b.is_constant(0)) return &(out = 1.0);
      if (b.is_constant(1)) return &(out = a);
      if (b.is_constant(2)) return &(out = a * a);
      if (b.is_constant(3)) return &(out = a * a * a);
      if (b.is_constant(0.5)) return &(out = call(Op::kSqrt, a));
      if (b.is_constant(-1)) return &(out = 1.0 / a);
      return nullptr;
    case Op::kMin:
    case Op::kMax:
      if (a == b) return &(out = a);
      return nullptr;
    default: return nullptr;
  }
}

/// Whether the sign of `e` goes into a constant.
bool takes_sign(const Expression& e) { return e.is_constant() || is_scaled(e) || (e.op() == Op::kDivide && takes_sign(e.arguments()[0])); }

/// Whether op(a, b) = value is 0 only as no double is as small.
bool underflows(Op op, double a, double b, double value) {
  if (value != 0) return false;
  switch (op) {
    case Op::kExp:
    case Op::kErfc:
    case Op::kSigmoid:
    case Op::kSoftplus: return true;
    case Op::kMultiply: return a != 0 && b != 0;
    case Op::kDivide:
    case Op::kPower: return a != 0;
    default: return false;
  }
}

}  // namespace

Expression Expression::apply(Op op, std::span<const Expression> arguments) {
  assert(static_cast<int>(arguments.size()) == arity(op));
  bool constant = true;
  for (const Expression& a : arguments) constant = constant && a.is_constant();
  if (constant) {
    std::array<double, 3> values{};
    for (std::size_t i = 0; i < arguments.size(); ++i) values[i] = arguments[i].value();
    const double value = operate(op, values[0], values[1], values[2]);
    // 1 / 0 and exp(-1000) stay as written: no number of the language stands for them.
    if (std::isfinite(value) && !underflows(op, values[0], values[1], value)) return value;
  }
  Expression simple;
  if (arguments.size() == 2 && simplify_binary(op, arguments[0], arguments[1], simple) != nullptr) return simple;
  if (arguments.size() == 1 && simplify_logarithm(op, arguments[0], simple) != nullptr) return simple;
  if (op == Op::kSqrt && arguments[0].op() == Op::kMultiply && arguments[0].arguments()[0] == arguments[0].arguments()[1]) {
    return call(Op::kAbs, arguments[0].arguments()[0]);
  }
  if (op == Op::kNegate && is_negation(arguments[0])) return arguments[0].arguments()[0];
  if (op == Op::kNegate && is_scaled(arguments[0])) {
    return Expression(-arguments[0].arguments()[0].value()) * arguments[0].arguments()[1];
  }
  if (op == Op::kNegate && arguments[0].op() == Op::kDivide && takes_sign(arguments[0].arguments()[0])) {
    return -arguments[0].arguments()[0] / arguments[0].arguments()[1];
  }
  if (op == Op::kSelect) {
    if (arguments[0].is_constant()) return arguments[0].value() != 0 ? arguments[1] : arguments[2];
    if (arguments[1] == arguments[2]) return arguments[1];
  }
  std::size_t hash = mix(static_cast<std::size_t>(op) + 100, arguments.size());
  for (const Expression& a : arguments) hash = mix(hash, a.hash());
  double size = 1;
  for (const Expression& a : arguments) size += a.size();
  std::vector<Expression> kept(arguments.begin(), arguments.end());
  // A constant factor stands first, so that products read "2 * x" and equal ones compare equal.
  if (op == Op::kMultiply && kept[1].is_constant() && !kept[0].is_constant()) return apply(op, std::array{kept[1], kept[0]});
  return Expression(std::make_shared<const Node>(Node{op, 0, 0, std::move(kept), hash, size}));
}

Expression operator-(const Expression& a) { return call(Op::kNegate, a); }
Expression operator+(const Expression& a, const Expression& b) { return call(Op::kAdd, a, b); }
Expression operator-(const Expression& a, const Expression& b) { return call(Op::kSubtract, a, b); }
Expression operator*(const Expression& a, const Expression& b) { return call(Op::kMultiply, a, b); }
Expression operator/(const Expression& a, const Expression& b) { return call(Op::kDivide, a, b); }
Expression call(Op op, const Expression& a) { return Expression::apply(op, std::span(&a, 1)); }
Expression call(Op op, const Expression& a, const Expression& b) { return Expression::apply(op, std::array{a, b}); }
Expression select(const Expression& condition, const Expression& a, const Expression& b) {
  return Expression::apply(Op::kSelect, std::array{condition, a, b});
}

namespace {

Expression substitute(const Expression& body, const Expression& argument, std::span<const Expression> parameters,
                      std::unordered_map<const void*, Expression>& done) {
  if (body.op() == Op::kX) return argument;
  if (body.op() == Op::kParameter) return parameters[body.index()];
  if (body.is_constant()) return body;
  if (const auto found = done.find(body.id()); found != done.end()) return found->second;
  std::vector<Expression> arguments;
  for (const Expression& a : body.arguments()) arguments.push_back(substitute(a, argument, parameters, done));
  return done.emplace(body.id(), Expression::apply(body.op(), arguments)).first->second;
}

template <class Predicate>
bool any_node(const Expression& e, const Predicate& holds, std::unordered_map<const void*, bool>& done) {
  if (holds(e)) return true;
  if (!done.emplace(e.id(), true).second) return false;
  for (const Expression& a : e.arguments()) {
    if (any_node(a, holds, done)) return true;
  }
  return false;
}

}  // namespace

Expression substitute(const Expression& body, const Expression& argument, std::span<const Expression> parameters) {
  std::unordered_map<const void*, Expression> done;
  return substitute(body, argument, parameters, done);
}

bool depends_on_x(const Expression& e) {
  std::unordered_map<const void*, bool> done;
  return any_node(
      e, [](const Expression& n) { return n.op() == Op::kX; }, done);
}

bool depends_on_parameter(const Expression& e, int index) {
  std::unordered_map<const void*, bool> done;
  return any_node(
      e, [index](const Expression& n) { return n.op() == Op::kParameter && n.index() == index; }, done);
}

}  // namespace rectify
