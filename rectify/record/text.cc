#include "rectify/record/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace rectify {
namespace {

/// `value`, at least 1, to two significant digits: 1.3, 40, 720.
std::string two_digits(double value) {
  if (value >= 1e6) {
    std::string text = fmt::format("{:.0e}", value);  // 1e+07
    std::erase(text, '+');
    if (const std::size_t zero = text.find("e0"); zero != text.npos) text.erase(zero + 1, 1);
    return text;
  }
  if (value < 9.95) {
    const std::string text = fmt::format("{:.1f}", value);
    return text.ends_with(".0") ? text.substr(0, text.size() - 2) : text;
  }
  const double unit = std::pow(10, std::floor(std::log10(value)) - 1);
  return fmt::format("{:.0f}", std::round(value / unit) * unit);
}

}  // namespace

const char* task_text(Task task) {
  switch (task) {
    case Task::kClassification: return "classification";
    case Task::kRegression: return "regression";
    case Task::kAutoencoder: break;
  }
  return "autoencoder";
}

std::string target_name(const std::vector<std::string>& names, std::size_t j) {
  return j < names.size() ? names[j] : fmt::format("target {}", j + 1);
}

std::string percent_text(double share) {
  const double percent = 100 * share;
  if (percent == 0) return "0 %";
  if (percent < 0.1) return "<0.1 %";
  return percent < 0.95 ? fmt::format("{:.1f} %", percent) : fmt::format("{:.0f} %", percent);
}

std::string span_text(double log10_ratio) {
  if (std::isinf(log10_ratio)) return log10_ratio < 0 ? "none" : "inf";
  if (log10_ratio >= 0) return "x" + two_digits(std::pow(10, log10_ratio));
  const std::string below = two_digits(std::pow(10, -log10_ratio));
  return below == "1" ? "x1" : "1/" + below;
}

std::string short_text(double value) {
  if (value == 0) return "0";
  const double size = std::abs(value);
  if (size >= 1e6 || size < 1e-4) return fmt::format("{:.1e}", value);
  return size < 9.95 ? fmt::format("{:.2g}", value) : fmt::format("{:.0f}", value);
}

std::string with_margin(double mean, double margin, std::string_view sign) {
  constexpr double kMostDecimals = 4;
  const double decimals = 1 - std::floor(std::log10(margin));
  if (!(decimals <= kMostDecimals)) return short_text(mean) + std::string(sign) + short_text(margin);
  const int shown = static_cast<int>(std::max(0.0, decimals));
  return fmt::format("{:.{}f}{}{:.{}f}", mean, shown, sign, margin, shown);
}

std::string quantity_text(double value) {
  const double size = std::abs(value);
  if (!(size >= 9999.5 && size < 1e12)) return fmt::format("{:.4g}", value);
  const double unit = std::pow(10, std::floor(std::log10(size)) - 3);
  return fmt::format("{:.0f}", std::round(value / unit) * unit);
}

}  // namespace rectify
