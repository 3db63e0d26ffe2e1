#include "rectify/report/plan_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace rectify {
namespace {

/// "3.1 MiB", three digits.
std::string bytes_text(std::int64_t bytes) {
  constexpr std::array kUnits{"B", "KiB", "MiB", "GiB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; value >= 1000 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.3g} {}", value, kUnits[unit]);
}

std::string saved_text(const PlanStep& step) {
  if (step.saved_bytes == 0) return step.saved;
  return fmt::format("{} +{}", step.saved, bytes_text(step.saved_bytes));
}

}  // namespace

std::string plan_text(const PlanRecord& plan) {
  std::size_t name = 4, kind = 4;
  std::int64_t parameters = 0;
  for (const PlanStep& step : plan.steps) {
    name = std::max(name, step.name.size());
    kind = std::max(kind, step.kind.size());
    parameters += step.parameters;
  }
  std::string text = fmt::format("{:<{}}  {:<{}}  {:>10} {:>9} {:>9}  {}\n", "step", name, "what", kind, "output", "weights", "bytes",
                                 "saved for backward");
  for (const PlanStep& step : plan.steps) {
    const std::string bytes = step.in_place ? "in place" : bytes_text(step.value_bytes);
    std::string line = fmt::format("{:<{}}  {:<{}}  {:>10} {:>9} {:>9}  {}", step.name, name, step.kind, kind, step.shape,
                                   step.parameters == 0 ? "" : fmt::to_string(step.parameters), bytes, saved_text(step));
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + "\n";
  }
  text += fmt::format("\n{} weights, with their gradients {}\n", parameters, bytes_text(plan.parameter_bytes));
  text += fmt::format("batch of {} in {}: {} for values, gradients and what is saved; {} if nothing shared its place\n", plan.batch,
                      precision_text(plan.precision), bytes_text(plan.arena_bytes), bytes_text(plan.arena_bytes_without_reuse));
  if (plan.training) text += fmt::format("trained with {}\n", settings_text(*plan.training));
  return text;
}

}  // namespace rectify
