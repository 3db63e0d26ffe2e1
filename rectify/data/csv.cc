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

}  // namespace

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
    split(row, cells);
    return true;
  }
  return false;
}

void CsvReader::split(std::string_view row, std::vector<std::string>& cells) const {
  cells.clear();
  for (std::size_t at = 0;;) {
    const std::size_t first = separator_ == '\t' ? at : std::min(row.find_first_not_of(' ', at), row.size());
    std::size_t end = 0;
    if (first < row.size() && row[first] == '"') {
      end = read_quoted(row, first, cells.emplace_back());
    } else {
      end = std::min(row.find(separator_, at), row.size());
      cells.emplace_back(trimmed(row.substr(at, end - at)));
    }
    if (end == row.size()) return;
    at = end + 1;
  }
}

/// Reads the cell whose opening quote stands at `at` and returns where the separator behind it, or the end of the row, is.
std::size_t CsvReader::read_quoted(std::string_view row, std::size_t at, std::string& cell) const {
  for (std::size_t i = at + 1;; ++i) {
    if (i >= row.size()) fail_here(fmt::format("the quote in column {} is not closed", at + 1));
    if (row[i] != '"') {
      cell += row[i];
    } else if (i + 1 < row.size() && row[i + 1] == '"') {
      cell += row[i++];
    } else {
      const std::size_t behind = separator_ == '\t' ? i + 1 : std::min(row.find_first_not_of(' ', i + 1), row.size());
      if (behind < row.size() && row[behind] != separator_) fail_here(fmt::format("text follows the closing quote in column {}", i + 1));
      return behind;
    }
  }
}

}  // namespace rectify
