// "name,key=value,...": how the command line writes a choice with its settings.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rectify {

/// One "key=value", or a "key" alone.
struct Setting {
  std::string_view key;
  std::optional<std::string_view> value;
};

/// A name and what follows it, as views of the text.
struct NamedSettings {
  std::string_view name;
  std::vector<Setting> settings;
};

/// The parts of `text`. Errors: [who] a key that is given twice.
NamedSettings split_settings(std::string_view who, std::string_view text);

/// The number that a setting gives: lower <= number < upper. Errors: [who] no value (with `example` as one), not a number, out of range.
double number_of(std::string_view who, const Setting& setting, double lower, double upper, double example);

/// Tells that `name` is none of `names`, which are kinds of `what`, with the nearest. Errors: [who] always.
[[noreturn]] void unknown_name(std::string_view who, std::string_view what, std::string_view name, std::span<const std::string> names,
                               std::string_view example);

/// Tells that `name` has no setting `key`, but those of `keys`, with the nearest. Errors: [who] always.
[[noreturn]] void unknown_key(std::string_view who, std::string_view name, std::string_view key, std::span<const std::string> keys,
                              std::string_view example);

}  // namespace rectify
