// Large learning rates and dead units.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "rectify/data/batches.h"
#include "rectify/study/blocks.h"
#include "rectify/study/probe_network.h"
#include "rectify/theory/dead_units.h"

namespace rectify {
namespace {

constexpr double kBias = 0.1;
constexpr double kBack = 0.1;  // a share of the dead units; more that come back are not dead for good
constexpr int kDepth = 4;
constexpr std::int64_t kSamples = 2048;

/// An optimiser and the rates that it is tried with, from usual to large.
struct TriedOptimiser {
  const char* name;
  std::vector<double> rates;
};

const std::vector<TriedOptimiser>& optimisers() {
  static const std::vector<TriedOptimiser> kOptimisers{{"sgd", {0.01, 0.1, 0.3}}, {"adam", {0.001, 0.01, 0.1}}};
  return kOptimisers;
}

std::vector<std::string> labels_of(const char* optimiser, double rate, double bias) {
  return {fmt::format("{} {}", optimiser, rate), fmt::format("{}", bias)};
}

/// Looks for dead units after each epoch.
class DeathWatcher : public Watcher {
 public:
  DeathWatcher(const TrainOptions& training, const Dataset& data) : probe_(training, data, kSamples), epochs_(training.epochs) {}

  void on_update(const ParameterStore& parameters, double) override { latest_ = &parameters; }

  void on_epoch(int epoch, double) override {
    now_ = probe_.dead_units(*latest_);
    ever_.resize(now_.size());
    for (std::size_t i = 0; i < now_.size(); ++i) ever_[i] = ever_[i] || now_[i];
    finished_ = epoch == epochs_;
  }

  void report(Measures& out) const override {
    if (!finished_ || ever_.empty()) return;
    double ever = 0, back = 0;
    for (std::size_t i = 0; i < ever_.size(); ++i) ever += ever_[i], back += ever_[i] && !now_[i];
    out["found_dead"] = ever / static_cast<double>(ever_.size());
    if (ever > 0) out["back"] = back / ever;
  }

 private:
  ProbeNetwork probe_;
  int epochs_;
  const ParameterStore* latest_ = nullptr;  // of the training, which outlives its epochs
  std::vector<bool> now_, ever_;
  bool finished_ = false;
};

std::vector<DesignColumn> columns() {
  return {dead_start_column(),
          {"predicted_dead", {"theory %", StudyUnit::kShare, "the same as wide random layers have it"}},
          dead_end_column(),
          {"killed", {"killed %", StudyUnit::kShare, "units alive before training and dead after it"}},
          {"found_dead", {"ever %", StudyUnit::kShare, "units found dead after any of the epochs"}},
          {"back", {"back %", StudyUnit::kShare, "of these, units that are alive at the end"}},
          diverged_column_beside_dead(),
          accuracy_column()};
}

StudyDesign design(const StudyScope& scope) {
  DesignTable table;
  table.label_heads = {"rate", "first bias"};
  table.columns = columns();
  const std::string net = scope.net.empty() ? stack_net(scope.data, kDepth, scope.choose(32, 64)) : scope.net;
  const double correlation = off_centre(scope.data.train, Standardisation(scope.data));
  std::map<double, double> predicted;  // by bias
  for (const double bias : {0.0, kBias}) {
    predicted[bias] = predicted_dead_share({kDepth, bias, correlation, std::min(kSamples, scope.data.train.count)});
  }
  for (const TriedOptimiser& optimiser : optimisers()) {
    for (const double rate : optimiser.rates) {
      for (const double bias : {0.0, kBias}) {
        StudyCase one;
        one.labels = labels_of(optimiser.name, rate, bias);
        one.training = study_training(net, "relu", scope.choose(6, 8), rate);
        one.training->optimiser = OptimiserOptions::parse(optimiser.name);
        one.training->init.bias = bias;
        one.watch = [&data = scope.data, training = *one.training] { return std::make_unique<DeathWatcher>(training, data); };
        if (scope.net.empty()) one.predicted["predicted_dead"] = predicted[bias];
        table.cases.push_back(std::move(one));
      }
    }
  }
  return {table};
}

/// What is found with one optimiser and no bias.
struct Deaths {
  const char* optimiser;
  const FoundRow* low = nullptr;         ///< its usual rate
  std::vector<const FoundRow*> counted;  ///< all rates at which any training could be counted, from usual to large
  std::vector<std::string> diverged;     ///< settings at which all trainings diverged

  bool comparable() const { return counted.size() > 1 && counted.front() == low; }
  /// The larger rates at which surely more units are killed than at the usual one, from large to usual.
  std::vector<const FoundRow*> killers() const {
    std::vector<const FoundRow*> out;
    if (!comparable()) return out;
    for (std::size_t i = counted.size() - 1; i > 0; --i) {
      if (surely_above(difference(*counted[i], *low, "killed"), 0)) out.push_back(counted[i]);
    }
    return out;
  }
};

Deaths deaths_with(const Findings& findings, const TriedOptimiser& optimiser) {
  Deaths out;
  out.optimiser = optimiser.name;
  out.low = &findings.row(labels_of(optimiser.name, optimiser.rates.front(), 0));
  for (const double rate : optimiser.rates) {
    const FoundRow& row = findings.row(labels_of(optimiser.name, rate, 0));
    if (!row.has("killed")) {
      out.diverged.push_back(row.labels[0]);
    } else if (&row == out.low || !out.low->has("killed") || difference(row, *out.low, "killed").count > 0) {
      out.counted.push_back(&row);
    }
  }
  return out;
}

/// "1.0 +- 0.7 % with sgd 0.01 and 21.7 +- 15.4 % with sgd 0.1", of all rates that have the measure.
std::string by_rate(const Deaths& deaths, const char* measure) {
  std::vector<std::string> parts;
  for (const FoundRow* row : deaths.counted) {
    if (row->has(measure)) parts.push_back(fmt::format("{} with {}", percent_of(row->estimate(measure)), row->labels[0]));
  }
  return listed(parts);
}

std::string text_of(const Deaths& deaths) {
  std::string text;
  if (!deaths.counted.empty()) {
    text = fmt::format("Of the units training killed {}", by_rate(deaths, "killed"));
    if (deaths.comparable()) {
      std::vector<std::string> more;
      for (const FoundRow* row : deaths.killers()) more.push_back(row->labels[0]);
      text += more.empty() ? ": whether larger rates killed more is not decided"
                           : fmt::format(": surely more with {} than with {}", listed(more), deaths.low->labels[0]);
    }
    text += ". ";
  }
  if (const std::string back = by_rate(deaths, "back"); !back.empty()) {
    text += fmt::format("Of those once found dead after an epoch, {} were alive again at the end. ", back);
  }
  if (deaths.diverged.empty()) return text;
  return text + fmt::format("With {} all trainings diverged, so that there are no units to count. ", listed(deaths.diverged));
}

/// What a first bias does, over all rates at which there is something to compare.
struct BiasEffect {
  std::vector<std::string> helps, harms;
  int settings = 0;
};

BiasEffect effect_of_bias(const Findings& findings) {
  BiasEffect out;
  for (const TriedOptimiser& optimiser : optimisers()) {
    for (const double rate : optimiser.rates) {
      const FoundRow &plain = findings.row(labels_of(optimiser.name, rate, 0)),
                     &biased = findings.row(labels_of(optimiser.name, rate, kBias));
      if (!plain.has("dead_end") || !biased.has("dead_end")) continue;
      const Estimate change = difference(biased, plain, "dead_end");
      ++out.settings;
      if (surely_below(change, 0)) out.helps.push_back(plain.labels[0]);
      if (surely_above(change, 0)) out.harms.push_back(plain.labels[0]);
    }
  }
  return out;
}

std::string count_text(const std::vector<std::string>& settings) {
  return settings.empty() ? "none" : fmt::format("{} ({})", settings.size(), listed(settings));
}

std::string bias_condition(const BiasEffect& bias) {
  if (bias.helps.empty() && bias.harms.empty()) return "the bias is left out, which surely helped with none of the rates";
  if (bias.helps.empty())
    return fmt::format("the bias is left out, which helped with none of the rates and surely harmed with {}", listed(bias.harms));
  if (bias.harms.empty()) return "";
  return fmt::format("the bias is taken for no cure, which surely helped with {} and surely harmed with {}", listed(bias.helps),
                     listed(bias.harms));
}

/// Of which large rates "for good" may be said; "" where of all.
std::string for_good_condition(const std::vector<const FoundRow*>& killers) {
  std::vector<std::string> good, back, open;
  for (const FoundRow* row : killers) {
    const Outcome found = !row->has("back")                            ? Outcome::kOpen
                          : surely_below(row->estimate("back"), kBack) ? Outcome::kLess
                          : surely_above(row->estimate("back"), kBack) ? Outcome::kMore
                                                                       : Outcome::kOpen;
    const bool learned = !row->has("learned") || row->mean("learned") > 0;
    if (found == Outcome::kLess) good.push_back(row->labels[0] + (learned ? "" : " (where no training learned well)"));
    if (found == Outcome::kOpen) open.push_back(row->labels[0]);
    if (found == Outcome::kMore) back.push_back(fmt::format("{} ({} came back)", row->labels[0], percent_of(row->estimate("back"))));
  }
  if (back.empty() && open.empty()) return "";
  std::vector<std::string> not_said = back;
  if (!open.empty()) not_said.push_back(fmt::format("{}, where it is not decided", listed(open)));
  if (good.empty()) return fmt::format("\"for good\" is left out with {}", listed(not_said));
  return fmt::format("\"for good\" is said of {}, and not of {}", listed(good), listed(not_said));
}

std::string condition_of(const std::vector<Deaths>& all, const BiasEffect& bias) {
  std::vector<std::string> parts;
  std::vector<const FoundRow*> killers;
  for (const Deaths& deaths : all) {
    const std::vector<const FoundRow*> found = deaths.killers();
    killers.insert(killers.end(), found.begin(), found.end());
    if (!found.empty()) continue;
    parts.push_back(fmt::format(
        "{} is left out, {}", deaths.optimiser,
        deaths.comparable() ? "with which large rates did not surely kill more" : "whose trainings with large rates all diverged"));
  }
  for (const std::string& part : {for_good_condition(killers), bias_condition(bias)}) {
    if (!part.empty()) parts.push_back(part);
  }
  return fmt::format("{}", fmt::join(parts, ", and "));
}

/// What theory expects a bias to do before training; "" where it has no number.
std::string theory_text(const Findings& findings) {
  const TriedOptimiser& first = optimisers().front();
  const FoundRow &plain = findings.row(labels_of(first.name, first.rates.front(), 0)),
                 &biased = findings.row(labels_of(first.name, first.rates.front(), kBias));
  if (!plain.has("predicted_dead") || !biased.has("predicted_dead")) return "";
  return fmt::format(
      " Theory expects {:.1f} % dead before training without the bias and {:.1f} % with it, as a bias that all units share makes "
      "samples more alike from layer to layer.",
      100 * plain.mean("predicted_dead"), 100 * biased.mean("predicted_dead"));
}

Judgement judge(const Findings& findings) {
  Judgement out;
  std::vector<Deaths> all;
  bool kills = false;
  for (const TriedOptimiser& optimiser : optimisers()) {
    all.push_back(deaths_with(findings, optimiser));
    kills |= !all.back().killers().empty();
    out.conclusion += text_of(all.back());
  }
  const BiasEffect bias = effect_of_bias(findings);
  out.conclusion += fmt::format("Of {} settings, a first bias of {} leaves surely fewer dead units at the end in {} and surely more in {}.",
                                bias.settings, kBias, count_text(bias.helps), count_text(bias.harms)) +
                    theory_text(findings);
  if (!kills) {
    out.verdict = StudyVerdict::kNotFound;
    return out;
  }
  out.condition = condition_of(all, bias);
  out.verdict = out.condition.empty() ? StudyVerdict::kHolds : StudyVerdict::kHoldsIf;
  return out;
}

}  // namespace

Study dying_relu_study() {
  Study study;
  study.name = "dying-relu";
  study.claim = "Large learning rates kill ReLU units for good; a small positive bias helps.";
  study.method = fmt::format(
      "relu networks are trained with rates from usual to large, with two optimisers and with the hidden biases beginning at 0 and at {}. "
      "Dead units are looked for before training and after every epoch, over {} samples where there are so many. For good means that fewer "
      "than {:.0f} % of those found dead are alive at the end.",
      kBias, kSamples, 100 * kBack);
  study.terms = {dead_term(),
                 {"dead units in theory",
                  "how many units of wide random layers are off for all of the samples, which are alike, and more so from layer to layer; "
                  "narrow layers and data of few inputs have more"}};
  study.brief = {"spirals", 2000};
  study.whole = {"fashion-mnist", 6000};
  study.expected = {StudyVerdict::kHolds, StudyVerdict::kHoldsIf};
  study.design = design;
  study.judge = judge;
  return study;
}

}  // namespace rectify
