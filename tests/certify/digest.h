// Digests of results: whether two builds of an activation give the same bits for every float.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace rectify::certify {

/// A digest of the n results from number `begin` on; those of the parts of an array add up to that of the whole. All NaN count alike.
std::uint64_t digest(std::uint64_t begin, const float* results, std::size_t n);

/// As the page has it.
std::string digest_text(std::uint64_t digest);

/// Of the results of both directions over all floats, by target and Direction.
using Digests = std::map<std::string, std::array<std::uint64_t, 2>>;

/// Those of an entry of the catalogue on some targets. Takes about a minute.
Digests digests_of(std::string_view name, int threads, std::span<const std::string> on);

}  // namespace rectify::certify
