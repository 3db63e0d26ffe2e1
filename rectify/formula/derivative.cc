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
    return arity(e.op()) == 1 ? slope(e) * of(e.arguments()[0]) : of_binary(e);
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
        return db.is_constant(0) ? da / b : (da * b - a * db) / b / b;
      case Op::kPower: return of_power(e, da, db);
      case Op::kMin: return of_choice(Op::kLess, Op::kMax, a, b, da, db);
      default: return of_choice(Op::kGreater, Op::kMin, a, b, da, db);
    }
  }

  static Expression of_power(const Expression& e, const Expression& da, const Expression& db) {
    const Expression &a = e.arguments()[0], &b = e.arguments()[1];
    Expression sum = b * call(Op::kPower, a, b - 1.0) * da;
    if (!db.is_constant(0)) sum = sum + e * call(Op::kLog, a) * db;
    return sum;
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
};

}  // namespace

Expression derivative(const Expression& e) { return Differentiator(-1).of(e); }

Expression derivative(const Expression& e, int index) { return Differentiator(index).of(e); }

}  // namespace rectify
