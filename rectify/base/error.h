// The one exception type, and the check that throws it.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace rectify {

/// What the library throws for bad input: "[who] what was got, what was wanted, what to do". Control characters but line breaks are written
/// out, as \x1b.
class Error : public std::runtime_error {
 public:
  Error(std::string_view who, std::string_view message);
};

/// Throws Error(who, message).
[[noreturn]] void fail(std::string_view who, std::string_view message);
/// Throws `error` with `where` before its message: "[net] lenet.toml: ...".
[[noreturn]] void fail_at(std::string_view where, const Error& error);

/// What body() returns; an Error that it throws is thrown with `where` before its message.
template <class Body>
auto at(std::string_view where, const Body& body) {
  try {
    return body();
  } catch (const Error& error) {
    fail_at(where, error);
  }
}

}  // namespace rectify
