// Outputs that are not centred, and the path that training takes.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "rectify/base/error.h"
#include "rectify/nn/presets.h"
#include "rectify/record/text.h"
#include "rectify/study/blocks.h"
#include "rectify/study/loss_target.h"

namespace rectify {
namespace {

constexpr double kBriefTarget = 0.3, kTarget = 0.25;  // of the loss that guessing has
constexpr double kMoreSigns = 0.3;                    // a share
constexpr double kMoreSteps = 1.1;                    // times
constexpr double kSharedRates[] = {0.1, 0.3};         // at which turns are compared
constexpr int kSharedSteps = 400;

/// A function and the same with its mean under a standard normal input taken away.
struct Pair {
  const char *label, *spec, *centred_label, *centred_spec, *init;
};
// Both of a pair begin with the same weights, those that keep the gradient: the slope is the same.
constexpr Pair kPairs[] = {
    {"sigmoid", "sigmoid", "sigmoid - 0.5", "centred_sigmoid = sigmoid(x) - 0.5", "lecun,gain=4.7226"},
    {"relu", "relu", "relu - 0.399", "centred_relu = relu(x) - 0.39894228", "lecun,gain=1.41421356"},
};

/// Counts the steps until the loss is low, and how often until then a weight that an activation feeds turns round from one step to the
/// next.
class PathWatcher : public Watcher {
 public:
  explicit PathWatcher(double target) : target_(target) {}

  void on_update(const ParameterStore& parameters, double loss) override {
    if (target_.reached()) return;
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
    bool reads_data = true;  // as the first weights do
    for (const ParameterSlot& slot : parameters.slots()) {
      if (slot.kind != ParameterKind::kWeight || std::exchange(reads_data, false)) continue;
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

/// Of a row that is trained without noise at a rate that all share.
std::vector<std::string> shared_labels(const char* label, double rate) { return {label, fmt::format("{}", rate)}; }

StudyDesign design(const StudyScope& scope) {
  const double share = scope.choose(kBriefTarget, kTarget), target = share * std::log(scope.data.classes);
  const DesignColumn steps{
      "steps",
      {"steps", StudyUnit::kNumber,
       fmt::format("until the loss is {} (mean of 20 batches), {:.0f} % of what guessing has", short_text(target), 100 * share)}};
  const DesignColumn reached{"reached", {"reached", StudyUnit::kCount, "trainings that came there; the others count with all their steps"}};
  const DesignColumn turns{"turns",
                           {"turns %", StudyUnit::kShare,
                            "until then: updates that go the other way than the weight's last one, of weights that an activation feeds"}};
  DesignTable best;
  best.title = "each at its best rate";
  best.label_heads = {"activation"};
  best.columns = {{"one_signed",
                   {"sample one sign %", StudyUnit::kShare,
                    "samples on which all inputs of a layer have one sign, mean over the hidden layers that an activation feeds"}},
                  {"one_signed_batch", {"batch one sign %", StudyUnit::kShare, "units whose weight gradients over a batch have one sign"}},
                  steps,
                  reached,
                  turns};
  DesignTable shared;
  shared.title = "the whole training split as one batch, and all at the same rates, as the turns depend on them";
  shared.label_heads = {"activation", "rate"};
  shared.columns = {steps, reached, turns};
  const std::string net = checked_net(scope);
  for (const Pair& pair : kPairs) {
    for (const auto& [label, spec] : {std::pair{pair.label, pair.spec}, {pair.centred_label, pair.centred_spec}}) {
      StudyCase one;
      one.labels = {label};
      one.training = study_training(net, spec, scope.choose(12, 8), kSharedRates[0]);
      one.training->optimiser.momentum = 0;  // the path of the gradient itself
      one.training->schedule = Schedule::parse("constant");
      one.training->init = Initialisation::parse(pair.init);
      one.watch = [target] { return std::make_unique<PathWatcher>(target); };
      for (const double rate : kSharedRates) {
        shared.cases.push_back(one);
        shared.cases.back().labels = shared_labels(label, rate);
        shared.cases.back().training->batch = scope.data.train.count;
        shared.cases.back().training->epochs = kSharedSteps;
        shared.cases.back().training->learning_rate = rate;
      }
      one.rates = scope.choose<std::vector<double>>({0.1, 0.3, 1}, {0.01, 0.03, 0.1, 0.3, 1});
      one.goal = {"log_steps", TuningGoal::Best::kLowest, "reached", "the fewest steps to the target loss"};
      best.cases.push_back(std::move(one));
    }
  }
  return {best, shared};
}

/// How often the updates of both turn round at one rate.
struct Turns {
  double rate;
  Estimate plain, centred, more;  ///< the last is their difference
  std::string plain_steps, centred_steps;

  bool more_often() const { return surely_above(more, 0); }
  bool less_often() const { return surely_below(more, 0); }
};

/// What a function does beside the same one centred.
struct Beside {
  const FoundRow &plain, &centred;
  bool signs;
  std::vector<Turns> turns;
  Outcome steps;  ///< at each one's best rate

  bool turns_more() const {
    return std::all_of(turns.begin(), turns.end(), [](const Turns& t) { return t.more_often(); });
  }
};

std::string steps_of(const FoundRow& row) { return (row.mean("reached") < 1 ? "at least " : "") + number_of(row.estimate("steps")); }

std::vector<Turns> turns_of(const Findings& findings, const Pair& pair) {
  std::vector<Turns> all;
  for (const double rate : kSharedRates) {
    const FoundRow &plain = findings.row(shared_labels(pair.label, rate)), &centred = findings.row(shared_labels(pair.centred_label, rate));
    all.push_back({rate, plain.estimate("turns"), centred.estimate("turns"), difference(plain, centred, "turns"), steps_of(plain),
                   steps_of(centred)});
  }
  return all;
}

Beside beside(const Findings& findings, const Pair& pair) {
  const FoundRow &plain = findings.row({pair.label}), &centred = findings.row({pair.centred_label});
  const bool signs = surely_above(difference(plain, centred, "one_signed"), kMoreSigns);
  Outcome longer = outcome(difference(plain, centred, "log_steps"), std::log10(kMoreSteps));
  // Steps that were cut off are a lower bound: too few of the plain one's may hide that it is slower, of the centred one's that it is not.
  const bool both = plain.mean("reached") == 1 && centred.mean("reached") == 1;
  const bool sure =
      both || (longer == Outcome::kMore && centred.mean("reached") == 1) || (longer == Outcome::kLess && plain.mean("reached") == 1);
  if (!sure) longer = Outcome::kOpen;
  return {plain, centred, signs, turns_of(findings, pair), longer};
}

/// "at the rate 0.1, 0.5 % of its updates turn round, in 222 +- 26 steps, against 19.8 +- 14.7 % of the centred one's in 113 +- 19 (surely
/// less often)".
std::string turns_text(const Turns& turns) {
  const char* how = turns.more_often() ? "surely more often" : turns.less_often() ? "surely less often" : "not decided";
  return fmt::format("at the rate {}, {} of its updates turn round, in {} steps, against {} of the centred one's in {} ({})", turns.rate,
                     percent_of(turns.plain), turns.plain_steps, percent_of(turns.centred), turns.centred_steps, how);
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
  std::vector<std::string> turns;
  for (const Turns& one : b.turns) turns.push_back(turns_text(one));
  return fmt::format(
      "With {} the inputs of a layer have one sign on {:.0f} % of the samples, with {} on {:.0f} %. Over a batch {:.0f} % and {:.0f} % of "
      "the units stay one-signed. Without noise, {}. In batches, each at its best rate, the target takes {} steps against {} ({}). ",
      pair.label, 100 * b.plain.mean("one_signed"), pair.centred_label, 100 * b.centred.mean("one_signed"),
      100 * b.plain.mean("one_signed_batch"), 100 * b.centred.mean("one_signed_batch"), fmt::join(turns, "; "), steps_of(b.plain),
      steps_of(b.centred), steps_text(b.steps));
}

/// "its updates surely turned round more often in 1 of 4 comparisons and surely less often in 3, and it surely needed more steps with
/// sigmoid alone": what follows of the path.
std::string path_text(const Beside& sigmoid, const Beside& relu) {
  int more = 0, less = 0, all = 0;
  for (const Beside* b : {&sigmoid, &relu}) {
    for (const Turns& one : b->turns) ++all, more += one.more_often(), less += one.less_often();
  }
  const bool first = sigmoid.steps == Outcome::kMore, second = relu.steps == Outcome::kMore;
  const char* who = first && second ? "with both" : first ? "with sigmoid alone" : second ? "with relu alone" : "with neither";
  return fmt::format(
      "beside the centred functions, updates surely turned round more often in {} of {} comparisons and surely less often in "
      "{}, and surely more steps were needed {}",
      more, all, less, who);
}

Judgement judge(const Findings& findings) {
  const Beside sigmoid = beside(findings, kPairs[0]), relu = beside(findings, kPairs[1]);
  const auto follows = [](const Beside& b) { return b.signs && b.turns_more() && b.steps == Outcome::kMore; };
  Judgement out;
  out.conclusion = pair_text(kPairs[0], sigmoid) + pair_text(kPairs[1], relu);
  out.conclusion.pop_back();
  if (!sigmoid.signs && !relu.signs) {
    out.verdict = StudyVerdict::kNotFound;
  } else if (follows(sigmoid) && follows(relu)) {
    out.verdict = StudyVerdict::kHolds;
  } else {
    out.verdict = StudyVerdict::kHoldsIf;
    const std::string alone =
        sigmoid.signs && relu.signs ? "" : fmt::format("the activation is {}, and ", sigmoid.signs ? "sigmoid" : "relu");
    out.condition = fmt::format("{}one means the gradient of a single sample: {}", alone, path_text(sigmoid, relu));
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
      "layer makes up for it) and begin with the same weights. Plain gradient descent: each at the rate that needs the fewest steps to the "
      "target loss, in batches, and all at two rates with all samples in one batch, where it is counted how often updates turn round on "
      "the way there. In batches updates turn round without any zig-zag, as each batch is another: no sentence is taken from those.";
  study.terms = {
      {"zero-centred", "the outputs of a layer have mean 0; sigmoid's and relu's are never negative"},
      {"one-signed", "all weight gradients of a unit have the same sign, as they must on a sample whose inputs to the layer have"}};
  study.brief = {"spirals", 2000};
  study.whole = {"fashion-mnist", 6000};
  study.expected = {StudyVerdict::kHolds, StudyVerdict::kHoldsIf};
  study.design = design;
  study.judge = judge;
  return study;
}

}  // namespace rectify
