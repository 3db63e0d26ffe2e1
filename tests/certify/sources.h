// What decides an activation's results, as a number that changes with it.
#pragma once

#include <filesystem>
#include <string>

#include "rectify/activation/activation.h"

namespace rectify::certify {

/// Sixteen hexadecimal digits that depend on the sources under `root` that decide the results of `entry`: for a hand-written kernel what it
/// reaches in its family's file and in the headers of vector code that this includes, for a formula the formula itself and the tile
/// evaluator. Comments and white space do not count. Errors: [certify] no file or several with a kernel of that name; a file cannot be
/// read.
std::string hash_of_sources(const std::filesystem::path& root, const CatalogueEntry& entry, Implementation implementation);

/// The same of a layer of the catalogue: all of the files that compute it, and what decides its gate.
std::string hash_of_layer_sources(const std::filesystem::path& root, std::string_view name);

}  // namespace rectify::certify
