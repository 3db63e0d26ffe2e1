#include "rectify/compare/specs.h"

#include <fmt/format.h>

#include "rectify/base/error.h"

namespace rectify {
namespace {

constexpr std::string_view kSpaces = " \t\r\n";

std::string trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpaces);
  return begin == std::string_view::npos ? "" : std::string(text.substr(begin, text.find_last_not_of(kSpaces) - begin + 1));
}

}  // namespace

std::vector<std::string> split_specs(std::string_view text) {
  std::vector<std::string> specs;
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : ',';
    depth += (c == '(') - (c == ')');
    if (i < text.size() && (c != ',' || depth > 0)) continue;
    specs.push_back(trimmed(text.substr(begin, i - begin)));
    if (specs.back().empty()) fail("activation", fmt::format("item {} of the list \"{}\" is empty", specs.size(), text));
    begin = i + 1;
  }
  return specs;
}

}  // namespace rectify
