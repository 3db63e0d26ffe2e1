#include "rectify/activation/from_output.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "rectify/activation/tiles.h"
#include "rectify/formula/formula.h"

namespace rectify {
namespace {

using Found = std::optional<Expression>;

Expression square(const Expression& e) { return e * e; }

/// A product whose factors may cancel.
class Product {
 public:
  Product& times(const Expression& e) { return join(e, above_, below_); }
  Product& divided_by(const Expression& e) { return join(e, below_, above_); }

  std::size_t factors() const { return above_.size() + below_.size(); }
  Expression expression() const {
    Expression numerator = 1.0, denominator = 1.0;
    for (const Expression& e : above_) numerator = numerator * e;
    for (const Expression& e : below_) denominator = denominator * e;
    return numerator / denominator;
  }

 private:
  Product& join(const Expression& e, std::vector<Expression>& to, std::vector<Expression>& opposite) {
    if (const auto same = std::find(opposite.begin(), opposite.end(), e); same != opposite.end())
      opposite.erase(same);
    else
      to.push_back(e);
    return *this;
  }
  std::vector<Expression> above_, below_;
};

/// c * e with the factor drawn into pieces and joined with a factor that e has.
Expression scaled(const Expression& c, const Expression& e) {
  const auto a = e.arguments();
  if (e.op() == Op::kSelect) return select(a[0], scaled(c, a[1]), scaled(c, a[2]));
  if (e.op() == Op::kMultiply && !depends_on_x(a[0])) return (c * a[0]) * a[1];
  return c * e;
}

/// A primitive's derivative from its output, and its inverse.
struct Primitive {
  Expression slope, inverse;
};

std::optional<Primitive> primitive(Op op, const Expression& y) {
  const auto log = [](const Expression& e) { return call(Op::kLog, e); };
  switch (op) {
    case Op::kExp: return Primitive{y, log(y)};
    case Op::kExpm1: return Primitive{y + 1.0, call(Op::kLog1p, y)};
    case Op::kLog: return Primitive{call(Op::kExp, -y), call(Op::kExp, y)};
    case Op::kLog1p: return Primitive{call(Op::kExp, -y), call(Op::kExpm1, y)};
    case Op::kSqrt: return Primitive{0.5 / y, square(y)};
    case Op::kAtan: return Primitive{square(call(Op::kCos, y)), call(Op::kTan, y)};
    case Op::kTan: return Primitive{1.0 + square(y), call(Op::kAtan, y)};
    case Op::kTanh: return Primitive{1.0 - square(y), 0.5 * (call(Op::kLog1p, y) - call(Op::kLog1p, -y))};
    case Op::kSigmoid: return Primitive{y * (1.0 - y), log(y / (1.0 - y))};
    case Op::kSoftplus: return Primitive{-call(Op::kExpm1, -y), log(call(Op::kExpm1, y))};
    default: return std::nullopt;
  }
}

/// Functions of which x cannot be drawn out of one place: formula, and its derivative with x standing for the output. Parameters stand for
/// anything without x.
struct KnownForm {
  const char *formula, *slope;
};
constexpr KnownForm kKnownForms[] = {
    {"x / (1 + abs(x))", "(1 - abs(x))^2"},
    {"x / sqrt(1 + a * x^2); a = 1", "(1 - a * x^2)^1.5; a = 1"},
    {"x > 0 ? 0.5 * (x + sqrt(x^2 + b)) : sqrt(x^2 + b) - x == 0 ? 0 : 0.5 * b / (sqrt(x^2 + b) - x); b = 4", "x^2 / (x^2 + b / 4); b = 4"},
};

/// Whether e is `pattern` with something free of x for each parameter, which `bound` receives.
bool matches(const Expression& pattern, const Expression& e, std::vector<Found>& bound) {
  if (pattern.op() == Op::kParameter) {
    Found& mine = bound[pattern.index()];
    if (!mine && !depends_on_x(e)) mine = e;
    return mine && *mine == e;
  }
  if (pattern.is_constant() || pattern.op() == Op::kX) return pattern == e;
  if (pattern.op() != e.op()) return false;
  for (std::size_t i = 0; i < pattern.arguments().size(); ++i) {
    if (!matches(pattern.arguments()[i], e.arguments()[i], bound)) return false;
  }
  return true;
}

/// Walks from the output to x, and multiplies what it meets.
class Inversion {
 public:
  explicit Inversion(std::span<const FormulaParameter> parameters) {
    for (const FormulaParameter& p : parameters) values_.push_back(p.value);
  }

  /// de/dx times `product`, given that e's value is y, an expression of the output.
  Found slope(const Expression& e, const Expression& y, Product product) const {
    // An inverse may have y twice, so that a chain's doubles at each link.
    constexpr std::size_t kMostFactors = 8;
    if (product.factors() > kMostFactors) return std::nullopt;
    if (!depends_on_x(e)) return Expression(0.0);
    if (e.op() == Op::kX) return product.expression();
    if (Found known = known_form(e, y, product)) return known;
    const auto a = e.arguments();
    switch (e.op()) {
      case Op::kNegate: return slope(a[0], -y, product.times(-1.0));
      case Op::kSelect: return of_select(a[0], a[1], a[2], y, product);
      case Op::kMin: return of_limit(Op::kLess, a[0], a[1], y, product);
      case Op::kMax: return of_limit(Op::kGreater, a[0], a[1], y, product);
      case Op::kAdd:
      case Op::kSubtract:
      case Op::kMultiply:
      case Op::kDivide: return of_binary(e, y, product);
      default: break;
    }
    const auto found = arity(e.op()) == 1 ? primitive(e.op(), y) : std::nullopt;
    return found ? slope(a[0], found->inverse, product.times(found->slope)) : std::nullopt;
  }

 private:
  Found of_binary(const Expression& e, const Expression& y, Product product) const {
    const Expression &a = e.arguments()[0], &b = e.arguments()[1];
    if (e.op() == Op::kMultiply && a == b) {
      const Expression root = call(Op::kSqrt, y);
      return slope(a, root, product.times(2.0).times(root));
    }
    if (depends_on_x(a) && depends_on_x(b)) return std::nullopt;
    const bool left = depends_on_x(a);  // where x is
    switch (e.op()) {
      case Op::kAdd: return left ? slope(a, y - b, product) : slope(b, y - a, product);
      case Op::kSubtract: return left ? slope(a, y + b, product) : slope(b, a - y, product.times(-1.0));
      case Op::kMultiply: return left ? of_scaled(b, a, y, product) : of_scaled(a, b, y, product);
      default: break;
    }
    if (left) return slope(a, b * y, product.divided_by(b));
    return slope(b, a / y, product.times(-square(y)).divided_by(a));
  }

  /// Of c * e. The forms of exp and expm1 keep y as it is, which inverting the product first would not.
  Found of_scaled(const Expression& c, const Expression& e, const Expression& y, Product product) const {
    if (const Expression whole = scaled(c, e); !(whole == c * e)) return slope(whole, y, product);
    if (e.op() == Op::kExp) return slope(e.arguments()[0], call(Op::kLog, y / c), product.times(y));
    if (e.op() == Op::kExpm1) return slope(e.arguments()[0], call(Op::kLog1p, y / c), product.times(y + c));
    return slope(e, y / c, product.times(c));
  }

  /// Of max or min of something and what is free of x: `wins` says which.
  Found of_limit(Op wins, const Expression& a, const Expression& b, const Expression& y, const Product& product) const {
    const bool left = depends_on_x(a);
    const Expression &inner = left ? a : b, &limit = left ? b : a;
    if (depends_on_x(limit)) return std::nullopt;
    const Found inside = slope(inner, y, product);
    return inside ? Found(select(call(wins, y, limit), *inside, 0.0)) : std::nullopt;
  }

  /// Where x is compared with a place, y is compared with the value there; where one piece is a constant, y with that.
  Found of_select(const Expression& condition, const Expression& a, const Expression& b, const Expression& y,
                  const Product& product) const {
    const Found in_a = slope(a, y, product), in_b = slope(b, y, product);
    if (!in_a || !in_b) return std::nullopt;
    const auto sides = condition.arguments();
    if (is_comparison(condition.op()) && sides[0].op() == Op::kX && !depends_on_x(sides[1])) {
      const bool included = condition.op() == Op::kLessEqual || condition.op() == Op::kGreaterEqual;
      return select(call(condition.op(), y, at(sides[1], included ? a : b)), *in_a, *in_b);
    }
    if (!depends_on_x(b)) return select(call(Op::kNotEqual, y, b), *in_a, *in_b);
    return std::nullopt;
  }

  /// e at x = place, with pieces chosen at the parameters' values.
  Expression at(const Expression& place, const Expression& e) const {
    if (e.op() != Op::kSelect) return simple(substitute(e, place, own_parameters()));
    const double x = evaluate(lower(place), 0, values_);
    return at(place, e.arguments()[evaluate(lower(e.arguments()[0]), x, values_) != 0 ? 1 : 2]);
  }

  /// 0 for what is 0 whatever the parameters, as far as two sets of them tell.
  Expression simple(const Expression& e) const {
    std::vector<double> others = values_;
    for (double& v : others) v = 1.37 * v + 0.11;
    return evaluate(lower(e), 0, values_) == 0 && evaluate(lower(e), 0, others) == 0 ? Expression(0.0) : e;
  }

  std::vector<Expression> own_parameters() const {
    std::vector<Expression> all;
    for (std::size_t j = 0; j < values_.size(); ++j) all.push_back(Expression::parameter(static_cast<int>(j)));
    return all;
  }

  static Found known_form(const Expression& e, const Expression& y, Product product) {
    for (const KnownForm& form : kKnownForms) {
      const Formula pattern = parse_formula(form.formula);
      std::vector<Found> bound(pattern.parameters.size());
      if (!matches(pattern.body, e, bound)) continue;
      std::vector<Expression> parameters;
      for (const Found& b : bound) parameters.push_back(*b);
      return product.times(substitute(parse_formula(form.slope).body, y, parameters)).expression();
    }
    return std::nullopt;
  }

  std::vector<double> values_;
};

/// Whether `slope` of the output is f' wherever we look.
bool holds(const Activation& activation, const Expression& slope) {
  std::vector<double> parameters;
  for (const FormulaParameter& p : activation.parameters()) parameters.push_back(p.value);
  const Program program = lower(slope);
  // An irrational step keeps clear of kinks other than 0, where the value of f' is a convention.
  std::vector<double> places{0};
  for (int i = -1000; i <= 1000; ++i) places.push_back(0.0200314159 * (i + 0.27));
  for (double x = 21; x < 1e6; x *= 1.37) places.insert(places.end(), {x, -x});
  std::vector<double> slopes;
  double steepest = 0;  // of a flat function small differences count
  for (const double x : places) {
    slopes.push_back(activation.slope(x));
    if (std::isfinite(slopes.back())) steepest = std::max(steepest, std::abs(slopes.back()));
  }
  for (std::size_t i = 0; i < places.size(); ++i) {
    const double want = slopes[i], y = activation.value(places[i]), got = evaluate(program, y, parameters);
    if (std::abs(places[i]) >= 21 && !(std::isfinite(want) && std::isfinite(y))) continue;  // far out it may overflow
    if (!(std::abs(got - want) <= 1e-7 * (std::min(1.0, steepest) + std::abs(want)))) return false;
  }
  return true;
}

template <class Print>
std::optional<std::string> printed(const Activation& activation, const Print& print) {
  const Found slope = derivative_from_output(activation);
  if (!slope) return std::nullopt;
  std::vector<FormulaParameter> names(activation.parameters().begin(), activation.parameters().end());
  std::vector<Expression> parameters;
  for (std::size_t j = 0; j < names.size(); ++j) parameters.push_back(Expression::parameter(static_cast<int>(j)));
  names.push_back({"y"});
  return print(substitute(*slope, Expression::parameter(static_cast<int>(names.size()) - 1), parameters), names);
}

}  // namespace

std::optional<Expression> derivative_from_output(const Activation& activation) {
  const Found found = Inversion(activation.parameters()).slope(activation.formula().body, Expression::x(), {});
  return found && holds(activation, *found) ? found : std::nullopt;
}

std::optional<std::string> derivative_from_output_text(const Activation& activation) { return printed(activation, to_text); }

std::optional<std::string> derivative_from_output_latex(const Activation& activation) { return printed(activation, to_latex); }

// To tiles, whose gradient is dy times their second expression, y is the input. The first is never computed.
GradientFromOutput::GradientFromOutput(const Expression& slope)
    : kernels_(std::make_shared<const TileKernels>(std::array{slope, slope}, std::span<const FormulaParameter>())) {}

std::optional<GradientFromOutput> GradientFromOutput::of(const Activation& activation) {
  const Found slope = derivative_from_output(activation);
  if (!slope) return std::nullopt;
  std::vector<Expression> parameters;
  for (const FormulaParameter& p : activation.parameters()) parameters.emplace_back(p.value);
  return GradientFromOutput(substitute(*slope, Expression::x(), parameters));
}

void GradientFromOutput::run(const float* y, const float* dy, float* dx, std::size_t n) const {
  kernels_->grad_from_input(y, dy, dx, {1, n}, {});
}

}  // namespace rectify
