// Formulas as immutable expression trees over x, parameters and constants.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace rectify {

/// What a node of an expression computes.
enum class Op : std::uint8_t {
  kConstant,
  kX,
  kParameter,  // leaves
  kNegate,
  kExp,
  kExpm1,
  kLog,
  kLog1p,
  kSqrt,
  kAbs,
  kSign,  // of one argument
  kSin,
  kCos,
  kTan,
  kAtan,
  kSinh,
  kCosh,
  kTanh,
  kErf,
  kErfc,  //
  kSigmoid,
  kSoftplus,
  kFloor,  //
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kPower,
  kMin,
  kMax,  // of two
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kEqual,
  kNotEqual,  // of two, 1 or 0
  kSelect,    // of three: a != 0 ? b : c
};

/// The number of arguments of `op`.
int arity(Op op);
/// The operator or function name of `op` as formulas spell it.
std::string_view op_name(Op op);
/// Whether `op` compares its two arguments.
bool is_comparison(Op op);

/// An expression: a value, cheap to copy. Built with the functions below, which fold constants and drop neutral elements.
class Expression {
 public:
  /// The constant `value`.
  Expression(double value = 0);
  /// The variable x.
  static Expression x();
  /// Parameter number `index`.
  static Expression parameter(int index);
  /// `op` applied to `arguments`, simplified; arguments.size() == arity(op).
  static Expression apply(Op op, std::span<const Expression> arguments);

  Op op() const;
  /// Of a constant.
  double value() const;
  /// Of a parameter.
  int index() const;
  std::span<const Expression> arguments() const;

  bool is_constant() const { return op() == Op::kConstant; }
  bool is_constant(double value) const;
  /// Whether both are the same tree.
  bool operator==(const Expression& other) const;
  /// Equal for equal trees.
  std::size_t hash() const;
  /// The number of nodes when written out as a tree, shared ones counted each time.
  double size() const;
  /// The identity of the shared node, for tables that visit each once.
  const void* id() const { return node_.get(); }

 private:
  struct Node;
  explicit Expression(std::shared_ptr<const Node> node);
  std::shared_ptr<const Node> node_;
};

Expression operator-(const Expression& a);
Expression operator+(const Expression& a, const Expression& b);
Expression operator-(const Expression& a, const Expression& b);
Expression operator*(const Expression& a, const Expression& b);
Expression operator/(const Expression& a, const Expression& b);
/// `op` of one, two or three arguments.
Expression call(Op op, const Expression& a);
Expression call(Op op, const Expression& a, const Expression& b);
/// condition != 0 ? a : b.
Expression select(const Expression& condition, const Expression& a, const Expression& b);

/// `body` with `argument` in place of x and parameters[i] in place of parameter i.
Expression substitute(const Expression& body, const Expression& argument, std::span<const Expression> parameters);

/// Whether x, or parameter `index`, occurs.
bool depends_on_x(const Expression& e);
bool depends_on_parameter(const Expression& e, int index);

}  // namespace rectify
