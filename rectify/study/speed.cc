// Whether ReLU trains faster, and what it costs.
#include <fmt/format.h>

#include <cmath>
#include <string>
#include <vector>

#include "rectify/record/text.h"
#include "rectify/study/blocks.h"
#include "rectify/study/image_networks.h"

namespace rectify {
namespace {

constexpr double kMuch = 1.5;      // so many times fewer steps are "much faster"
constexpr double kCheaper = 1.05;  // and so many times fewer nanoseconds are cheaper
const std::vector<std::string> kOthers{"sigmoid", "tanh"};

StudyDesign design(const StudyScope& scope) {
  DesignTable table;
  table.label_heads = {"activation"};
  table.columns = {
      {"steps", {"steps", StudyUnit::kNumber, fmt::format("until {:.0f} % or fewer of the training samples are wrong", 100 * kLowError)}},
      {"reached", {"reached", StudyUnit::kCount, "trainings that came there; the others count with all their steps"}},
      {"time", {"seconds", StudyUnit::kNumber, "the same steps in seconds of one core"}},
      {"step", {"ms/step", StudyUnit::kNumber, "time of a training step with nothing beside it"}},
      {"cost", {"ns/element", StudyUnit::kNumber, "of the activation alone, forward and backward, with nothing beside it"}},
      {"share", {"share %", StudyUnit::kShare, "that of a training step which the activation would take by itself"}}};
  for (const char* activation : {"sigmoid", "tanh", "relu"}) {
    StudyCase one;
    one.labels = {activation};
    one.training = study_training(image_net(scope), activation, scope.choose(8, 6), 0.03);
    one.training->recording = Recording::kOff;
    one.rates = scope.choose<std::vector<double>>({0.01, 0.03, 0.1}, {0.003, 0.01, 0.03, 0.1, 0.3});
    one.goal = {"log_steps", TuningGoal::Best::kLowest, "reached",
                "the fewest steps to 10 % training error, or where none came there the best validation accuracy"};
    one.watch = [&data = scope.data, training = *one.training] { return watch_for_low_error(training, data); };
    one.alone = [training = *one.training](const TrainedCase& untrained, Measures& out) { measure_cost(training, untrained.data, out); };
    table.cases.push_back(std::move(one));
  }
  return {table};
}

/// Whether a ratio is above a limit.
enum class Above { kSurely, kSurelyNot, kOpen };

Above above(const Estimate& log10_ratio, double limit) {
  const double log10_limit = std::log10(limit);
  if (surely_above(log10_ratio, log10_limit)) return Above::kSurely;
  return surely_below(log10_ratio, log10_limit) ? Above::kSurelyNot : Above::kOpen;
}

/// relu beside another.
struct Beside {
  std::string activation;
  bool reached, cut_off;             ///< whether relu came to the low error in all trainings; whether the other did not
  Estimate steps, time, cost, step;  ///< log10 of the other's over relu's

  /// Steps that were cut off are too few: they show that there are surely more, and nothing else.
  Above of_cut_off(Above found) const { return cut_off && found != Above::kSurely ? Above::kOpen : found; }
  Above more_steps() const { return of_cut_off(above(steps, kMuch)); }
  Above more_time() const { return of_cut_off(above(time, kMuch)); }
  Above dearer() const { return above(cost, kCheaper); }
  Above dearer_step() const { return above(step, 1); }
  bool faster() const { return reached && more_steps() == Above::kSurely; }
};

Beside beside(const Findings& findings, const std::string& activation) {
  const FoundRow &relu = findings.row({"relu"}), &other = findings.row({activation});
  const auto more = [&](const char* measure) { return difference(other, relu, measure); };
  return {activation,       relu.mean("reached") == 1, other.mean("reached") < 1, more("log_steps"),
          more("log_time"), more("log_cost"),          more("log_step")};
}

/// "surely more than 1.5 times", "surely less than 1.5 times", ...
std::string above_text(Above found, double limit) {
  switch (found) {
    case Above::kSurely: return fmt::format("surely more than {} times", limit);
    case Above::kSurelyNot: return fmt::format("surely less than {} times", limit);
    case Above::kOpen: break;
  }
  return fmt::format("whether it is more than {} times is not decided", limit);
}

std::string times(const Estimate& log10_ratio) { return short_text(std::pow(10, log10_ratio.mean)); }

/// "1.08 (1.06 to 1.10) times".
std::string times_with_interval(const Estimate& log10_ratio) {
  const auto factor = [](double log10_factor) { return std::pow(10, log10_factor); };
  return fmt::format("{:.2f} ({:.2f} to {:.2f}) times", factor(log10_ratio.mean), factor(log10_ratio.mean - log10_ratio.margin),
                     factor(log10_ratio.mean + log10_ratio.margin));
}

std::string text_of(const Beside& b) {
  const char* const at_least = b.cut_off ? "at least " : "";
  std::string text;
  if (b.reached) {
    text = fmt::format("{} takes {}{} times as many steps as relu ({}) and {}{} times as many seconds ({}). ", b.activation, at_least,
                       times(b.steps), above_text(b.more_steps(), kMuch), at_least, times(b.time), above_text(b.more_time(), kMuch));
  }
  return text + fmt::format("An element of {} costs {} as much as one of relu ({}), a whole step {}. ", b.activation,
                            times_with_interval(b.cost), above_text(b.dearer(), kCheaper), times_with_interval(b.step));
}

/// What both comparisons tell.
struct Together {
  std::vector<std::string> faster, cheaper, cheaper_step;  ///< the activations beside which relu is
  bool decided = true;                                     ///< whether an element of theirs costs more

  void add(const Beside& b) {
    if (b.faster()) faster.push_back(b.activation);
    if (b.dearer() == Above::kSurely) cheaper.push_back(b.activation);
    if (b.dearer_step() == Above::kSurely) cheaper_step.push_back(b.activation);
    decided &= b.dearer() != Above::kOpen;
  }
};

/// What of the speed is left out; "" where it is right of both.
std::string speed_condition(const Together& found) {
  if (found.faster.size() == kOthers.size()) return "";
  if (found.faster.empty()) return "the speed is left out: relu did not surely need 1.5 times fewer steps than either";
  return fmt::format("its speed is compared with {}'s alone", found.faster.front());
}

/// What of the cost is left out; "" where it is right of both.
std::string cost_condition(const Together& found) {
  if (found.cheaper.size() == kOthers.size()) return "";
  if (!found.cheaper.empty()) return fmt::format("its cost is compared with {}'s alone", found.cheaper.front());
  const std::string element = fmt::format("an element of relu was not {}5 % cheaper than of either", found.decided ? "" : "surely ");
  if (found.cheaper_step.empty()) return "the cost is left out: " + element;
  const bool both = found.cheaper_step.size() == kOthers.size();
  return fmt::format("the cost is that of a whole step in this program, which was surely higher with {}: {}",
                     both ? "both" : found.cheaper_step.front(), element);
}

Judgement judge(const Findings& findings) {
  Judgement out;
  Together found;
  for (const std::string& activation : kOthers) {
    const Beside b = beside(findings, activation);
    out.conclusion += text_of(b);
    found.add(b);
  }
  const FoundRow& relu = findings.row({"relu"});
  if (relu.mean("reached") != 1)
    out.conclusion += "Not every training with relu came to the low error, so that steps and seconds cannot be compared. ";
  out.conclusion += fmt::format("relu's share of a training step is {}.", percent_of(relu.estimate("share")));
  std::vector<std::string> parts;
  for (const std::string& part : {speed_condition(found), cost_condition(found)}) {
    if (!part.empty()) parts.push_back(part);
  }
  const bool nothing = found.faster.empty() && found.cheaper.empty() && found.cheaper_step.empty();
  out.verdict = nothing ? StudyVerdict::kNotFound : parts.empty() ? StudyVerdict::kHolds : StudyVerdict::kHoldsIf;
  if (out.verdict == StudyVerdict::kHoldsIf) out.condition = fmt::format("{}", fmt::join(parts, ", and "));
  return out;
}

}  // namespace

Study speed_study() {
  Study study;
  study.name = "speed";
  study.claim = "ReLU trains much faster than sigmoid and tanh, and is cheaper to compute.";
  study.method =
      "A small convolutional network is trained with each, at the rate that needs the fewest steps, until 10 % or fewer of its training "
      "samples are wrong (looked at every 10 steps, on 512 samples). Much faster is 1.5 times fewer steps, cheaper 1.05 times fewer "
      "nanoseconds an element, forward and backward. A whole step is timed beside it: there the max pools compute the activations before "
      "them, relu on their way, the others in the cache, and go back through them at the largest values alone. Times are the best of ten "
      "turns, in which the three "
      "take turns and nothing else runs.";
  study.terms = {{"step", "one update of the weights, from one batch of 64 samples"}};
  study.brief = {"strokes", 1500};
  study.whole = {"fashion-mnist", 4000};
  study.expected = {StudyVerdict::kHolds, StudyVerdict::kHoldsIf};
  study.design = design;
  study.judge = judge;
  return study;
}

}  // namespace rectify
