// How much memory the machine has.
#pragma once

#include <cstddef>

namespace rectify {

/// Bytes of physical memory of this machine.
std::size_t physical_memory();

}  // namespace rectify
