// Formulas as text and as LaTeX.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <string>

#include "rectify/formula/formula.h"

namespace rectify {
namespace {

// How tightly a form binds; an operand that binds less tightly than its place asks for is put in parentheses.
enum Binding { kChoice, kComparison, kSum, kProduct, kSign, kPower, kAtom };

struct Piece {
  std::string text;
  Binding binding;
};

using Names = std::span<const FormulaParameter>;

bool is_square(const Expression& e) { return e.op() == Op::kMultiply && e.arguments()[0] == e.arguments()[1]; }

bool is_cube(const Expression& e) {
  return e.op() == Op::kMultiply && is_square(e.arguments()[0]) && e.arguments()[0].arguments()[0] == e.arguments()[1];
}

bool is_clip(const Expression& e) { return e.op() == Op::kMin && e.arguments()[0].op() == Op::kMax; }

/// "-a * b" is read as (-a) * b, which is the same number, so a product needs no parentheses but stays one.
Piece negated(const Piece& inside, std::string_view open, std::string_view close) {
  if (inside.binding < kProduct) return {fmt::format("-{}{}{}", open, inside.text, close), kSign};
  return {"-" + inside.text, std::min(inside.binding, kSign)};
}

Piece print(const Expression& e, Names names);

std::string at_least(Binding wanted, const Expression& e, Names names) {
  Piece piece = print(e, names);
  return piece.binding < wanted ? "(" + piece.text + ")" : piece.text;
}

Piece print_number(double value) {
  if (value == std::numbers::pi) return {"pi", kAtom};
  if (value == std::numbers::e) return {"e", kAtom};
  return {fmt::format("{}", value), std::signbit(value) ? kSign : kAtom};
}

Piece print_call(const Expression& e, Names names) {
  if (is_clip(e)) {
    const Expression& inner = e.arguments()[0];
    return {fmt::format("clip({}, {}, {})", print(inner.arguments()[0], names).text, print(inner.arguments()[1], names).text,
                        print(e.arguments()[1], names).text),
            kAtom};
  }
  std::string text = fmt::format("{}(", op_name(e.op()));
  for (const Expression& a : e.arguments()) text += (&a == e.arguments().data() ? "" : ", ") + print(a, names).text;
  return {text + ")", kAtom};
}

Piece print_binary(const Expression& e, Binding binding, Names names) {
  const bool left_to_right = binding == kSum || binding == kProduct;
  const auto right = static_cast<Binding>(binding + 1);
  return {fmt::format("{} {} {}", at_least(left_to_right ? binding : right, e.arguments()[0], names), op_name(e.op()),
                      at_least(right, e.arguments()[1], names)),
          binding};
}

Piece print(const Expression& e, Names names) {
  const auto arguments = e.arguments();
  if (is_cube(e)) return {at_least(kAtom, arguments[1], names) + "^3", kPower};
  if (is_square(e)) return {at_least(kAtom, arguments[0], names) + "^2", kPower};
  switch (e.op()) {
    case Op::kConstant: return print_number(e.value());
    case Op::kX: return {"x", kAtom};
    case Op::kParameter: return {names[e.index()].name, kAtom};
    case Op::kNegate: return negated(print(arguments[0], names), "(", ")");
    case Op::kAdd:
    case Op::kSubtract: return print_binary(e, kSum, names);
    case Op::kMultiply:
    case Op::kDivide: return print_binary(e, kProduct, names);
    case Op::kPower: return {fmt::format("{}^{}", at_least(kAtom, arguments[0], names), at_least(kSign, arguments[1], names)), kPower};
    case Op::kSelect:
      return {fmt::format("{} ? {} : {}", at_least(kComparison, arguments[0], names), at_least(kComparison, arguments[1], names),
                          at_least(kChoice, arguments[2], names)),
              kChoice};
    default: return is_comparison(e.op()) ? print_binary(e, kComparison, names) : print_call(e, names);
  }
}

Piece latex(const Expression& e, Names names);

std::string latex_at_least(Binding wanted, const Expression& e, Names names) {
  Piece piece = latex(e, names);
  return piece.binding < wanted ? "\\left(" + piece.text + "\\right)" : piece.text;
}

Piece latex_call(const Expression& e, Names names) {
  static constexpr std::string_view kMacros[] = {"exp", "log", "sin", "cos", "tan", "sinh", "cosh", "tanh", "min", "max"};
  std::string name = fmt::format("\\operatorname{{{}}}", is_clip(e) ? "clip" : op_name(e.op()));
  for (const std::string_view macro : kMacros) {
    if (macro == op_name(e.op()) && !is_clip(e)) name = fmt::format("\\{}", macro);
  }
  if (e.op() == Op::kSigmoid) name = "\\sigma";
  std::string arguments;
  const auto add = [&](const Expression& a) { arguments += (arguments.empty() ? "" : ", ") + latex(a, names).text; };
  if (is_clip(e)) {
    for (const Expression& a : e.arguments()[0].arguments()) add(a);
    add(e.arguments()[1]);
  } else {
    for (const Expression& a : e.arguments()) add(a);
  }
  return {fmt::format("{}\\left({}\\right)", name, arguments), kAtom};
}

std::string latex_parameter(const std::string& name) {
  static constexpr std::string_view kGreek[] = {"alpha", "beta", "gamma", "lambda", "theta", "omega", "mu", "sigma"};
  for (const std::string_view greek : kGreek) {
    if (name == greek) return "\\" + name;
  }
  return name.size() == 1 ? name : fmt::format("\\mathrm{{{}}}", name);
}

std::string_view latex_comparison(Op op) {
  switch (op) {
    case Op::kLessEqual: return "\\le";
    case Op::kGreaterEqual: return "\\ge";
    case Op::kEqual: return "=";
    case Op::kNotEqual: return "\\ne";
    default: return op_name(op);
  }
}

Piece latex(const Expression& e, Names names) {
  const auto arguments = e.arguments();
  if (is_cube(e)) return {latex_at_least(kAtom, arguments[1], names) + "^{3}", kPower};
  if (is_square(e)) return {latex_at_least(kAtom, arguments[0], names) + "^{2}", kPower};
  switch (e.op()) {
    case Op::kConstant: return e.value() == std::numbers::pi ? Piece{"\\pi", kAtom} : print_number(e.value());
    case Op::kX: return {"x", kAtom};
    case Op::kParameter: return {latex_parameter(names[e.index()].name), kAtom};
    case Op::kNegate: return negated(latex(arguments[0], names), "\\left(", "\\right)");
    case Op::kAdd:
    case Op::kSubtract:
      return {fmt::format("{} {} {}", latex_at_least(kSum, arguments[0], names), op_name(e.op()),
                          latex_at_least(kProduct, arguments[1], names)),
              kSum};
    case Op::kMultiply:
      return {fmt::format("{} \\, {}", latex_at_least(kProduct, arguments[0], names), latex_at_least(kSign, arguments[1], names)),
              kProduct};
    case Op::kDivide: return {fmt::format("\\frac{{{}}}{{{}}}", latex(arguments[0], names).text, latex(arguments[1], names).text), kAtom};
    case Op::kPower: return {fmt::format("{}^{{{}}}", latex_at_least(kAtom, arguments[0], names), latex(arguments[1], names).text), kPower};
    case Op::kSqrt: return {fmt::format("\\sqrt{{{}}}", latex(arguments[0], names).text), kAtom};
    case Op::kAbs: return {fmt::format("\\left|{}\\right|", latex(arguments[0], names).text), kAtom};
    case Op::kSelect:
      return {fmt::format("\\begin{{cases}} {} & {} \\\\ {} & \\text{{otherwise}} \\end{{cases}}", latex(arguments[1], names).text,
                          latex(arguments[0], names).text, latex(arguments[2], names).text),
              kAtom};
    default: break;
  }
  if (!is_comparison(e.op())) return latex_call(e, names);
  return {fmt::format("{} {} {}", latex_at_least(kSum, arguments[0], names), latex_comparison(e.op()),
                      latex_at_least(kSum, arguments[1], names)),
          kComparison};
}

}  // namespace

std::string to_text(const Expression& e, std::span<const FormulaParameter> parameters) { return print(e, parameters).text; }

std::string to_latex(const Expression& e, std::span<const FormulaParameter> parameters) { return latex(e, parameters).text; }

}  // namespace rectify
