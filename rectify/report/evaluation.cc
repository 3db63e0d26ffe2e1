#include "rectify/report/evaluation.h"

#include <fmt/format.h>

#include <cctype>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "rectify/base/error.h"

namespace rectify {
namespace {

constexpr std::size_t kBlock = 4096;         // numbers evaluated at once
constexpr std::size_t kLongestNumber = 400;  // characters; the exact decimal expansion of a float has fewer

/// A piece of the input between white space, and where it begins.
struct Token {
  std::string text;
  std::int64_t line, column;  // from 1
};

/// The input, token by token.
class Tokens {
 public:
  explicit Tokens(std::istream& in) : buffer_(*in.rdbuf()) {}

  /// The next token, or nothing at the end. One that is too long for a number is cut.
  std::optional<Token> next() {
    int c = buffer_.sgetc();
    for (; c != EOF && std::isspace(c); c = buffer_.sgetc()) skip(c);
    if (c == EOF) return std::nullopt;
    Token token{"", line_, column_};
    for (; c != EOF && !std::isspace(c) && token.text.size() <= kLongestNumber; c = buffer_.sgetc()) {
      token.text += static_cast<char>(c);
      skip(c);
    }
    return token;
  }

  /// Whether reading on may have to wait: the rest of the line that has arrived is white space.
  bool at_pause() {
    while (buffer_.in_avail() > 0 && std::isspace(buffer_.sgetc())) skip(buffer_.sgetc());
    return buffer_.in_avail() <= 0;
  }

 private:
  void skip(int c) {
    buffer_.sbumpc();
    if (c == '\n') {
      ++line_;
      column_ = 1;
    } else {
      ++column_;
    }
  }

  std::streambuf& buffer_;
  std::int64_t line_ = 1, column_ = 1;
};

std::optional<float> to_float(const std::string& text) {
  if (text.size() > kLongestNumber) return std::nullopt;
  char* end = nullptr;
  const float value = std::strtof(text.c_str(), &end);
  if (end != text.c_str() + text.size()) return std::nullopt;
  return value;
}

void append_number(fmt::memory_buffer& out, float value) {
  if (std::isnan(value)) {
    fmt::format_to(std::back_inserter(out), "nan");
  } else {
    fmt::format_to(std::back_inserter(out), "{:.9g}", value);
  }
}

/// The next token; that the input cannot be read is told in our words.
std::optional<Token> next_of(Tokens& tokens) {
  try {
    return tokens.next();
  } catch (const std::ios_base::failure& e) {
    fail("eval", fmt::format("the input cannot be read: {}", e.code().message()));
  }
}

/// The lines of the numbers `x`, which are then forgotten.
void write_lines(std::vector<float>& x, const Activation& f, Gradient gradient, const std::function<void(std::string_view)>& write) {
  if (x.empty()) return;
  std::vector<float> y(x.size()), slope;
  f.forward(x.data(), y.data(), x.size());
  if (gradient == Gradient::kOn) {
    const std::vector<float> ones(x.size(), 1.0f);
    slope.resize(x.size());
    f.grad_from_input(x.data(), ones.data(), slope.data(), x.size());
  }
  fmt::memory_buffer out;
  for (std::size_t i = 0; i < x.size(); ++i) {
    append_number(out, x[i]);
    out.push_back('\t');
    append_number(out, y[i]);
    if (gradient == Gradient::kOn) {
      out.push_back('\t');
      append_number(out, slope[i]);
    }
    out.push_back('\n');
  }
  write({out.data(), out.size()});
  x.clear();
}

}  // namespace

void evaluate_numbers(std::istream& in, const Activation& f, Gradient gradient, const std::function<void(std::string_view)>& write) {
  Tokens tokens(in);
  std::vector<float> x;
  std::int64_t count = 0;
  while (const std::optional<Token> token = next_of(tokens)) {
    const std::optional<float> value = to_float(token->text);
    ++count;
    if (!value) {
      write_lines(x, f, gradient, write);
      fail("eval", fmt::format("number {} (line {}, column {}) is {:?}, wanted a number such as 1.5, -2e3, 0x1p-3, inf or nan", count,
                               token->line, token->column, token->text.substr(0, 40)));
    }
    x.push_back(*value);
    if (x.size() >= kBlock || tokens.at_pause()) write_lines(x, f, gradient, write);
  }
  write_lines(x, f, gradient, write);
}

}  // namespace rectify
