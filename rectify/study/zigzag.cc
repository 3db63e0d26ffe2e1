// Outputs that are not centred, and the path that training takes.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "rectify/record/text.h"
#include "rectify/study/blocks.h"
#include "rectify/study/loss_target.h"

namespace rectify {
namespace {

constexpr double kTarget = 0.5;  // of the loss that guessing has

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
    out["steps"] = static_cast<double>(target_.steps());
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

StudyDesign design(const StudyScope& scope) {
  DesignTable table;
  table.label_heads = {"activation"};
  table.columns = {
      {"one_signed",
       {"sample one sign %", StudyUnit::kShare,
        "samples on which all inputs of a layer have one sign, mean over the hidden layers, of which the first reads the data"}},
      {"one_signed_batch", {"batch one sign %", StudyUnit::kShare, "units whose weight gradients over a batch have one sign"}},
      {"turns", {"turns %", StudyUnit::kShare, "weights whose update goes the other way than in the step before"}},
      {"steps", {"steps", StudyUnit::kNumber, "until the loss is half of what guessing has (mean of 20 batches)"}},
      {"reached", {"reached %", StudyUnit::kShare, "trainings that came there; the others count with all their steps"}}};
  const std::string net = scope.net.empty() ? stack_net(scope.data, 3, 32) : scope.net;
  const double target = kTarget * std::log(scope.data.classes);
  const auto add = [&](const char* label, const char* spec, const char* init) {
    StudyCase one;
    one.labels = {label};
    one.training = study_training(net, spec, scope.choose(8, 8), 0.03);
    one.training->optimiser.momentum = 0;  // the path of the gradient itself
    one.training->schedule = Schedule::parse("constant");
    one.training->init = Initialisation::parse(init);
    one.rates = scope.choose<std::vector<double>>({0.01, 0.1, 0.3}, {0.01, 0.03, 0.1, 0.3});
    one.watch = [target] { return std::make_unique<PathWatcher>(target); };
    table.cases.push_back(std::move(one));
  };
  for (const Pair& pair : kPairs) {
    add(pair.label, pair.spec, pair.init);
    add(pair.centred_label, pair.centred_spec, pair.init);
  }
  return {table};
}

Judgement judge(const Findings& findings) {
  bool signs = true, turns = true, slower = true, faster = true;
  Judgement out;
  for (const Pair& pair : kPairs) {
    const FoundRow &plain = findings.row({pair.label}), &centred = findings.row({pair.centred_label});
    const Estimate more_turns = difference(plain, centred, "turns"), more_steps = difference(plain, centred, "steps");
    signs &= surely_above(difference(plain, centred, "one_signed"), 0.3);
    turns &= surely_above(more_turns, 0);
    slower &= surely_above(more_steps, 0);
    faster &= !surely_above(more_steps, 0);
    out.conclusion += fmt::format(
        "With {} the inputs of a layer have one sign on {:.0f} % of the samples, with {} on {:.0f} %; over a batch {:.0f} % and {:.0f} % "
        "of the units stay one-signed. Updates turn round {}, and it takes {} steps against {}. ",
        pair.label, 100 * plain.mean("one_signed"), pair.centred_label, 100 * centred.mean("one_signed"),
        100 * plain.mean("one_signed_batch"), 100 * centred.mean("one_signed_batch"),
        surely_above(more_turns, 0)   ? fmt::format("more often ({})", points_of(more_turns))
        : surely_below(more_turns, 0) ? fmt::format("less often ({})", points_of(more_turns))
                                      : fmt::format("as often ({})", points_of(more_turns)),
        number_of(plain.estimate("steps")), number_of(centred.estimate("steps")));
  }
  if (!signs) {
    out.verdict = StudyVerdict::kNotFound;
  } else if (turns && slower) {
    out.verdict = StudyVerdict::kHolds;
  } else {
    out.verdict = StudyVerdict::kHoldsIf;
    out.condition = "one means the gradient of a single sample; over a batch the signs mix, and ";
    out.condition += slower   ? "centring saved steps, but not by fewer turns in both cases"
                     : faster ? "centring saved no steps here"
                              : "centring saved steps for one of the two only";
  }
  out.conclusion.pop_back();
  return out;
}

}  // namespace

Study zigzag_study() {
  Study study;
  study.name = "zigzag";
  study.claim = "Outputs that are not zero-centred force all weight gradients of a unit to one sign, and the path zig-zags.";
  study.method =
      "sigmoid and relu are trained beside the same functions with their mean taken away, which can express the same (the bias of the next "
      "layer makes up for it) and begin with the same weights. Plain gradient descent, each at its best rate.";
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
