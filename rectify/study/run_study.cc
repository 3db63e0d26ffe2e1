#include "rectify/study/run_study.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>
#include <span>
#include <tuple>
#include <utility>

#include "rectify/base/error.h"
#include "rectify/base/threads.h"
#include "rectify/base/timing.h"
#include "rectify/compare/trial_observer.h"
#include "rectify/record/text.h"
#include "rectify/study/run_measures.h"

namespace rectify {
namespace {

constexpr int kShortSeeds = 3, kFullSeeds = 5;
constexpr double kValidationShare = 1.0 / 6;
constexpr int kTuningSeeds = 2;              // one would take a rate that diverges now and then
constexpr std::uint64_t kTuningSeed = 1001;  // the first of them; the rounds count from 1

/// All settings of a training that change its result.
std::string settings_text(const TrainOptions& t) {
  return fmt::format("{}; {}; epochs {}; batch {}; rate {}; {} clip {}; {}; {}; {}", t.net, t.activation, t.epochs, t.batch,
                     t.learning_rate, t.optimiser.text(), t.optimiser.clip.value_or(0), t.schedule.text(), t.init.text(),
                     t.loss ? t.loss->text() : "");
}

/// A watcher beside the observer that reports progress.
class Both : public Observer {
 public:
  Both(Observer& first, Observer* second) : first_(first), second_(second) {}
  void on_step(std::int64_t done, std::int64_t steps) override {
    first_.on_step(done, steps);
    if (second_ != nullptr) second_->on_step(done, steps);
  }
  void on_update(const ParameterStore& parameters, double loss) override {
    if (second_ != nullptr) second_->on_update(parameters, loss);
  }
  void on_epoch(int epoch, double loss) override {
    first_.on_epoch(epoch, loss);
    if (second_ != nullptr) second_->on_epoch(epoch, loss);
  }

 private:
  Observer& first_;
  Observer* second_;
};

/// How good a rate is: the greater the better.
using RateScore = std::tuple<int, double, double>;

RateScore score_of(std::span<const Measures> trials, const TuningGoal& goal) {
  int succeeded = 0;
  double sum = 0, accuracy = 0;
  for (const Measures& trial : trials) {
    if (trial.at("diverged") > 0) continue;
    accuracy += trial.at("accuracy");
    const auto value = trial.find(goal.measure);
    const bool reached = goal.reached.empty() || (trial.contains(goal.reached) && trial.find(goal.reached)->second > 0);
    if (value != trial.end() && std::isfinite(value->second) && reached) ++succeeded, sum += value->second;
  }
  const double sign = goal.best == TuningGoal::Best::kHighest ? 1 : -1;
  return {succeeded, succeeded > 0 ? sign * sum / succeeded : 0, accuracy};
}

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

}  // namespace

void read_budget(std::string_view text, StudyOptions& options) {
  options.length = text == "short" ? StudyLength::kShort : StudyLength::kFull;
  options.seeds = text == "short" ? kShortSeeds : kFullSeeds;
  if (text == "short" || text == "full") return;
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || !(seconds > 0) || std::isinf(seconds)) {
    fail("study", fmt::format("the budget is \"{}\", wanted short, full or a number of seconds above 0", text));
  }
  options.seconds = seconds;
}

std::string data_name(const Study& study, const StudyOptions& options) {
  if (!options.data.empty()) return options.data;
  return options.length == StudyLength::kShort ? study.brief.name : study.whole.name;
}

StudyRun::StudyRun(const Study& study, const StudyOptions& options, Dataset data) : study_(study), options_(options) {
  if (options.seeds < 2) fail("study", fmt::format("{} seeds, wanted at least 2: one tells nothing of the spread", options.seeds));
  if (data.classes == 0) fail("study", fmt::format("{} has no classes, which the lecture's networks tell apart", data.name));
  if (!options.net.empty() && study.net == NetChoice::kFixed) {
    fail("study", fmt::format("{} has networks of its own: leave out --net {}", study.name, options.net));
  }
  keep_first(data, options.length == StudyLength::kShort ? study.brief.samples : study.whole.samples);
  const auto whole = std::make_shared<const Prepared>(std::move(data));
  design_ = study.design({options.length, whole->data, options.net, options.data.empty()});
  for (std::size_t t = 0; t < design_.size(); ++t) {
    if (!design_[t].data) {
      plan_table(t, whole);
      continue;
    }
    Dataset own = load_dataset(design_[t].data->name);
    keep_first(own, design_[t].data->samples);
    plan_table(t, std::make_shared<const Prepared>(std::move(own)));
  }
  store_ = options.store.empty() ? std::make_unique<TrialStore>() : std::make_unique<TrialStore>(options.store / (study.name + ".jsonl"));
}

void StudyRun::plan_table(std::size_t table, const std::shared_ptr<const Prepared>& whole) {
  data_.push_back({whole, nullptr});
  found_.emplace_back();
  const std::vector<StudyCase>& cases = design_[table].cases;
  for (std::size_t row = 0; row < cases.size(); ++row) {
    const StudyCase& one = cases[row];
    found_.back().push_back({one.labels, {}, std::nullopt, one.remark, nullptr});
    if (!one.remark.empty()) continue;
    if (one.training) check(*one.training, whole->data);
    places_.push_back({table, row});
    if (one.rates.size() < 2) continue;
    first_round_ += kTuningSeeds * static_cast<int>(one.rates.size());
    if (data_.back().tuning) continue;
    Dataset tuning = whole->data;
    hold_out_validation(tuning, kValidationShare, kTuningSeed);
    data_.back().tuning = std::make_shared<const Prepared>(std::move(tuning));
  }
}

std::vector<std::string> StudyRun::trial_names() const {
  std::vector<std::string> names;
  for (const Place& place : places_) {
    if (at(place).rates.size() < 2) continue;
    for (const double rate : at(place).rates) {
      names.insert(names.end(), kTuningSeeds, fmt::format("{} rate {}", fmt::join(at(place).labels, " "), rate));
    }
  }
  for (int seed = 0; seed < options_.seeds; ++seed) {
    for (const Place& place : places_) names.push_back(fmt::format("{}", fmt::join(at(place).labels, " ")));
  }
  return names;
}

std::string StudyRun::key(const Place& place, std::string_view split, const std::optional<TrainOptions>& training,
                          std::uint64_t seed) const {
  const Dataset& data = whole(place).data;
  return fmt::format("{}; {}; {} {}/{} {}; {}; seed {}", study_.name, fmt::join(at(place).labels, " "), data.name, data.train.count,
                     data.test.count, split, training ? settings_text(*training) : "", seed);
}

Measures StudyRun::stored_or(const std::string& key, int trial, ProgressSink& progress, const std::atomic<bool>& stop,
                             const std::function<Measures(Observer&)>& run) {
  TrialObserver observer(trial, progress, mutex_);
  if (auto stored = store_->find(key)) return *stored;
  const Stopwatch watch;
  Measures measures = run(observer);
  measures["trial_seconds"] = watch.seconds();
  if (!stop) store_->add(key, measures);
  return measures;
}

Measures StudyRun::measure(const Place& place, std::uint64_t seed, Observer& observer, const std::atomic<bool>& stop) {
  const StudyCase& one = at(place);
  const auto& [data, standardisation] = whole(place);
  Measures out = one.predicted;
  if (!one.training) {
    one.probe({data, standardisation, seed}, out);
    return out;
  }
  const Model model = describe_network(one.training->net, one.training->activation, task_of(data, *one.training));
  ParameterStore parameters(model);
  const std::unique_ptr<Watcher> watcher = one.watch ? one.watch() : nullptr;
  Both both(observer, watcher.get());
  TrainOptions training = *one.training;
  training.seed = seed;
  const RunRecord run = train(training, data, standardisation, both, stop, &parameters);
  if (run.state == RunState::kInterrupted) return out;
  out.merge(measures_of(run));
  if (watcher) watcher->report(out);
  if (one.probe && run.state == RunState::kFinished) one.probe({data, standardisation, seed, &model, &parameters}, out);
  return out;
}

Measures StudyRun::try_rate(const Place& place, const TrainOptions& training, Observer& observer, const std::atomic<bool>& stop) {
  const Prepared& tuning = *data_[place.table].tuning;
  const std::unique_ptr<Watcher> watcher = at(place).watch ? at(place).watch() : nullptr;
  Both both(observer, watcher.get());
  Measures out = measures_of(train(training, tuning.data, tuning.standardisation, both, stop));
  if (watcher) watcher->report(out);
  return out;
}

void StudyRun::choose_rates(ProgressSink& progress, const std::atomic<bool>& stop) {
  struct Attempt {
    Place place;
    double rate;
    std::array<Measures, kTuningSeeds> found;
  };
  std::vector<Attempt> attempts;
  for (const Place& place : places_) {
    if (at(place).rates.size() < 2) continue;
    for (const double rate : at(place).rates) attempts.push_back({place, rate, {}});
  }
  if (attempts.empty()) return;
  const int threads = options_.threads > 0 ? options_.threads : available_threads();
  run_jobs(kTuningSeeds * static_cast<int>(attempts.size()), threads, [&](int i) {
    if (stop) return;
    Attempt& attempt = attempts[i / kTuningSeeds];
    const int which = i % kTuningSeeds;
    TrainOptions training = *at(attempt.place).training;
    training.learning_rate = attempt.rate;
    training.seed = kTuningSeed + static_cast<std::uint64_t>(which);
    training.recording = Recording::kOff;
    const std::string trial = key(attempt.place, "validation by " + at(attempt.place).goal.measure, training, training.seed);
    attempt.found[which] =
        stored_or(trial, i, progress, stop, [&](Observer& observer) { return try_rate(attempt.place, training, observer, stop); });
    const std::lock_guard lock(mutex_);
    seconds_ += attempt.found[which].at("trial_seconds");
  });
  if (stop) return;
  for (const Place& place : places_) {
    std::optional<RateScore> best;
    for (const Attempt& attempt : attempts) {
      if (attempt.place.table != place.table || attempt.place.row != place.row) continue;
      const RateScore score = score_of(attempt.found, at(place).goal);
      if (best && score <= *best) continue;
      best = score;
      design_[place.table].cases[place.row].training->learning_rate = attempt.rate;
      found_[place.table][place.row].rate = attempt.rate;
    }
  }
}

void StudyRun::measure_alone(std::uint64_t seed, std::vector<Measures>& results, const std::atomic<bool>& stop) {
  run_jobs(static_cast<int>(places_.size()), 1, [&](int i) {
    const StudyCase& one = at(places_[i]);
    if (stop || !one.alone) return;
    const std::string trial = key(places_[i], "alone", one.training, seed);
    if (auto stored = store_->find(trial)) {
      results[i] = std::move(*stored);
      return;
    }
    const Stopwatch watch;
    const auto& [data, standardisation] = whole(places_[i]);
    one.alone({data, standardisation, seed}, results[i]);
    results[i]["trial_seconds"] += watch.seconds();
    store_->add(trial, results[i]);
  });
}

void StudyRun::run_round(int round, ProgressSink& progress, const std::atomic<bool>& stop) {
  std::vector<Measures> results(places_.size());
  const std::uint64_t seed = static_cast<std::uint64_t>(round) + 1;
  run_jobs(static_cast<int>(places_.size()), options_.threads > 0 ? options_.threads : available_threads(), [&](int i) {
    if (stop) return;
    const std::string trial = key(places_[i], "test", at(places_[i]).training, seed);
    const int number = first_round_ + round * static_cast<int>(places_.size()) + i;
    results[i] = stored_or(trial, number, progress, stop, [&](Observer& observer) { return measure(places_[i], seed, observer, stop); });
  });
  measure_alone(seed, results, stop);
  if (stop) return;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    seconds_ += results[i].at("trial_seconds");
    found_[places_[i].table][places_[i].row].seeds.push_back(std::move(results[i]));
  }
}

std::optional<StudyRecord> StudyRun::run(ProgressSink& progress, const std::atomic<bool>& stop) {
  const Stopwatch watch;
  choose_rates(progress, stop);
  int seeds = 0;
  while (seeds < options_.seeds && !stop && (seeds < 2 || !options_.seconds || watch.seconds() < *options_.seconds)) {
    run_round(seeds++, progress, stop);
  }
  if (stop) return std::nullopt;
  return record(Findings(found_), seeds);
}

std::string StudyRun::budget_text(int seeds) const {
  using Case = StudyCase;
  std::vector<std::string> sets;
  for (const TableData& table : data_) {
    const Dataset& data = table.whole->data;
    const std::string set = fmt::format("{}{}, {} training samples", sets.empty() ? "" : "and ", data.name, data.train.count);
    if (sets.empty() || table.whole != data_.front().whole) sets.push_back(set);
  }
  std::string text = fmt::format("{}", fmt::join(sets, " "));
  text += common(design_, "", [](const Case& c) { return c.training->net; });
  text +=
      common(design_, "", [](const Case& c) { return fmt::format("{} epoch{}", c.training->epochs, c.training->epochs > 1 ? "s" : ""); });
  text += common(design_, "batch ", [](const Case& c) { return std::to_string(c.training->batch); });
  text += common(design_, "", [](const Case& c) { return c.training->optimiser.text(); });
  text += common(design_, "rate ", [](const Case& c) {
    return c.rates.size() > 1 ? fmt::format("that of {} with {}", fmt::join(c.rates, ", "), c.goal.words)
                              : fmt::format("{}", c.training->learning_rate);
  });
  text += common(design_, "init ", [](const Case& c) { return c.training->init.text(); });
  return text + fmt::format(", {} seeds", seeds);
}

StudyRecord StudyRun::record(const Findings& findings, int seeds) const {
  StudyRecord out;
  out.name = study_.name;
  out.claim = study_.claim;
  out.method = study_.method;
  out.budget = budget_text(seeds);
  out.terms = study_.terms;
  out.seeds = seeds;
  out.seconds = seconds_;
  for (std::size_t t = 0; t < design_.size(); ++t) {
    StudyTable table{design_[t].title, design_[t].label_heads, {}, {}};
    for (const DesignColumn& column : design_[t].columns) table.columns.push_back(column.column);
    for (const FoundRow& found : findings.table(t)) {
      StudyRow row;
      row.labels = found.labels;
      row.remark = found.remark;
      if (found.rate) row.learning_rate = *found.rate;
      for (const DesignColumn& column : design_[t].columns) row.cells.push_back(estimate(found.values(column.measure)));
      table.rows.push_back(std::move(row));
    }
    out.tables.push_back(std::move(table));
  }
  Judgement judgement = study_.judge(findings);
  if (!findings.missing().empty()) {
    judgement = {StudyVerdict::kNotMeasured, "", fmt::format("There is no number for {}.", fmt::join(findings.missing(), ", "))};
  }
  out.verdict = judgement.verdict;
  out.condition = judgement.condition;
  out.conclusion = judgement.conclusion;
  return out;
}

}  // namespace rectify
