#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "rectify/base/error.h"
#include "rectify/base/nearest.h"
#include "rectify/nn/network_builder.h"

namespace rectify {
namespace {

constexpr std::int64_t kMostLayers = 10'000;
constexpr int kMostPieces = 255;  // which piece is the largest is kept in a byte
constexpr const char* kExample = "write for example 784-8x128-10 or 784-256-64-10";
constexpr const char* kImageExample = "write for example 1x28x28 conv32 pool conv64 pool 128 10";

/// "128" or "8x128".
struct Part {
  std::int64_t count = 1, units = 0;
};

std::int64_t parse_size(std::string_view text, std::string_view part) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc::result_out_of_range) fail("net", fmt::format("\"{}\" is too large; {}", part, kExample));
  if (error != std::errc() || end != text.data() + text.size()) {
    fail("net", fmt::format("\"{}\" is neither UNITS nor LAYERSxUNITS; {}", part, kExample));
  }
  if (value < 1) fail("net", fmt::format("\"{}\" is not positive; {}", part, kExample));
  return value;
}

Part parse_part(std::string_view part) {
  if (part.empty()) fail("net", fmt::format("a part between dashes is empty; {}", kExample));
  const std::size_t x = part.find('x');
  if (x == std::string_view::npos) return {1, parse_size(part, part)};
  return {parse_size(part.substr(0, x), part), parse_size(part.substr(x + 1), part)};
}

/// The pieces of `text` between `separator`.
std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> pieces;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    pieces.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return pieces;
}

Model parse_dense_stack(std::string_view text, std::string_view activation) {
  std::vector<Part> parts;
  for (const std::string_view part : split(text, '-')) parts.push_back(parse_part(part));
  if (parts.size() < 2) fail("net", fmt::format("\"{}\" has no outputs, wanted at least INPUTS-OUTPUTS; {}", text, kExample));
  if (parts.front().count != 1) fail("net", fmt::format("\"{}\" repeats the input; {}", text, kExample));
  if (parts.back().count != 1) fail("net", fmt::format("\"{}\" repeats the output; {}", text, kExample));
  NetworkBuilder builder({parts.front().units}, activation);
  for (std::size_t i = 1; i + 1 < parts.size(); ++i) {
    if (parts[i].count > kMostLayers - builder.hidden_layers()) {
      fail("net", fmt::format("\"{}\" has more than {} layers; {}", text, kMostLayers, kExample));
    }
    for (std::int64_t layer = 0; layer < parts[i].count; ++layer) builder.hidden({.units = parts[i].units});
  }
  builder.output(parts.back().units);
  return std::move(builder).finish();
}

/// A word such as "conv32k5s2": a name, a number, and settings of one letter.
class Word {
 public:
  explicit Word(std::string_view text) : text_(text) {
    const std::size_t digit = text.find_first_of("0123456789");
    name = text.substr(0, digit);
    // Settings of a word without a number of its own: poolk3s2.
    if (digit != text.npos && digit > 0 && name.size() > 1 && is_setting(name.back()) && !is_known(name)) {
      name.remove_suffix(1);
      rest_ = text.substr(digit - 1);
    } else if (digit != text.npos) {
      rest_ = text.substr(digit);
    }
  }

  std::string_view name;

  /// The number behind the name. Errors: [net] there is none.
  std::int64_t number() {
    const std::optional<std::int64_t> value = take_number();
    if (!value) fail("net", fmt::format("\"{}\" has no number; {}", text_, kImageExample));
    return *value;
  }

  double real() {
    double value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error != std::errc() || rest_.empty()) fail("net", fmt::format("\"{}\" has no number; write for example dropout0.5", text_));
    rest_.remove_prefix(end - rest_.data());
    return value;
  }

  /// Reads k, s, p and g into a node. Without p, a convolution's padding is half its kernel.
  void read_window(Node& node, std::string_view letters) {
    bool has_padding = false;
    while (!rest_.empty()) {
      const char letter = rest_.front();
      rest_.remove_prefix(1);
      if (letters.find(letter) == letters.npos) {
        fail("net", fmt::format("\"{}\" has a setting \"{}\", wanted {}: kernel, stride, padding, groups", text_, letter, letters));
      }
      const std::optional<std::int64_t> value = take_number();
      if (!value) fail("net", fmt::format("\"{}\" has no number behind \"{}\"; write for example conv32k5s2", text_, letter));
      (letter == 'k' ? node.kernel : letter == 's' ? node.stride : letter == 'p' ? node.padding : node.groups) = *value;
      has_padding = has_padding || letter == 'p';
    }
    if (!has_padding) node.padding = name == "conv" ? node.kernel / 2 : 0;
  }

  void end() const {
    if (!rest_.empty()) fail("net", fmt::format("\"{}\" ends in \"{}\", which means nothing here; {}", text_, rest_, kImageExample));
  }

 private:
  static bool is_setting(char c) { return std::string_view("kspg").find(c) != std::string_view::npos; }
  static bool is_known(std::string_view name) {
    constexpr std::string_view kNames[] = {"conv", "pool", "avgpool", "globalpool", "bn", "ln", "dropout", "alphadropout"};
    return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
  }

  std::optional<std::int64_t> take_number() {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (error == std::errc::result_out_of_range) fail("net", fmt::format("\"{}\" is too large; {}", text_, kImageExample));
    if (error != std::errc()) return std::nullopt;
    rest_.remove_prefix(end - rest_.data());
    return value;
  }

  std::string_view text_, rest_;
};

Shape parse_shape(std::string_view text) {
  std::vector<std::int64_t> extents;
  for (const std::string_view part : split(text, 'x')) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (error != std::errc() || end != part.data() + part.size() || value < 1) extents.clear();
    extents.push_back(value);
  }
  if (extents.size() == 1 && extents[0] > 0) return {extents[0]};
  if (extents.size() != 3 || text.empty()) {
    fail("net", fmt::format("\"{}\" is no input, wanted CHANNELSxHEIGHTxWIDTH or a number of units; {}", text, kImageExample));
  }
  return {extents[0], extents[1], extents[2]};
}

/// Adds what a word of an image network stands for, with the norm that the next word asks for.
void add_word(NetworkBuilder& builder, std::string_view text, NormKind norm) {
  Word word(text);
  const std::string number = fmt::format(" {}", builder.hidden_layers());
  if (word.name.empty()) {
    const std::int64_t units = word.number();
    word.end();
    builder.flatten();
    builder.hidden({.units = units}, norm);
  } else if (word.name == "conv") {
    Node node{.units = word.number(), .kernel = 3};
    word.read_window(node, "kspg");
    builder.hidden(std::move(node), norm);
  } else if (word.name == "pool" || word.name == "avgpool") {
    const NodeKind kind = word.name == "pool" ? NodeKind::kMaxPool : NodeKind::kAveragePool;
    Node node{.name = "pool" + number, .kind = kind, .kernel = 2, .stride = 0};
    word.read_window(node, "ksp");
    if (node.stride == 0) node.stride = node.kernel;
    builder.add(std::move(node));
  } else if (word.name == "globalpool") {
    builder.add({.name = "global pool", .kind = NodeKind::kGlobalPool});
    word.end();
  } else if (word.name == "bn" || word.name == "ln") {
    const NodeKind kind = word.name == "bn" ? NodeKind::kBatchNorm : NodeKind::kLayerNorm;
    builder.add({.name = "norm" + number, .kind = kind});
    word.end();
  } else if (word.name == "dropout" || word.name == "alphadropout") {
    const NodeKind kind = word.name == "dropout" ? NodeKind::kDropout : NodeKind::kAlphaDropout;
    builder.add({.name = "dropout" + number, .kind = kind, .rate = word.real()});
    word.end();
  } else {
    const std::vector<std::string> names{"conv", "pool", "avgpool", "globalpool", "bn", "ln", "dropout", "alphadropout"};
    fail("net", fmt::format("\"{}\" is no layer{}; {}", text, did_you_mean(word.name, names), kImageExample));
  }
}

Model parse_words(std::string_view text, std::string_view activation) {
  std::vector<std::string_view> words = split(text, ' ');
  std::erase(words, "");
  if (words.size() < 2) fail("net", fmt::format("\"{}\" has no outputs; {}", text, kImageExample));
  NetworkBuilder builder(parse_shape(words.front()), activation);
  for (std::size_t i = 1; i + 1 < words.size(); ++i) {
    NormKind norm = NormKind::kNone;
    const bool is_map = words[i].starts_with("conv") || Word(words[i]).name.empty();
    if (is_map && words[i + 1] == "bn") norm = NormKind::kBatch;
    if (is_map && words[i + 1] == "ln") norm = NormKind::kLayer;
    add_word(builder, words[i], norm);
    if (norm != NormKind::kNone) ++i;
  }
  Word last(words.back());
  if (!last.name.empty()) fail("net", fmt::format("\"{}\" comes last, wanted a number of outputs; {}", words.back(), kImageExample));
  const std::int64_t outputs = last.number();
  last.end();
  builder.output(outputs);
  return std::move(builder).finish();
}

}  // namespace

bool is_maxout(std::string_view spec, int* pieces) {
  std::string text(spec);
  std::erase(text, ' ');
  *pieces = 2;
  if (text == "maxout") return true;
  if (!text.starts_with("maxout(")) return false;
  const std::string_view prefix = "maxout(k=";
  if (text.starts_with(prefix)) {
    const char* const last = text.data() + text.size() - 1;
    const auto [end, error] = std::from_chars(text.data() + prefix.size(), last, *pieces);
    if (error == std::errc() && end == last && *last == ')' && *pieces >= 2 && *pieces <= kMostPieces) return true;
  }
  fail("maxout", fmt::format("got \"{}\", wanted maxout or for example maxout(k=3), with k from 2 to {}", spec, kMostPieces));
}

Model parse_network(std::string_view text, std::string_view activation) {
  const bool has_words = text.find(' ') != text.npos && text.find(',') == text.npos;
  return has_words ? parse_words(text, activation) : parse_dense_stack(text, activation);
}

}  // namespace rectify
