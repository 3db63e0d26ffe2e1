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

/// "a, b" as names of columns.
std::vector<std::string> split_columns(std::string_view text);

/// The columns that `use` takes for targets, as the first line of `file` has them. Errors: [data] see load_table().
std::vector<std::string> target_columns(const std::filesystem::path& file, const TableUse& use);

/// The data set in a table: a line of names, then a line a sample. What is no target is a feature, and each cell a number. One row in five,
/// always the same of the same count, is kept for the test; use.rows says otherwise. Errors: [data] a target that is missing, asked for
/// without need or twice, or no column's name, with the nearest; fewer than ten rows; file, line and reason: names that are numbers, empty
/// or given twice, a row with too many or too few cells, a cell that is no finite number or no class (a whole number from 0 on).
Dataset load_table(const std::filesystem::path& file, const TableUse& use);

}  // namespace rectify
