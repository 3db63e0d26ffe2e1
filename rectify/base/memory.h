// How much memory the machine has.
#pragma once

#include <cstddef>
#include <filesystem>

namespace rectify {

/// Bytes of memory that this process may have: the machine's physical memory, or less where a control group limits it. `root` is where the
/// kernel's files lie, proc and sys.
std::size_t usable_memory(const std::filesystem::path& root = "/");

}  // namespace rectify
