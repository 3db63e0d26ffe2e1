// Comma-separated values: the cells of a text file, line by line.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace rectify {

/// Writes the cells of `row`, parted by `separator`, to `cells`. One in double quotes may hold separators and, doubled, quotes; blanks
/// around a cell without quotes are left out. `fail` is told of a quote that is not closed, or of text behind a closing one, and does not
/// return.
void split_cells(std::string_view row, char separator, std::vector<std::string>& cells,
                 const std::function<void(const std::string& reason)>& fail);

/// Reads the rows of a file, plain or gzip. Cells, as split_cells() has them, are parted by commas, semicolons or tabs, whichever the
/// first line has most of. Empty lines are left out. The file is held in memory. Source: RFC 4180, section 2, but that a cell does not
/// reach over lines.
class CsvReader {
 public:
  /// Errors: [data] the file cannot be read, or is empty.
  explicit CsvReader(const std::filesystem::path& file);

  /// Reads the next row into `cells` and returns whether there was one. Errors: [data] file, line, reason: a quote that is not closed, text
  /// behind a closing one.
  bool next(std::vector<std::string>& cells);
  /// The line that the last row stood in, from 1.
  std::int64_t line() const { return line_; }
  /// Throws the Error that names file, line and `reason`.
  [[noreturn]] void fail_here(std::string_view reason) const;
  const std::filesystem::path& file() const { return file_; }

 private:
  std::filesystem::path file_;
  std::string text_;
  std::size_t at_ = 0;
  std::int64_t line_ = 0;
  char separator_ = ',';
};

}  // namespace rectify
