#include "rectify/study/budget_text.h"

#include <fmt/format.h>

#include <set>

namespace rectify {
namespace {

/// The one text that all trainings of a design have for a setting, after `before`; "" where they differ.
template <class Text>
std::string common(const StudyDesign& design, const char* before, const Text& text) {
  std::set<std::string> all;
  for (const DesignTable& table : design) {
    for (const StudyCase& one : table.cases) {
      if (one.training) all.insert(text(one));
    }
  }
  if (all.size() != 1 || all.begin()->empty()) return "";
  return fmt::format(", {}{}", before, *all.begin());
}

std::string optimiser_words(const OptimiserOptions& optimiser) {
  OptimiserOptions rest = optimiser;
  if (optimiser.kind != OptimiserKind::kSgd) return optimiser.text();
  rest.momentum = OptimiserOptions().momentum;
  return rest.text() + (optimiser.momentum > 0 ? fmt::format(" with momentum {}", optimiser.momentum) : " without momentum");
}

}  // namespace

std::string budget_text(const std::vector<std::string>& sets, const StudyDesign& design, int seeds) {
  using Case = StudyCase;
  std::string text = fmt::format("{}", fmt::join(sets, " and "));
  text += common(design, "", [](const Case& c) { return c.training->net; });
  text +=
      common(design, "", [](const Case& c) { return fmt::format("{} epoch{}", c.training->epochs, c.training->epochs > 1 ? "s" : ""); });
  text += common(design, "batch ", [](const Case& c) { return std::to_string(c.training->batch); });
  text += common(design, "", [](const Case& c) { return optimiser_words(c.training->optimiser); });
  text += common(design, "", [](const Case& c) { return c.training->schedule.text() + " schedule"; });
  text += common(design, "rate ", [](const Case& c) {
    return c.rates.size() > 1 ? fmt::format("that of {} with {}", fmt::join(c.rates, ", "), c.goal.words)
                              : fmt::format("{}", c.training->learning_rate);
  });
  text += common(design, "init ", [](const Case& c) { return c.training->init.text(); });
  return text + fmt::format(", {} seeds", seeds);
}

}  // namespace rectify
