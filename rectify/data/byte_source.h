// The bytes of a file from first to last, inflated where the file is gzip.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

namespace rectify {

/// Reads a regular file in order. A file that begins with 1f 8b is gzip (RFC 1952): its members are inflated one after the other and their
/// checksums verified. Needs 256 KiB, whatever the file claims.
/// Errors: [who] file, byte offset, reason.
class ByteSource {
 public:
  /// Opens `file`; `who` begins the messages. Errors: cannot be opened, no regular file.
  ByteSource(std::string_view who, const std::filesystem::path& file);
  ~ByteSource();
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  /// Writes the next bytes to out and returns how many: `count`, or fewer where the file ends.
  /// Errors: gzip data that are truncated, corrupt, or followed by something else than a further member.
  std::size_t read(std::uint8_t* out, std::size_t count);

  /// How many bytes have been read; of a gzip file, inflated ones.
  std::uint64_t offset() const;
  /// The size of the file on disk.
  std::uint64_t file_size() const;
  bool compressed() const;

  /// Throws the Error that names the file, byte `offset` of what read() gives, and `reason`.
  [[noreturn]] void fail_at(std::uint64_t offset, std::string_view reason) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace rectify
