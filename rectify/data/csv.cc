#include "rectify/data/csv.h"

#include <fmt/format.h>

#include <algorithm>

#include "rectify/base/error.h"
#include "rectify/data/byte_source.h"

namespace rectify {
namespace {

constexpr const char* kWho = "data";
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
constexpr std::size_t kBlock = std::size_t{1} << 20;

std::string read_whole(const std::filesystem::path& file) {
  ByteSource source(kWho, file);
  std::string text;
  for (std::size_t got = kBlock; got == kBlock;) {
    const std::size_t before = text.size();
    text.resize(before + kBlock);
    got = source.read(reinterpret_cast<std::uint8_t*>(text.data()) + before, kBlock);
    text.resize(before + got);
  }
  return text;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// One row and what is wrong with it.
struct Row {
  std::string_view text;
  char separator;
  const std::function<void(const std::string& reason)>& fail;

  /// Where the blanks at `at` end; a tab is no blank where it parts cells.
  std::size_t behind_blanks(std::size_t at) const {
    return separator == '\t' ? at : std::min(text.find_first_not_of(' ', at), text.size());
  }

  /// Reads the cell whose opening quote stands at `at` and returns where the separator behind it, or the end of the row, is.
  std::size_t read_quoted(std::size_t at, std::string& cell) const {
    for (std::size_t i = at + 1; i < text.size(); ++i) {
      if (text[i] != '"') {
        cell += text[i];
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        cell += text[i++];
      } else {
        const std::size_t behind = behind_blanks(i + 1);
        if (behind < text.size() && text[behind] != separator) fail(fmt::format("text follows the closing quote in column {}", i + 1));
        return behind;
      }
    }
    fail(fmt::format("the quote in column {} is not closed", at + 1));
    return text.size();
  }
};

}  // namespace

void split_cells(std::string_view row, char separator, std::vector<std::string>& cells,
                 const std::function<void(const std::string& reason)>& fail) {
  const Row whole{row, separator, fail};
  cells.clear();
  for (std::size_t at = 0;;) {
    const std::size_t first = whole.behind_blanks(at);
    std::size_t end = 0;
    if (first < row.size() && row[first] == '"') {
      end = whole.read_quoted(first, cells.emplace_back());
    } else {
      end = std::min(row.find(separator, at), row.size());
      cells.emplace_back(trimmed(row.substr(at, end - at)));
    }
    if (end == row.size()) return;
    at = end + 1;
  }
}

CsvReader::CsvReader(const std::filesystem::path& file) : file_(file), text_(read_whole(file)) {
  if (text_.starts_with(kByteOrderMark)) at_ = kByteOrderMark.size();
  const std::size_t begin = text_.find_first_not_of(" \t\r\n", at_);
  if (begin == text_.npos) fail(kWho, fmt::format("{} is empty", file_.string()));
  const std::string_view first = std::string_view(text_).substr(begin, text_.find('\n', begin) - begin);
  for (const char other : {';', '\t'}) {
    if (std::ranges::count(first, other) > std::ranges::count(first, separator_)) separator_ = other;
  }
}

void CsvReader::fail_here(std::string_view reason) const { fail(kWho, fmt::format("{}, line {}: {}", file_.string(), line_, reason)); }

bool CsvReader::next(std::vector<std::string>& cells) {
  while (at_ < text_.size()) {
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    std::string_view row = std::string_view(text_).substr(at_, end - at_);
    at_ = end + 1;
    ++line_;
    if (row.ends_with('\r')) row.remove_suffix(1);
    if (trimmed(row).empty()) continue;
    split_cells(row, separator_, cells, [&](const std::string& reason) { fail_here(reason); });
    return true;
  }
  return false;
}

}  // namespace rectify
