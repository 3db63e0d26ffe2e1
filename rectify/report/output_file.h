// A file that is written whole or not at all.
#pragma once

#include <filesystem>
#include <string_view>

namespace rectify {

/// Checks that write_whole() will be able to write `path`, without touching what stands there.
/// Errors: [output] path, reason.
void check_writable(const std::filesystem::path& path);

/// Writes `text` to `path`: to a new file beside it that then takes its place, so that a reader sees the old text or the new one. What is
/// no regular file (a device, a pipe) is written to directly. A link is followed. Errors: [output] path, reason.
void write_whole(const std::filesystem::path& path, std::string_view text);

}  // namespace rectify
