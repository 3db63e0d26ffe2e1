#include "rectify/formula/derivative.h"

#include <numbers>
#include <unordered_map>

namespace rectify {
namespace {

using std::numbers::inv_sqrtpi;

/// Differentiates with respect to one leaf, each node once.
class Differentiator {
 public:
  /// `index` of a parameter, or -1 for x.
  explicit Differentiator(int index) : index_(index) {}

  const Expression& of(const Expression& e) {
    const auto found = done_.find(e.id());
    if (found != done_.end()) return found->second.second;
    // The expression is kept with its derivative so that its node, and with it the key, lives on.
    return done_.emplace(e.id(), std::pair(e, compute(e))).first->second.second;
  }

 private:
  Expression compute(const Expression& e) {
    switch (e.op()) {
      case Op::kConstant: return 0.0;
      case Op::kX: return index_ < 0 ? 1.0 : 0.0;
      case Op::kParameter: return e.index() == index_ ? 1.0 : 0.0;
      case Op::kSelect: return select(e.arguments()[0], of(e.arguments()[1]), of(e.arguments()[2]));
      default: break;
    }
    if (is_comparison(e.op())) return 0.0;
    return arity(e.op()) == 1 ? chained(e, of(e.arguments()[0])) : of_binary(e);
  }

  /// slope(e) * inner; 0 where e is flat and inner may be infinite, as in tanh(exp(x)).
  Expression chained(const Expression& e, const Expression& inner) {
    const Expression outer = slope(e);
    return flattens(e.op()) && may_overflow(inner) ? select(call(Op::kEqual, outer, 0.0), 0.0, outer * inner) : outer * inner;
  }

  /// Whether op's slope falls to 0 so fast that no overflow of its argument's slope makes up for it.
  static bool flattens(Op op) {
    switch (op) {
      case Op::kExp:
      case Op::kExpm1:
      case Op::kAtan:
      case Op::kTanh:
      case Op::kErf:
      case Op::kErfc:
      case Op::kSigmoid:
      case Op::kSoftplus: return true;
      default: return false;
    }
  }

  /// Whether `e` may leave double precision where x is a finite float. `e` has to live on.
  bool may_overflow(const Expression& e) {
    if (const auto found = overflows_.find(e.id()); found != overflows_.end()) return found->second;
    bool overflows = false;
    switch (e.op()) {
      case Op::kSinh:
      case Op::kCosh:
      case Op::kPower: overflows = depends_on_x(e); break;
      case Op::kExp:
      case Op::kExpm1: overflows = depends_on_x(e) && !is_below_zero(e.arguments()[0]); break;
      case Op::kSign:
      case Op::kSin:
      case Op::kCos:
      case Op::kAtan:
      case Op::kTanh:
      case Op::kErf:
      case Op::kErfc:
      case Op::kSigmoid: break;
      default: {
        const bool over_cosh = e.op() == Op::kDivide && e.arguments()[1].op() == Op::kCosh;
        for (const Expression& a : e.arguments().first(over_cosh ? 1 : arity(e.op()))) overflows = may_overflow(a) || overflows;
      }
    }
    return overflows_[e.id()] = overflows;
  }

  /// Whether e is minus a square.
  static bool is_below_zero(const Expression& e) {
    if (e.op() != Op::kNegate) return false;
    const Expression& a = e.arguments()[0];
    return a.op() == Op::kMultiply && a.arguments()[0] == a.arguments()[1];
  }

  /// d op(a) / d a.
  static Expression slope(const Expression& e) {
    const Expression& a = e.arguments()[0];
    switch (e.op()) {
      case Op::kNegate: return -1.0;
      case Op::kExp: return e;
      case Op::kExpm1: return call(Op::kExp, a);
      case Op::kLog: return 1.0 / a;
      case Op::kLog1p: return 1.0 / (1.0 + a);
      case Op::kSqrt: return 0.5 / e;
      case Op::kAbs: return call(Op::kSign, a);
      case Op::kSin: return call(Op::kCos, a);
      case Op::kCos: return -call(Op::kSin, a);
      case Op::kTan: return 1.0 + e * e;
      case Op::kAtan: return 1.0 / (1.0 + a * a);
      case Op::kSinh: return call(Op::kCosh, a);
      case Op::kCosh: return call(Op::kSinh, a);
      case Op::kTanh: {  // (1 / cosh)^2: 1 - tanh^2 cancels, and 1 / cosh^2 overflows on the way to small results
        const Expression sech = 1.0 / call(Op::kCosh, a);
        return sech * sech;
      }
      case Op::kErf: return 2 * inv_sqrtpi * call(Op::kExp, -(a * a));
      case Op::kErfc: return -2 * inv_sqrtpi * call(Op::kExp, -(a * a));
      case Op::kSigmoid: return e * call(Op::kSigmoid, -a);
      case Op::kSoftplus: return call(Op::kSigmoid, a);
      default: return 0.0;  // sign and floor are flat between their jumps
    }
  }

  Expression of_binary(const Expression& e) {
    const Expression &a = e.arguments()[0], &b = e.arguments()[1];
    const Expression da = of(a), db = of(b);
    switch (e.op()) {
      case Op::kAdd: return da + db;
      case Op::kSubtract: return da - db;
      case Op::kMultiply: return a == b ? 2.0 * (a * da) : da * b + a * db;
      case Op::kDivide:  // divided twice, since b * b may overflow where the quotient does not
        if (db.is_constant(0)) return da / b;
        if (const Expression* rest = beside_square(a, b); rest != nullptr && of(*rest).is_constant(0)) return *rest * da / b / b / b;
        if (const Expression* rest = beside(a, b)) return (da * *rest - a * of(*rest)) / b / b;
        if (b.op() == Op::kCosh) return da / b - e * (call(Op::kTanh, b.arguments()[0]) * of(b.arguments()[0]));
        return (da * b - a * db) / b / b;
      case Op::kPower: return of_power(e, da, db);
      case Op::kMin: return of_choice(Op::kLess, Op::kMax, a, b, da, db);
      default: return of_choice(Op::kGreater, Op::kMin, a, b, da, db);
    }
  }

  /// r where b is r + a: of a / b the quotient rule leaves (r da - a dr) / b^2, but cancels on its way.
  static const Expression* beside(const Expression& a, const Expression& b) {
    if (b.op() != Op::kAdd) return nullptr;
    const auto terms = b.arguments();
    return terms[1] == a ? &terms[0] : terms[0] == a ? &terms[1] : nullptr;
  }

  /// r where b is sqrt(r + a^2) or sqrt(r + k a^2) with k free of x: of a / b the quotient rule leaves r da / b^3, but cancels on its way.
  const Expression* beside_square(const Expression& a, const Expression& b) {
    if (b.op() != Op::kSqrt || b.arguments()[0].op() != Op::kAdd) return nullptr;
    const auto is_multiple = [&](const Expression& e) {
      const Expression square = a * a;
      if (e == square || e.op() != Op::kMultiply) return e == square;
      const Expression &k = e.arguments()[0], &l = e.arguments()[1];
      return (l == square && of(k).is_constant(0)) || (k == square && of(l).is_constant(0));
    };
    const auto terms = b.arguments()[0].arguments();
    return is_multiple(terms[1]) ? &terms[0] : is_multiple(terms[0]) ? &terms[1] : nullptr;
  }

  static Expression of_power(const Expression& e, const Expression& da, const Expression& db) {
    const Expression &a = e.arguments()[0], &b = e.arguments()[1];
    Expression sum = b * call(Op::kPower, a, b - 1.0) * da;
    if (db.is_constant(0)) return sum;
    // Where the power is 0, so is its slope in the exponent: a^b falls faster than log(a) grows.
    const Expression in_exponent = e * call(Op::kLog, a) * db;
    return sum + (a.is_constant() ? in_exponent : select(call(Op::kEqual, e, 0.0), 0.0, in_exponent));
  }

  /// Of min or max: the derivative of the side that wins; at a tie 0 if one side's is 0, else the one from the left, which is the larger
  /// slope for min and the smaller for max.
  static Expression of_choice(Op wins, Op tie, const Expression& a, const Expression& b, const Expression& da, const Expression& db) {
    if (da == db) return da;
    if (da.is_constant(0)) return select(call(wins, b, a), db, 0.0);
    if (db.is_constant(0)) return select(call(wins, a, b), da, 0.0);
    const Expression at_tie = call(tie, da, db);
    if (at_tie == db) return select(call(wins, a, b), da, db);
    return select(call(wins, a, b), da, select(call(wins, b, a), db, at_tie));
  }

  int index_;
  std::unordered_map<const void*, std::pair<Expression, Expression>> done_;
  std::unordered_map<const void*, bool> overflows_;
};

}  // namespace

Expression derivative(const Expression& e) { return Differentiator(-1).of(e); }

Expression derivative(const Expression& e, int index) { return Differentiator(index).of(e); }

}  // namespace rectify
