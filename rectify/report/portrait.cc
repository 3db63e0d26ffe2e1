#include "rectify/report/portrait.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "rectify/report/wrap.h"

namespace rectify {
namespace {

constexpr int kLabelWidth = 26;
constexpr int kPlotWidth = 73, kPlotHeight = 19;  // characters
constexpr double kPlotTop = 4;                    // the plot shows no larger values

std::string entry(std::string_view label, std::string_view value) { return wrap_beside(fmt::format("  {}", label), kLabelWidth, value); }

std::string number(const std::optional<double>& value) { return value ? fmt::format("{:.6g}", *value) : "not finite"; }

std::string list(const std::vector<double>& values) {
  std::string text;
  for (const double value : values) text += fmt::format("{}{:.6g}", text.empty() ? "" : ", ", value);
  return text.empty() ? "none" : text;
}

std::string parameter_list(const Portrait& p) {
  std::string text;
  for (const auto& [name, value] : p.parameters) {
    const bool learnt = std::find(p.learnt.begin(), p.learnt.end(), name) != p.learnt.end();
    text += fmt::format("{}{} = {:.6g}{}", text.empty() ? "" : ", ", name, value, learnt ? " (learnt)" : "");
  }
  return text;
}

std::string error_text(const ArrayError& error) {
  std::string text = error.told == 0 ? "not known" : "none";
  if (error.most > 0) {
    text = fmt::format("{:.2g} on average, 99.9 % within {:.3g}, at most {:.3g} at x = {:.6g}{}", error.mean, error.usual, error.most,
                       error.at, error.at_root ? ", beside a root" : "");
  }
  constexpr double kNearlyAll = 0.995;
  if (error.told > 0 && error.told <= kNearlyAll) text += fmt::format("; of the {:.0f} % of inputs whose value is known", 100 * error.told);
  return error.no_number > 0 ? text + fmt::format("; {:.2g} % give NaN", 100 * error.no_number) : text;
}

std::string rounding_text(const Rounding& r) {
  return fmt::format("\nErrors on {} in units in the last place, over one float in 65,536\n", r.target) + entry("f", error_text(r.value)) +
         entry("f'", error_text(r.slope));
}

std::string facts_text(const Portrait& p) {
  std::string text = entry("formula", p.formula);
  if (!p.parameters.empty()) text += entry("parameters", parameter_list(p));
  text += entry("derivative", p.derivative);
  if (p.derivative_from_output) text += entry("from y = f(x)", *p.derivative_from_output);
  text += entry("range", fmt::format("{:.6g} to {:.6g}", p.lower, p.upper));
  text += entry("monotone", p.monotone ? "yes" : "no");
  text += entry("kinks at x", list(p.kinks));
  text += entry("saturates", p.saturates);
  text += entry("largest |slope|", fmt::format("{:.6g}", p.sup_slope));
  return text + entry("runs as", p.has_kernel ? "hand-written kernel" : "formula in tiles");
}

std::string moments_text(const Portrait& p) {
  std::string text = entry("mean, E f", number(p.mean));
  text += entry("second moment, E f^2", number(p.second));
  text += entry("E f'^2", number(p.slope_second));
  text += entry("R^2 of a straight line", number(p.linear_share));
  text += entry("gain 1/sqrt(E f^2)", number(p.forward_gain) + (p.forward_gain ? ", keeps the size of the values" : ""));
  return text + entry("gain 1/sqrt(E f'^2)", number(p.backward_gain) + (p.backward_gain ? ", keeps the size of the gradients" : ""));
}

}  // namespace

std::string portrait_text(const Portrait& p) {
  std::string text = wrap(p.name, 2);
  if (p.known_as) text += wrap(fmt::format("The same function as {}.", *p.known_as));
  text += facts_text(p) + "\nFor inputs of a standard normal distribution\n" + moments_text(p);
  if (p.rounding) text += rounding_text(*p.rounding);
  return text + "\n" + plot_text(p.curve);
}

std::string plot_text(std::span<const CurvePoint> curve) {
  if (curve.empty()) return "";
  double low = 0, high = 0;
  for (const CurvePoint& point : curve) {
    for (const double value : {point.value, point.slope}) {
      if (!std::isfinite(value)) continue;
      low = std::max(-kPlotTop, std::min(low, value));
      high = std::min(kPlotTop, std::max(high, value));
    }
  }
  if (high == low) high = low + 1;
  const double left = curve.front().x, right = std::max(curve.back().x, left + 1e-9);
  const auto column = [&](double x) { return static_cast<int>(std::lround((x - left) / (right - left) * (kPlotWidth - 1))); };
  const auto row = [&](double y) { return static_cast<int>(std::lround((high - y) / (high - low) * (kPlotHeight - 1))); };

  std::vector<std::string> canvas(kPlotHeight, std::string(kPlotWidth, ' '));
  for (int i = 0; i < kPlotWidth; ++i) canvas[row(0)][i] = '-';
  if (left < 0 && right > 0) {
    for (std::string& line : canvas) line[column(0)] = '|';
  }
  const auto draw = [&](double x, double y, char mark) {
    if (std::isfinite(y) && y >= low && y <= high) canvas[row(y)][column(x)] = mark;
  };
  for (const CurvePoint& point : curve) draw(point.x, point.slope, '.');
  for (const CurvePoint& point : curve) draw(point.x, point.value, 'o');

  std::string text;
  for (int i = 0; i < kPlotHeight; ++i) {
    const std::string label = i == 0                 ? fmt::format("{:.3g}", high)
                              : i == row(0)          ? "0"
                              : i == kPlotHeight - 1 ? fmt::format("{:.3g}", low)
                                                     : "";
    std::string line = fmt::format("{:>6} {}", label, canvas[i]);
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  const std::string ends = fmt::format("{:.3g}", left), end = fmt::format("{:.3g}", right), what = "o f(x)   . f'(x)";
  return text + fmt::format("{:>7}{}{:^{}}{}\n", "", ends, what, kPlotWidth - static_cast<int>(ends.size() + end.size()), end);
}

std::string difference_text(const std::string& a, const std::string& b, std::span<const Difference> differences) {
  std::string text = wrap("a = " + a, 4) + wrap("b = " + b, 4);
  for (const Difference& d : differences) {
    text += fmt::format("largest |a - b| on [{:g}, {:g}]: ", d.low, d.high);
    if (d.largest == 0) {
      text += "0\n";
    } else if (std::isinf(d.largest)) {
      text += fmt::format("only one is a number at x = {:.6g}\n", d.at);
    } else {
      text += fmt::format("{:.6g} at x = {:.6g}, where a = {:.6g} and b = {:.6g}\n", d.largest, d.at, d.a, d.b);
    }
  }
  return text;
}

}  // namespace rectify
