// Tables: data sets from the rows of a CSV file.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "rectify/data/dataset.h"

namespace rectify {

/// Whether a file's name is that of a table: it ends in .csv or .tsv, or in one of these and .gz.
bool is_table(const std::filesystem::path& file);

/// "a, b" as names of columns; one with a comma stands in double quotes, as in a table. Errors: [data] a quote that is not closed.
std::vector<std::string> split_columns(std::string_view text);

/// Whether `file` has any of the columns `wanted`. Errors: [data] see load_table().
bool has_columns(const std::filesystem::path& file, const std::vector<std::string>& wanted);

/// Checks that `file` has the columns that `use` asks for. Errors: [data] see load_table().
void check_columns(const std::filesystem::path& file, const TableUse& use);

/// The data set in a table: a line of names, then a line a sample. Targets and features are numbers; other columns are not looked at. One
/// row in five, always the same of the same count, is kept for the test; use.rows says otherwise. Errors: [data] targets that are missing
/// or asked for without need; a name that is no column's, with the nearest, is given twice, or is both; too few rows; file, line and
/// reason: names that are numbers, empty, no UTF-8 or given twice, a row with too many or too few cells, a cell that is no finite number or
/// no class (a whole number from 0 on).
Dataset load_table(const std::filesystem::path& file, const TableUse& use);

}  // namespace rectify
