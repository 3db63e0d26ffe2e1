// Outputs that are not centred, and the path that training takes.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "rectify/base/error.h"
#include "rectify/nn/presets.h"
#include "rectify/record/text.h"
#include "rectify/study/blocks.h"
#include "rectify/study/loss_target.h"

namespace rectify {
namespace {

constexpr double kBriefTarget = 0.3, kTarget = 0.25;   // of the loss that guessing has
constexpr double kMoreSigns = 0.3, kMoreTurns = 0.02;  // shares
constexpr double kMoreSteps = 1.1;                     // times

/// A function and the same with its mean under a standard normal input taken away.
struct Pair {
  const char *label, *spec, *centred_label, *centred_spec, *init;
};
// Both of a pair begin with the same weights, those that keep the gradient: the slope is the same.
constexpr Pair kPairs[] = {
    {"sigmoid", "sigmoid", "sigmoid - 0.5", "centred_sigmoid = sigmoid(x) - 0.5", "lecun,gain=4.7226"},
    {"relu", "relu", "relu - 0.399", "centred_relu = relu(x) - 0.39894228", "lecun,gain=1.41421356"},
};

/// Counts how often weights turn round from one step to the next, and the steps until the loss is low.
class PathWatcher : public Watcher {
 public:
  explicit PathWatcher(double target) : target_(target) {}

  void on_update(const ParameterStore& parameters, double loss) override {
    target_.add(loss);
    const auto now = parameters.values();
    if (!before_.empty()) look_at_turns(parameters);
    before_.assign(now.begin(), now.end());
  }

  void report(Measures& out) const override {
    if (moves_ > 0) out["turns"] = static_cast<double>(turns_) / static_cast<double>(moves_);
    if (target_.steps() == 0) return;
    out["steps"] = static_cast<double>(target_.steps());
    out["log_steps"] = std::log10(static_cast<double>(target_.steps()));
    out["reached"] = target_.reached() ? 1 : 0;
  }

 private:
  void look_at_turns(const ParameterStore& parameters) {
    const auto now = parameters.values();
    update_.resize(now.size());
    for (const ParameterSlot& slot : parameters.slots()) {
      if (slot.kind != ParameterKind::kWeight) continue;
      for (auto i = static_cast<std::size_t>(slot.offset); i < static_cast<std::size_t>(slot.offset + slot.size()); ++i) {
        const float update = now[i] - before_[i];
        if (update != 0 && update_[i] != 0) ++moves_, turns_ += (update > 0) != (update_[i] > 0);
        update_[i] = update;
      }
    }
  }

  LossTarget target_;
  std::int64_t moves_ = 0, turns_ = 0;
  std::vector<float> before_, update_;
};

/// Errors: [study] a net in which no hidden layer is fed by an activation.
std::string checked_net(const StudyScope& scope) {
  if (scope.net.empty()) return stack_net(scope.data, 3, 32);
  const Model model = describe_network(scope.net, "relu", task_of(scope.data, {}));
  const auto hidden = std::count_if(model.nodes.begin(), model.nodes.end(), [](const Node& n) { return n.kind == NodeKind::kActivation; });
  if (hidden < 2) fail("study", fmt::format("zigzag needs two hidden layers, {} has {}: the first one reads the data", scope.net, hidden));
  return scope.net;
}

StudyDesign design(const StudyScope& scope) {
  const double share = scope.choose(kBriefTarget, kTarget), target = share * std::log(scope.data.classes);
  DesignTable table;
  table.label_heads = {"activation"};
  table.columns = {
      {"one_signed",
       {"sample one sign %", StudyUnit::kShare,
        "samples on which all inputs of a layer have one sign, mean over the hidden layers that an activation feeds"}},
      {"one_signed_batch", {"batch one sign %", StudyUnit::kShare, "units whose weight gradients over a batch have one sign"}},
      {"turns", {"turns %", StudyUnit::kShare, "weights whose update goes the other way than in the step before"}},
      {"steps",
       {"steps", StudyUnit::kNumber,
        fmt::format("until the loss is {} (mean of 20 batches), {:.0f} % of what guessing has", short_text(target), 100 * share)}},
      {"reached", {"reached %", StudyUnit::kShare, "trainings that came there; the others count with all their steps"}}};
  const std::string net = checked_net(scope);
  const auto add = [&](const char* label, const char* spec, const char* init) {
    StudyCase one;
    one.labels = {label};
    one.training = study_training(net, spec, scope.choose(12, 8), 0.1);
    one.training->optimiser.momentum = 0;  // the path of the gradient itself
    one.training->schedule = Schedule::parse("constant");
    one.training->init = Initialisation::parse(init);
    one.rates = scope.choose<std::vector<double>>({0.1, 0.3, 1}, {0.03, 0.1, 0.3, 1});
    one.watch = [target] { return std::make_unique<PathWatcher>(target); };
    one.goal = {"log_steps", TuningGoal::Best::kLowest, "reached", "the fewest steps to the target loss"};
    table.cases.push_back(std::move(one));
  };
  for (const Pair& pair : kPairs) {
    add(pair.label, pair.spec, pair.init);
    add(pair.centred_label, pair.centred_spec, pair.init);
  }
  return {table};
}

/// What a function does beside the same one centred.
struct Beside {
  const FoundRow &plain, &centred;
  bool signs;
  Outcome turns, steps;
  Estimate more_turns, more_steps;  ///< the steps as log10
};

Beside beside(const Findings& findings, const Pair& pair) {
  const FoundRow &plain = findings.row({pair.label}), &centred = findings.row({pair.centred_label});
  const Estimate turns = difference(plain, centred, "turns"), steps = difference(plain, centred, "log_steps");
  const bool signs = surely_above(difference(plain, centred, "one_signed"), kMoreSigns);
  Outcome longer = outcome(steps, std::log10(kMoreSteps));
  // Steps that were cut off are a lower bound: too few of the plain one's may hide that it is slower, of the centred one's that it is not.
  const bool both = plain.mean("reached") == 1 && centred.mean("reached") == 1;
  const bool sure =
      both || (longer == Outcome::kMore && centred.mean("reached") == 1) || (longer == Outcome::kLess && plain.mean("reached") == 1);
  if (!sure) longer = Outcome::kOpen;
  return {plain, centred, signs, outcome(turns, kMoreTurns), longer, turns, steps};
}

std::string steps_of(const FoundRow& row) { return (row.mean("reached") < 1 ? "at least " : "") + number_of(row.estimate("steps")); }

std::string turns_text(const Beside& b) {
  switch (b.turns) {
    case Outcome::kMore: return fmt::format("Updates turn round more often than with the centred one ({})", points_of(b.more_turns));
    case Outcome::kLess: return fmt::format("Updates turn round less often than with the centred one ({})", points_of(b.more_turns));
    case Outcome::kWithin: return fmt::format("Updates turn round as often, to within 2 points ({})", points_of(b.more_turns));
    case Outcome::kOpen: break;
  }
  return fmt::format("Whether updates turn round more often is not decided ({})", points_of(b.more_turns));
}

std::string steps_text(Outcome steps) {
  switch (steps) {
    case Outcome::kMore: return "surely over 10 % more";
    case Outcome::kLess: return "surely over 10 % fewer";
    case Outcome::kWithin: return "the same to within 10 %";
    case Outcome::kOpen: break;
  }
  return "not decided";
}

std::string pair_text(const Pair& pair, const Beside& b) {
  return fmt::format(
      "With {} the inputs of a layer have one sign on {:.0f} % of the samples, with {} on {:.0f} %. Over a batch {:.0f} % and {:.0f} % of "
      "the units stay one-signed. {}. The target takes {} steps against {} ({}). ",
      pair.label, 100 * b.plain.mean("one_signed"), pair.centred_label, 100 * b.centred.mean("one_signed"),
      100 * b.plain.mean("one_signed_batch"), 100 * b.centred.mean("one_signed_batch"), turns_text(b), steps_of(b.plain),
      steps_of(b.centred), steps_text(b.steps));
}

/// What of the path can be said for both pairs.
std::string path_text(const Beside& a, const Beside& b) {
  const auto with = [&](Outcome Beside::*what) {
    const bool first = a.*what == Outcome::kMore, second = b.*what == Outcome::kMore;
    return first && second ? "both" : first ? "sigmoid alone" : second ? "relu alone" : "neither";
  };
  return fmt::format("leaves the path open: it turned surely more often with {}, and was surely longer with {}", with(&Beside::turns),
                     with(&Beside::steps));
}

Judgement judge(const Findings& findings) {
  const Beside sigmoid = beside(findings, kPairs[0]), relu = beside(findings, kPairs[1]);
  const auto follows = [](const Beside& b) { return b.signs && b.turns == Outcome::kMore && b.steps == Outcome::kMore; };
  Judgement out;
  out.conclusion = pair_text(kPairs[0], sigmoid) + pair_text(kPairs[1], relu);
  out.conclusion.pop_back();
  if (!sigmoid.signs && !relu.signs) {
    out.verdict = StudyVerdict::kNotFound;
  } else if (follows(sigmoid) && follows(relu)) {
    out.verdict = StudyVerdict::kHolds;
  } else if (sigmoid.signs && relu.signs) {
    out.verdict = StudyVerdict::kHoldsIf;
    out.condition = "one means the gradient of a single sample, and " + path_text(sigmoid, relu);
  } else {
    out.verdict = StudyVerdict::kHoldsIf;
    out.condition = fmt::format("the activation is {}, and one {}", sigmoid.signs ? "sigmoid" : "relu", path_text(sigmoid, relu));
  }
  return out;
}

}  // namespace

Study zigzag_study() {
  Study study;
  study.name = "zigzag";
  study.claim = "Outputs that are not zero-centred force all weight gradients of a unit to one sign, and the path zig-zags.";
  study.method =
      "sigmoid and relu are trained beside the same functions with their mean taken away, which can express the same (the bias of the next "
      "layer makes up for it) and begin with the same weights. Plain gradient descent, each at the rate that needs the fewest steps to the "
      "target loss.";
  study.terms = {
      {"zero-centred", "the outputs of a layer are positive as much as negative; sigmoid's and relu's are never negative"},
      {"one-signed", "all weight gradients of a unit have the same sign, as they must on a sample whose inputs to the layer have"}};
  study.brief = {"spirals", 2000};
  study.whole = {"fashion-mnist", 6000};
  study.expected = {StudyVerdict::kHolds, StudyVerdict::kHoldsIf};
  study.design = design;
  study.judge = judge;
  return study;
}

}  // namespace rectify
