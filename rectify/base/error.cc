#include "rectify/base/error.h"

#include <fmt/format.h>

namespace rectify {

Error::Error(std::string_view who, std::string_view message) : std::runtime_error(fmt::format("[{}] {}", who, message)) {}

void fail(std::string_view who, std::string_view message) { throw Error(who, message); }

}  // namespace rectify
