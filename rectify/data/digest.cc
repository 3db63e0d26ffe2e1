#include "rectify/data/digest.h"

#include <fmt/format.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "rectify/base/random.h"

namespace rectify {
namespace {

template <class Value>
std::uint64_t hash_of(const std::vector<Value>& values) {
  return named_stream({reinterpret_cast<const char*>(values.data()), values.size() * sizeof(Value)});
}

std::string hex(std::uint64_t hash) { return fmt::format("{:016x}", hash); }

std::string text_of(const Split& split) {
  const std::uint64_t values = std::visit([](const auto& all) { return hash_of(all); }, split.values);
  return fmt::format("{} {} {} {} {}", split.count, split.values.index(), hex(values), hex(hash_of(split.labels)),
                     hex(hash_of(split.targets)));
}

}  // namespace

std::string digest(const Dataset& data) {
  return hex(named_stream(
      fmt::format("{}; {}; {}; {}", fmt::join(data.sample_shape, "x"), data.classes, text_of(data.train), text_of(data.test))));
}

}  // namespace rectify
