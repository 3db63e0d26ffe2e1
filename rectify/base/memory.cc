#include "rectify/base/memory.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

namespace rectify {
namespace {

namespace fs = std::filesystem;

/// The limit in a file of the kernel's, or `otherwise` where there is none ("max") or no such file.
std::size_t limit_in(const fs::path& file, std::size_t otherwise) {
  std::ifstream in(file);
  std::size_t limit = 0;
  return in >> limit ? limit : otherwise;
}

/// What the control groups of this process leave of `memory`. Source: Linux, Documentation/admin-guide/cgroup-v2.rst, "memory.max", and
/// cgroup-v1/memory.rst, "memory.limit_in_bytes".
std::size_t limited(std::size_t memory, const fs::path& root) {
  std::ifstream groups(root / "proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const bool second = line.starts_with("0::");
    if (!second && line.find(":memory:") == line.npos) continue;
    const fs::path groups_at = root / (second ? "sys/fs/cgroup" : "sys/fs/cgroup/memory");
    for (fs::path group = line.substr(line.find('/'));; group = group.parent_path()) {
      memory = std::min(memory, limit_in(groups_at / group.relative_path() / (second ? "memory.max" : "memory.limit_in_bytes"), memory));
      if (!group.has_relative_path()) break;
    }
  }
  return memory;
}

}  // namespace

std::size_t usable_memory(const fs::path& root) {
  return limited(static_cast<std::size_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)), root);
}

}  // namespace rectify
