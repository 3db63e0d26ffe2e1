#include "rectify/report/wrap.h"

#include <fmt/format.h>

#include <vector>

namespace rectify {
namespace {

/// The words of `text`: what spaces part, except between backticks and before a percent sign.
std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words(1);
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '`') quoted = !quoted;
    if (c == ' ' && !quoted && text.substr(i + 1, 1) != "%") {
      if (!words.back().empty()) words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

}  // namespace

std::string wrap(std::string_view text, int indent, int width) {
  std::string lines, line;
  const auto room = static_cast<std::size_t>(width);
  const auto end_line = [&] {
    lines += line + "\n";
    line.assign(indent, ' ');
  };
  bool begun = false;  // whether the line holds a word
  for (std::string word : words_of(text)) {
    if (begun && line.size() + 1 + word.size() > room) end_line(), begun = false;
    if (begun) line += ' ';
    while (line.size() + word.size() > room) {
      const std::size_t fits = room - line.size();
      line += word.substr(0, fits);
      word.erase(0, fits);
      end_line();
    }
    line += word;
    begun = true;
  }
  lines += line + "\n";
  return lines;
}

std::string wrap_beside(std::string_view label, int label_width, std::string_view text, int width) {
  const std::string column = wrap(text, 0, width - label_width);
  std::string lines;
  for (std::size_t begin = 0; begin < column.size();) {
    const std::size_t end = column.find('\n', begin) + 1;
    lines += fmt::format("{:<{}}{}", begin == 0 ? label : "", label_width, std::string_view(column).substr(begin, end - begin));
    begin = end;
  }
  return lines;
}

}  // namespace rectify
