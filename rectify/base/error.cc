#include "rectify/base/error.h"

#include <fmt/format.h>

namespace rectify {
namespace {

/// The text with control characters written out: what was typed or read may hold some, which would cut a line or steer a terminal.
std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    const bool steers = (code < 0x20 && c != '\n') || code == 0x7f;
    out += steers ? fmt::format("\\x{:02x}", code) : std::string(1, c);
  }
  return out;
}

}  // namespace

Error::Error(std::string_view who, std::string_view message) : std::runtime_error(fmt::format("[{}] {}", who, printable(message))) {}

void fail(std::string_view who, std::string_view message) { throw Error(who, message); }

void fail_at(std::string_view where, const Error& error) {
  const std::string_view text = error.what();  // "[who] message"
  const std::size_t end = text.find("] ");
  throw Error(text.substr(1, end - 1), fmt::format("{}: {}", where, text.substr(end + 2)));
}

}  // namespace rectify
