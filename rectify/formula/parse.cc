// The parser of the formula language: recursive descent, one character of look-ahead.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <numbers>
#include <system_error>

#include "rectify/base/error.h"
#include "rectify/base/nearest.h"
#include "rectify/formula/formula.h"

namespace rectify {
namespace {

constexpr std::size_t kLongestText = 20000;
constexpr int kLargestFormula = 3000;  // nodes
constexpr int kDeepestNesting = 200;
constexpr const char* kProducts = "a product is written with *, as in 2 * x";
constexpr const char* kPowers = "a power is written with ^, as in x^2";

const std::map<std::string_view, Op>& functions() {
  static const auto kFunctions = [] {
    std::map<std::string_view, Op> table;
    for (const Op op :
         {Op::kExp,  Op::kExpm1, Op::kLog,  Op::kLog1p, Op::kSqrt, Op::kAbs,     Op::kSign,     Op::kSin,   Op::kCos, Op::kTan, Op::kAtan,
          Op::kSinh, Op::kCosh,  Op::kTanh, Op::kErf,   Op::kErfc, Op::kSigmoid, Op::kSoftplus, Op::kFloor, Op::kMin, Op::kMax}) {
      table[op_name(op)] = op;
    }
    return table;
  }();
  return kFunctions;
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
/// Whether `c` goes on with a character of UTF-8 that began before it.
bool goes_on(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

/// The number of characters in `text`.
std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !goes_on(c); }));
}

/// The character that begins at `at`, between quotes.
std::string quoted(std::string_view text, std::size_t at) {
  std::size_t end = at + 1;
  while (end < text.size() && goes_on(text[end])) ++end;
  return fmt::format("{:?}", text.substr(at, end - at));
}

/// What the language itself means by `name`: "a function of the language", "the input"; "" where nothing.
std::string_view own_meaning(std::string_view name) {
  if (name == "x") return "the input";
  if (name == "pi" || name == "e") return "a constant of the language";
  return is_function_name(name) ? "a function of the language" : "";
}

/// A call of a function of the language.
std::string example_call(std::string_view name) {
  if (name == "clip") return "clip(x, -1, 1)";
  return std::string(name) + (name == "min" || name == "max" ? "(x, 0)" : "(x)");
}

/// A call of a formula that the resolver knows.
struct KnownCall {
  std::string_view name;
  Formula formula;
  std::vector<Expression> values;  // of its parameters

  KnownCall(std::string_view called, Formula known) : name(called), formula(std::move(known)) {
    for (const FormulaParameter& p : formula.parameters) values.emplace_back(p.value);
  }
  /// The value of the parameter of that name, or null.
  Expression* value_of(std::string_view parameter) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (formula.parameters[i].name == parameter) return &values[i];
    }
    return nullptr;
  }
  /// Its parameters, as errors tell them.
  std::string parameter_names() const {
    std::string names;
    for (const FormulaParameter& p : formula.parameters) names += (names.empty() ? "" : ", ") + p.name;
    return names.empty() ? "none" : names;
  }
};

class Parser {
 public:
  Parser(std::string_view text, const Resolver& resolver, std::span<const std::string> known)
      : text_(text), resolver_(resolver), known_(known) {}

  Formula parse() {
    if (text_.size() > kLongestText) {
      fail("formula", fmt::format("the text has {} characters, at most {} are read", text_.size(), kLongestText));
    }
    check_parentheses();
    // Parameters stand behind the body that uses them, so they are read first.
    const std::size_t body_end = std::min(text_.find(';'), text_.size());
    at_ = body_end;
    while (accept(";")) parameter();
    if (at_ < text_.size()) error("expected \";\" or the end");
    const std::string_view whole = text_;
    text_ = text_.substr(0, body_end);
    at_ = 0;
    read_name();
    formula_.body = expression();
    if (formula_.body.size() > kLargestFormula) {
      fail("formula", fmt::format("written out it has {:.3g} operations, at most {} are possible: nested calls multiply",
                                  formula_.body.size(), kLargestFormula));
    }
    if (at_ < text_.size()) error(fmt::format("unexpected {}", quoted(text_, at_)));
    text_ = whole;
    for (std::size_t i = 0; i < formula_.parameters.size(); ++i) {
      if (!depends_on_parameter(formula_.body, static_cast<int>(i))) {
        fail("formula", fmt::format("parameter \"{}\" is not used in \"{}\"", formula_.parameters[i].name, text_));
      }
    }
    return std::move(formula_);
  }

 private:
  [[noreturn]] void error(const std::string& what) { error(what, at_); }
  [[noreturn]] void error(const std::string& what, std::size_t at) {
    // A long text is shown around the place only, so that the caret stands under it.
    constexpr std::size_t kBefore = 60, kShown = 100;
    std::size_t from = at > kBefore ? at - kBefore : 0, to = std::min(from + kShown, text_.size());
    while (from > 0 && goes_on(text_[from])) --from;
    while (to < text_.size() && goes_on(text_[to])) ++to;
    std::string shown(text_.substr(from, to - from));
    for (char& c : shown) c = is_control(c) ? ' ' : c;
    fail("formula", fmt::format("{} at column {}\n  {}\n  {:>{}}", what, characters(text_.substr(0, at)) + 1, shown, "^",
                                characters(text_.substr(from, at - from)) + 1));
  }

  /// Finds a ")" too many, before what stands in front of it is found to make no sense without it.
  void check_parentheses() {
    int open = 0;
    for (std::size_t i = 0; i < text_.size(); ++i) {
      open += (text_[i] == '(') - (text_[i] == ')');
      if (open < 0) error("unmatched \")\"", i);
    }
  }

  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) ++at_;
  }

  /// Consumes `token` if it comes next.
  bool accept(std::string_view token) {
    skip_space();
    if (!text_.substr(at_).starts_with(token)) return false;
    at_ += token.size();
    skip_space();
    return true;
  }

  void expect(std::string_view token) {
    if (!accept(token)) error(fmt::format("expected \"{}\"", token));
  }

  /// The identifier that comes next, or nothing.
  std::string_view identifier() {
    skip_space();
    const std::size_t begin = at_;
    if (at_ < text_.size() && is_letter(text_[at_])) {
      while (at_ < text_.size() && (is_letter(text_[at_]) || is_digit(text_[at_]))) ++at_;
    }
    const std::string_view name = text_.substr(begin, at_ - begin);
    skip_space();
    return name;
  }

  double number() {
    skip_space();
    double value = 0;
    const auto [end, code] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
    if (code == std::errc::invalid_argument) error("expected a number");
    if (code == std::errc::result_out_of_range) error("this number is out of the range of a double");
    at_ = end - text_.data();
    skip_space();
    return value;
  }

  /// "name = number [learn]".
  void parameter() {
    const std::size_t begin = at_;
    FormulaParameter parameter;
    parameter.name = identifier();
    if (parameter.name.empty()) error("expected a parameter, \"name = number\"");
    const std::string_view meaning = own_meaning(parameter.name);
    // Bounds may be called min and max, as hard_tanh's are.
    const bool is_bound = parameter.name == "min" || parameter.name == "max";
    if (!meaning.empty() && !is_bound) refuse_taken("parameter", parameter.name, meaning);
    if (find_parameter(parameter.name) >= 0) error(fmt::format("parameter \"{}\" is given twice", parameter.name), begin);
    expect("=");
    const std::size_t value_at = at_;
    const Expression value = sum();
    if (!value.is_constant()) error(fmt::format("parameter \"{}\" wants a number", parameter.name), value_at);
    parameter.value = value.value();
    const std::size_t mark = at_;
    const std::string_view word = identifier();
    if (word == "learn") parameter.learn = Learn::kYes;
    if (!word.empty() && word != "learn") error("expected \"learn\", \";\" or the end", mark);
    formula_.parameters.push_back(std::move(parameter));
  }

  /// Fails because a parameter or a formula is called by a name that has a meaning already.
  [[noreturn]] static void refuse_taken(std::string_view what, std::string_view name, std::string_view meaning) {
    fail("formula", fmt::format("a {0} cannot be called \"{1}\", which is {2}: rename it, for example to my_{1}", what, name, meaning));
  }

  /// Checks that a formula may be called `name`: a row of that name would be taken for what it means elsewhere.
  void check_free(std::string_view name) {
    if (const std::string_view meaning = own_meaning(name); !meaning.empty()) refuse_taken("formula", name, meaning);
    if (resolver_ && resolver_(name)) refuse_taken("formula", name, "an activation of the catalogue");
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) refuse_taken("formula", name, "a layer");
  }

  /// "name =" at the beginning, if there.
  void read_name() {
    const std::string_view name = identifier();
    if (!name.empty() && at_ < text_.size() && text_[at_] == '=' && !text_.substr(at_).starts_with("==")) {
      check_free(name);
      formula_.name = name;
      ++at_;
    } else {
      if (!name.empty() && accept("(") && accept("x") && accept(")") && text_.substr(at_).starts_with("=")) {
        if (!text_.substr(at_).starts_with("==")) error(fmt::format("a formula's name stands alone: write {} = ...", name), 0);
      }
      at_ = 0;
    }
    skip_space();
  }

  /// Enters a parenthesis, a sign or a branch: what the parser calls itself for.
  void enter() {
    if (depth_++ > kDeepestNesting) error(fmt::format("nested more than {} deep", kDeepestNesting));
  }

  Expression expression() {
    Expression condition = comparison();
    if (accept("?")) {
      enter();
      const Expression yes = expression();
      expect(":");
      condition = select(condition, yes, expression());
      --depth_;
    }
    return condition;
  }

  Expression comparison() {
    static constexpr std::array<std::pair<std::string_view, Op>, 6> kComparisons{{{"<=", Op::kLessEqual},
                                                                                  {">=", Op::kGreaterEqual},
                                                                                  {"==", Op::kEqual},
                                                                                  {"!=", Op::kNotEqual},
                                                                                  {"<", Op::kLess},
                                                                                  {">", Op::kGreater}}};
    Expression left = sum();
    for (const auto& [token, op] : kComparisons) {
      if (accept(token)) return call(op, left, sum());
    }
    return left;
  }

  Expression sum() {
    Expression left = product();
    for (;;) {
      if (accept("+"))
        left = left + product();
      else if (accept("-"))
        left = left - product();
      else
        return left;
    }
  }

  /// Whether a value begins where another ends, as in 2x.
  bool touches_value() const {
    if (at_ == 0 || at_ >= text_.size()) return false;
    return (is_digit(text_[at_ - 1]) || text_[at_ - 1] == ')') && (is_letter(text_[at_]) || text_[at_] == '(');
  }

  Expression product() {
    Expression left = sign();
    for (;;) {
      if (text_.substr(at_).starts_with("**")) error(kPowers);
      if (touches_value()) error(kProducts);
      if (accept("*"))
        left = left * sign();
      else if (accept("/"))
        left = left / sign();
      else
        return left;
    }
  }

  Expression sign() {
    enter();
    Expression result;
    if (accept("-"))
      result = -sign();
    else if (accept("+"))
      result = sign();
    else
      result = power();
    --depth_;
    return result;
  }

  Expression power() {
    const Expression base = atom();
    return accept("^") ? call(Op::kPower, base, sign()) : base;
  }

  Expression atom() {
    skip_space();
    if (text_.empty()) fail("formula", "the formula is empty; it takes a function of x, as in \"max(x, 0)\"");
    if (at_ >= text_.size()) error("the formula ends where a value is expected");
    if (accept("(")) {
      Expression inside = expression();
      expect(")");
      return inside;
    }
    if (is_digit(text_[at_]) || text_[at_] == '.') return number();
    const std::size_t begin = at_;
    const std::string_view name = identifier();
    if (name.empty() && text_[at_] == '|') error("an absolute value is written abs(x)");
    if (name.empty()) error(fmt::format("unexpected {}", quoted(text_, at_)));
    if (accept("(")) return call_of(name, begin);
    if (name == "x") return Expression::x();
    if (name == "pi") return std::numbers::pi;
    if (name == "e") return std::numbers::e;
    const int index = find_parameter(name);
    if (index < 0) check_is_called(name, begin), unknown(name, begin);
    return Expression::parameter(index);
  }

  /// Tells that `name`, which no "(" or nothing but "()" follows, is a function.
  void check_is_called(std::string_view name, std::size_t begin) {
    if (is_function_name(name)) error(fmt::format("{} is a function of the formula language: write {}", name, example_call(name)), begin);
    if (resolver_ && resolver_(name)) error(fmt::format("{} needs an argument: {}(x)", name, name), begin);
  }

  Expression call_of(std::string_view name, std::size_t begin) {
    if (text_.substr(at_).starts_with(")")) check_is_called(name, begin);
    std::optional<KnownCall> known;
    const bool built_in = is_function_name(name);
    if (!built_in && resolver_) {
      if (std::optional<Formula> formula = resolver_(name)) known.emplace(name, *std::move(formula));
    }
    if (!built_in && !known) unknown(name, begin);

    std::vector<Expression> arguments;
    do {
      if (known && named_value(*known)) continue;
      arguments.push_back(expression());
    } while (accept(","));
    expect(")");
    if (known) {
      if (arguments.size() != 1) {
        error(fmt::format("{} takes one argument (and parameters by name), got {}", name, arguments.size()), begin);
      }
      return substitute(known->formula.body, arguments[0], known->values);
    }
    return built_in_call(name, arguments, begin);
  }

  /// Reads "name = value" of a call's parameter; false, having read nothing, where no such thing comes next.
  bool named_value(KnownCall& call) {
    const std::size_t begin = at_;
    const std::string_view name = identifier();
    if (name.empty() || text_.substr(at_).starts_with("==") || !accept("=")) {
      at_ = begin;
      return false;
    }
    if (Expression* value = call.value_of(name))
      *value = expression();
    else if (!chooses(call, name))
      error(fmt::format("{} has no parameter \"{}\" (it has {})", call.name, name, call.parameter_names()), begin);
    return true;
  }

  /// Whether what comes next is a value of `setting` by which the resolver knows another formula of the call's name. Reads it then, and
  /// keeps what was given of the parameters.
  bool chooses(KnownCall& call, std::string_view setting) {
    const std::size_t end = std::min(text_.find_first_of(",()", at_), text_.size());
    std::optional<Formula> formula = resolver_(fmt::format("{}({}={})", call.name, setting, text_.substr(at_, end - at_)));
    if (!formula) return false;
    KnownCall chosen(call.name, *std::move(formula));
    for (std::size_t i = 0; i < call.values.size(); ++i) {
      if (Expression* value = chosen.value_of(call.formula.parameters[i].name)) *value = call.values[i];
    }
    call = std::move(chosen);
    at_ = end;
    return true;
  }

  Expression built_in_call(std::string_view name, std::span<const Expression> arguments, std::size_t begin) {
    if (name == "clip") {
      if (arguments.size() != 3) error(fmt::format("clip takes 3 arguments (value, lowest, highest), got {}", arguments.size()), begin);
      return call(Op::kMin, call(Op::kMax, arguments[0], arguments[1]), arguments[2]);
    }
    const Op op = functions().at(name);
    if (op == Op::kMin || op == Op::kMax) {
      if (arguments.size() < 2) error(fmt::format("{} takes at least 2 arguments, got 1", name), begin);
      Expression result = arguments[0];
      for (const Expression& a : arguments.subspan(1)) result = call(op, result, a);
      return result;
    }
    if (arguments.size() != 1) error(fmt::format("{} takes 1 argument, got {}", name, arguments.size()), begin);
    return call(op, arguments[0]);
  }

  int find_parameter(std::string_view name) const {
    for (std::size_t i = 0; i < formula_.parameters.size(); ++i) {
      if (formula_.parameters[i].name == name) return static_cast<int>(i);
    }
    return -1;
  }

  [[noreturn]] void unknown(std::string_view name, std::size_t begin) {
    if (!own_meaning(name).empty() || find_parameter(name) >= 0) error(fmt::format("{} is not a function; {}", name, kProducts), begin);
    if (name == "pow" || name == "power") error(kPowers, begin);
    if (name == "ln") error("the natural logarithm is written log(x)", begin);
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) {
      error(fmt::format("{} is a layer, not a function of x: it cannot stand in a formula", name), begin);
    }
    std::vector<std::string> candidates(known_.begin(), known_.end());
    for (const auto& [function, op] : functions()) candidates.emplace_back(function);
    candidates.emplace_back("clip");
    for (const FormulaParameter& p : formula_.parameters) candidates.push_back(p.name);
    error(fmt::format("unknown name \"{}\"{}", name, did_you_mean(name, candidates)), begin);
  }

  std::string_view text_;
  const Resolver& resolver_;
  std::span<const std::string> known_;
  std::size_t at_ = 0;
  int depth_ = 0;
  Formula formula_;
};

}  // namespace

bool is_function_name(std::string_view name) { return name == "clip" || functions().contains(name); }

Formula parse_formula(std::string_view text, const Resolver& resolver, std::span<const std::string> known) {
  return Parser(text, resolver, known).parse();
}

}  // namespace rectify
