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

}  // namespace rectify
