#include "rectify/study/budget_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace rectify {
namespace {

constexpr std::size_t kMostListed = 6;  // values of one setting; more stand in the rows alone

/// The trainings of a design.
std::vector<const StudyCase*> trainings(const StudyDesign& design) {
  std::vector<const StudyCase*> all;
  for (const DesignTable& table : design) {
    for (const StudyCase& one : table.cases) {
      if (one.training && one.remark.empty()) all.push_back(&one);
    }
  }
  return all;
}

/// Adds what is not yet in it.
void add_new(std::vector<std::string>& texts, std::string text) {
  if (std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(std::move(text));
}

std::string either(const std::vector<std::string>& texts) {
  return texts.size() > kMostListed ? "as the rows have it" : fmt::format("{}", fmt::join(texts, " or "));
}

/// ", " and what the trainings have for a setting, after `before`: one text, or several where they differ.
template <class Text>
std::string setting(const std::vector<const StudyCase*>& cases, const char* before, const Text& text) {
  std::vector<std::string> texts;
  for (const StudyCase* one : cases) add_new(texts, text(*one->training));
  return fmt::format(", {}{}", before, either(texts));
}

std::string epochs_words(int epochs) { return fmt::format("{} epoch{}", epochs, epochs > 1 ? "s" : ""); }

/// ", lenet for 4 epochs or vgg-small for 3 epochs": the epochs stand beside the networks where each has its own.
std::string networks_and_epochs(const std::vector<const StudyCase*>& cases) {
  std::map<std::string, std::set<int>> epochs_of;
  std::set<int> epochs;
  for (const StudyCase* one : cases) {
    epochs_of[one->training->net].insert(one->training->epochs);
    epochs.insert(one->training->epochs);
  }
  const bool own =
      epochs.size() > 1 && std::all_of(epochs_of.begin(), epochs_of.end(), [](const auto& net) { return net.second.size() == 1; });
  const auto net = [](const TrainOptions& t) { return t.net; };
  if (own) return setting(cases, "", [](const TrainOptions& t) { return fmt::format("{} for {}", t.net, epochs_words(t.epochs)); });
  return setting(cases, "", net) + setting(cases, "", [](const TrainOptions& t) { return epochs_words(t.epochs); });
}

/// ", rate 0.1, where tuned that of 0.01, 0.03 with the best validation accuracy".
std::string rates_words(const std::vector<const StudyCase*>& cases) {
  std::vector<std::string> fixed, grids, goals;
  for (const StudyCase* one : cases) {
    if (one->rates.size() > 1) {
      add_new(grids, fmt::format("{}", fmt::join(one->rates, ", ")));
      add_new(goals, one->goal.words);
    } else {
      add_new(fixed, fmt::format("{}", one->training->learning_rate));
    }
  }
  std::string text = ", rate ";
  if (!fixed.empty()) text += fixed.size() == 1 ? fixed.front() : "as the rows have it";
  if (grids.empty()) return text;
  if (!fixed.empty()) text += ", where it is chosen ";
  return text + fmt::format("that of {} with {}", fmt::join(grids, " or of "), fmt::join(goals, " or "));
}

std::string optimiser_words(const OptimiserOptions& optimiser) {
  OptimiserOptions rest = optimiser;
  if (optimiser.kind != OptimiserKind::kSgd) return optimiser.text();
  rest.momentum = OptimiserOptions().momentum;
  return rest.text() + (optimiser.momentum > 0 ? fmt::format(" with momentum {}", optimiser.momentum) : " without momentum");
}

}  // namespace

std::string budget_text(const std::vector<std::string>& sets, const StudyDesign& design, int seeds) {
  std::string text = fmt::format("{}", fmt::join(sets, " and "));
  const std::vector<const StudyCase*> cases = trainings(design);
  if (!cases.empty()) {
    text += networks_and_epochs(cases);
    text += setting(cases, "batch ", [](const TrainOptions& t) { return std::to_string(t.batch); });
    text += setting(cases, "", [](const TrainOptions& t) { return optimiser_words(t.optimiser); });
    text += setting(cases, "", [](const TrainOptions& t) { return t.schedule.text() + " schedule"; });
    text += rates_words(cases);
    text += setting(cases, "init ", [](const TrainOptions& t) { return t.init.text(); });
  }
  return text + fmt::format(", {} seeds", seeds);
}

}  // namespace rectify
