#include "rectify/report/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "rectify/base/error.h"

namespace rectify {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void cannot_write(const fs::path& path, int reason) {
  fail("output", fmt::format("cannot write {}: {}", path.string(), std::strerror(reason)));
}

/// A file open for writing, closed at the end of its scope.
class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags) : value_(::open(path.c_str(), flags | O_WRONLY | O_CLOEXEC, 0666)) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  bool is_open() const { return value_ >= 0; }
  bool write(std::string_view text) {
    while (!text.empty()) {
      const ssize_t written = ::write(value_, text.data(), text.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return false;
      text.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
  }
  /// Whether all that was written has been accepted; a full disk or a network file system may tell only now.
  bool close() { return ::close(std::exchange(value_, -1)) == 0; }

 private:
  int value_;
};

/// Where the bytes go: behind any link, also one to a file that is not there yet.
fs::path target_of(const fs::path& asked) {
  constexpr int kMostLinks = 40;
  std::error_code error;
  if (fs::is_other(asked, error)) return asked;  // a pipe or a device, perhaps behind a link that names no file
  fs::path path = asked;
  for (int i = 0; i < kMostLinks && fs::is_symlink(fs::symlink_status(path, error)); ++i) {
    path = path.parent_path() / fs::read_symlink(path, error);
  }
  if (fs::is_symlink(fs::symlink_status(path, error))) cannot_write(asked, ELOOP);
  return path;
}

bool is_replaced(const fs::path& target) {
  std::error_code error;
  const fs::file_status status = fs::status(target, error);
  return !fs::exists(status) || fs::is_regular_file(status);
}

fs::path beside(const fs::path& target) { return target.string() + fmt::format(".{}.tmp", ::getpid()); }

}  // namespace

void check_writable(const fs::path& path) {
  const fs::path target = target_of(path);
  std::error_code error;
  if (path.empty() || fs::is_directory(target, error)) cannot_write(path, path.empty() ? ENOENT : EISDIR);
  if (fs::exists(target, error) && ::access(target.c_str(), W_OK) != 0) cannot_write(path, errno);
  if (!is_replaced(target)) return;
  if (!Descriptor(beside(target), O_CREAT | O_EXCL).is_open()) cannot_write(path, errno);
  ::unlink(beside(target).c_str());
}

void write_whole(const fs::path& path, std::string_view text) {
  const fs::path target = target_of(path);
  const bool replaced = is_replaced(target);
  const fs::path file = replaced ? beside(target) : target;
  Descriptor out(file, replaced ? O_CREAT | O_EXCL : 0);
  if (!out.is_open()) cannot_write(path, errno);
  if (!out.write(text) || !out.close() || (replaced && ::rename(file.c_str(), target.c_str()) != 0)) {
    const int reason = errno;
    if (replaced) ::unlink(file.c_str());
    cannot_write(path, reason);
  }
}

}  // namespace rectify
