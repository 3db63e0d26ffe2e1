#include "rectify/base/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "rectify/base/error.h"
#include "rectify/base/nearest.h"

namespace rectify {

NamedSettings split_settings(std::string_view who, std::string_view text) {
  NamedSettings all{text.substr(0, text.find(',')), {}};
  for (std::size_t comma = all.name.size(); comma < text.size();) {
    const std::size_t next = std::min(text.find(',', comma + 1), text.size());
    const std::string_view part = text.substr(comma + 1, next - comma - 1);
    const std::size_t equals = part.find('=');
    Setting setting{part.substr(0, equals), std::nullopt};
    if (equals != part.npos) setting.value = part.substr(equals + 1);
    for (const Setting& before : all.settings) {
      if (before.key == setting.key) fail(who, fmt::format("{} is given twice", setting.key));
    }
    all.settings.push_back(setting);
    comma = next;
  }
  return all;
}

double number_of(std::string_view who, const Setting& setting, double lower, double upper, double example) {
  const auto& [key, text] = setting;
  if (!text) fail(who, fmt::format("\"{}\" has no value: write {}={:g}", key, key, example));
  double value = 0;
  const char* const last = text->data() + text->size();
  const auto [end, error] = std::from_chars(text->data(), last, value);
  if (error != std::errc() || end != last) fail(who, fmt::format("{}={} is not a number", key, *text));
  if (!(value >= lower)) fail(who, fmt::format("{}={} is out of range: it must be at least {:g}", key, *text, lower));
  if (!(value < upper)) fail(who, fmt::format("{}={} is out of range: it must be below {:g}", key, *text, upper));
  return value;
}

void unknown_name(std::string_view who, std::string_view what, std::string_view name, std::span<const std::string> names,
                  std::string_view example) {
  fail(who,
       fmt::format("there is no {} \"{}\": use {}, as in {}{}", what, name, fmt::join(names, ", "), example, did_you_mean(name, names)));
}

void unknown_key(std::string_view who, std::string_view name, std::string_view key, std::span<const std::string> keys,
                 std::string_view example) {
  if (keys.empty()) fail(who, fmt::format("{} has no settings, got \"{}\"", name, key));
  fail(who,
       fmt::format("{} has no setting \"{}\": it has {}, as in {}{}", name, key, fmt::join(keys, ", "), example, did_you_mean(key, keys)));
}

}  // namespace rectify
