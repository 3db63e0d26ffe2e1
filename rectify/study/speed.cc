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

/// relu beside another.
struct Beside {
  std::string activation;
  bool reached, cut_off;             ///< whether relu came to the low error in all trainings; whether the other did not
  Estimate steps, time, cost, step;  ///< log10 of the other's over relu's

  /// Steps that were cut off are too few: they show that there are surely more, and nothing else.
  Outcome of_cut_off(Outcome found) const { return cut_off && found != Outcome::kMore ? Outcome::kOpen : found; }
  Outcome more_steps() const { return of_cut_off(outcome(steps, std::log10(kMuch))); }
  Outcome more_time() const { return of_cut_off(outcome(time, std::log10(kMuch))); }
  Outcome dearer() const { return outcome(cost, std::log10(kCheaper)); }
  bool faster() const { return reached && more_steps() == Outcome::kMore; }
};

Beside beside(const Findings& findings, const std::string& activation) {
  const FoundRow &relu = findings.row({"relu"}), &other = findings.row({activation});
  const auto more = [&](const char* measure) { return difference(other, relu, measure); };
  return {activation,       relu.mean("reached") == 1, other.mean("reached") < 1, more("log_steps"),
          more("log_time"), more("log_cost"),          more("log_step")};
}

/// "surely more than 1.5 times", "surely within 1.5 times", ...
std::string outcome_text(Outcome found, double limit) {
  switch (found) {
    case Outcome::kMore: return fmt::format("surely more than {} times", limit);
    case Outcome::kLess: return fmt::format("surely less than 1/{}", limit);
    case Outcome::kWithin: return fmt::format("surely within a factor of {}", limit);
    case Outcome::kOpen: break;
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
                       times(b.steps), outcome_text(b.more_steps(), kMuch), at_least, times(b.time), outcome_text(b.more_time(), kMuch));
  }
  return text + fmt::format("An element of {} costs {} as much as one of relu ({}), a step {}. ", b.activation, times_with_interval(b.cost),
                            outcome_text(b.dearer(), kCheaper), times_with_interval(b.step));
}

/// What of one part of the sentence is left out; "" where it is right of both.
std::string part_text(const char* part, const std::vector<std::string>& against, const std::string& left_out) {
  if (against.size() == kOthers.size()) return "";
  return against.empty() ? left_out : fmt::format("its {} is compared with {}'s alone", part, against.front());
}

Judgement judge(const Findings& findings) {
  Judgement out;
  std::vector<std::string> faster, cheaper;
  bool decided = true;  // of the cost
  for (const std::string& activation : kOthers) {
    const Beside b = beside(findings, activation);
    out.conclusion += text_of(b);
    if (b.faster()) faster.push_back(activation);
    if (b.dearer() == Outcome::kMore) cheaper.push_back(activation);
    decided &= b.dearer() != Outcome::kOpen;
  }
  const FoundRow& relu = findings.row({"relu"});
  if (relu.mean("reached") != 1)
    out.conclusion += "Not every training with relu came to the low error, so that steps and seconds cannot be compared. ";
  out.conclusion += fmt::format("relu's share of a training step is {}.", percent_of(relu.estimate("share")));
  std::vector<std::string> parts;
  const std::string dear =
      decided ? "the cost is left out: relu was not 5 % cheaper than either" : "the cost is left out, which these times do not decide";
  for (const std::string& part :
       {part_text("speed", faster, "the speed is left out: relu did not surely need 1.5 times fewer steps than either"),
        part_text("cost", cheaper, dear)}) {
    if (!part.empty()) parts.push_back(part);
  }
  out.verdict = faster.empty() && cheaper.empty() ? StudyVerdict::kNotFound : parts.empty() ? StudyVerdict::kHolds : StudyVerdict::kHoldsIf;
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
      "nanoseconds. Times are the best of ten turns, in which the three take turns and nothing else runs.";
  study.terms = {{"step", "one update of the weights, from one batch of 64 samples"}};
  study.brief = {"strokes", 1500};
  study.whole = {"fashion-mnist", 4000};
  study.expected = {StudyVerdict::kHolds, StudyVerdict::kHoldsIf};
  study.design = design;
  study.judge = judge;
  return study;
}

}  // namespace rectify
