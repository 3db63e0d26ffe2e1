// What a long sweep has found so far, on disk, so that it can be interrupted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "sweep.h"

namespace rectify::certify {

/// A sweep over all floats that has seen the first `done` bit patterns.
struct State {
  std::string sources;  ///< the hash under which it runs
  std::uint64_t done = 0;
  Findings findings;
};

/// The state in `file` if there is one of these sources and targets. What cannot be read as one counts as none.
std::optional<State> load_state(const std::filesystem::path& file, const std::string& sources, const std::vector<std::string>& targets);

/// Writes it whole or not at all, and the folder if need be. Errors: [output].
void save_state(const std::filesystem::path& file, const State& state);

}  // namespace rectify::certify
