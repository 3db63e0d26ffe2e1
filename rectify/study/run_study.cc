#include "rectify/study/run_study.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include "rectify/base/error.h"
#include "rectify/base/threads.h"
#include "rectify/base/timing.h"
#include "rectify/compare/trial_observer.h"
#include "rectify/record/text.h"
#include "rectify/study/blocks.h"
#include "rectify/study/budget_text.h"
#include "rectify/study/rate_choice.h"
#include "rectify/study/run_measures.h"
#include "rectify/study/trial_watch.h"

namespace rectify {
namespace {

constexpr int kAloneTurns = 10;
constexpr int kShortSeeds = 3, kFullSeeds = 5;
constexpr double kValidationShare = 1.0 / 6;
constexpr int kTuningSeeds = 2;              // one would take a rate that diverges now and then
constexpr std::uint64_t kTuningSeed = 1001;  // the first of them; the rounds count from 1

/// All settings of a training that change its result; of the network not its name, as a file may change under it.
std::string settings_text(const TrainOptions& t, const Model& model) {
  return fmt::format("net #{}; {}; epochs {}; batch {}; rate {}; {} clip {}; {}; {}; {}", digest(model), t.activation, t.epochs, t.batch,
                     t.learning_rate, t.optimiser.text(), t.optimiser.clip.value_or(0), t.schedule.text(), t.init.text(),
                     t.loss ? t.loss->text() : "");
}

/// Whether a model has a layer that an activation follows.
bool has_hidden_layer(const Model& model) {
  return std::any_of(model.nodes.begin(), model.nodes.end(), [](const Node& node) {
    return node.kind == NodeKind::kActivation || node.kind == NodeKind::kMaxout || node.kind == NodeKind::kGated;
  });
}

Model model_of(const TrainOptions& training, const Dataset& data) {
  return describe_network(training.net, training.activation, task_of(data, training));
}

/// Most measures are of hidden layers: without one there is nothing to judge by.
void check_net(const std::string& net, const Dataset& data) {
  TrainOptions training;
  training.net = net;
  if (has_hidden_layer(model_of(training, data))) return;
  fail("study",
       fmt::format("the network {} has no hidden layer, and so no activation to study: wanted one as in {}", net, stack_net(data, 1, 32)));
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
  if (!options.net.empty()) check_net(options.net, data);
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
  return fmt::format("{}; {}; {}+{} samples #{} {}; {}; seed {}", study_.name, fmt::join(at(place).labels, " "), data.train.count,
                     data.test.count, whole(place).digest, split, training ? settings_text(*training, model_of(*training, data)) : "",
                     seed);
}

Measures StudyRun::stored_or(const std::string& key, int trial, ProgressSink& progress, const std::atomic<bool>& stop,
                             const std::function<Measures(Observer&)>& run) {
  TrialObserver observer(trial, progress, mutex_);
  ++trials_;
  if (auto stored = store_->find(key)) {
    ++stored_;
    return *stored;
  }
  const ThreadTime time;
  Measures measures = run(observer);
  measures["trial_seconds"] = time.seconds();
  if (!stop) store_->add(key, measures);
  return measures;
}

Measures StudyRun::measure(const Place& place, std::uint64_t seed, Observer& observer, const std::atomic<bool>& stop) {
  const StudyCase& one = at(place);
  const Dataset& data = whole(place).data;
  const Standardisation& standardisation = whole(place).standardisation;
  Measures out = one.predicted;
  if (!one.training) {
    one.probe({data, standardisation, seed}, out);
    return out;
  }
  const Model model = model_of(*one.training, data);
  ParameterStore parameters(model);
  if (one.before) one.before({data, standardisation, seed, &model}, out);
  const std::unique_ptr<Watcher> watcher = one.watch ? one.watch() : nullptr;
  TrialWatch looking(observer, watcher.get());
  TrainOptions training = *one.training;
  training.seed = seed;
  const RunRecord run = train(training, data, standardisation, looking, stop, &parameters);
  if (run.state == RunState::kInterrupted) return out;
  out.merge(measures_of(run));
  const double batches = std::ceil(static_cast<double>(data.train.count) / static_cast<double>(training.batch));
  if (looking.seconds_per_step() > 0) out["seconds"] = looking.seconds_per_step() * batches;
  if (watcher) watcher->report(out);
  if (one.probe && run.state == RunState::kFinished) one.probe({data, standardisation, seed, &model, &parameters, watcher.get()}, out);
  return out;
}

Measures StudyRun::try_rate(const Place& place, const TrainOptions& training, Observer& observer, const std::atomic<bool>& stop) {
  const Prepared& tuning = *data_[place.table].tuning;
  const std::unique_ptr<Watcher> watcher = at(place).watch ? at(place).watch() : nullptr;
  TrialWatch looking(observer, watcher.get());
  Measures out = measures_of(train(training, tuning.data, tuning.standardisation, looking, stop));
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
  run_jobs(kTuningSeeds * static_cast<int>(attempts.size()), threads(), [&](int i) {
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
    bool taught = false;  // else no rate is better than another, and none lies at an edge
    FoundRow& row = found_[place.table][place.row];
    for (const Attempt& attempt : attempts) {
      if (attempt.place.table != place.table || attempt.place.row != place.row) continue;
      for (const Measures& one : attempt.found) taught |= one.at("learned") > 0;
      const RateScore score = score_of(attempt.found, at(place).goal);
      if (best && score <= *best) continue;
      best = score;
      design_[place.table].cases[place.row].training->learning_rate = attempt.rate;
      row.rate = attempt.rate;
      row.edge = edge_of(attempt.rate, at(place).rates);
    }
    if (!taught) row.edge = RateEdge::kNone;
  }
}

std::string StudyRun::alone_key(const Place& place, std::uint64_t seed) const { return key(place, "alone", at(place).training, seed); }

void StudyRun::measure_alone(std::uint64_t seed, std::vector<Measures>& results, const std::atomic<bool>& stop) {
  std::vector<std::size_t> left;
  for (std::size_t i = 0; i < places_.size(); ++i) {
    if (!at(places_[i]).alone) continue;
    if (auto stored = store_->find(alone_key(places_[i], seed))) {
      results[i] = std::move(*stored);
    } else {
      left.push_back(i);
    }
  }
  run_jobs(kAloneTurns * static_cast<int>(left.size()), 1, [&](int turn) {
    if (stop) return;
    const std::size_t i = left[static_cast<std::size_t>(turn) % left.size()];
    const ThreadTime time;
    const Prepared& all = whole(places_[i]);
    at(places_[i]).alone({all.data, all.standardisation, seed}, results[i]);
    results[i]["trial_seconds"] += time.seconds();
  });
  if (stop) return;
  for (const std::size_t i : left) store_->add(alone_key(places_[i], seed), results[i]);
}

void StudyRun::run_round(int round, ProgressSink& progress, const std::atomic<bool>& stop) {
  std::vector<Measures> results(places_.size());
  const std::uint64_t seed = static_cast<std::uint64_t>(round) + 1;
  run_jobs(static_cast<int>(places_.size()), threads(), [&](int i) {
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
  StudyRecord out = record(Findings(found_), seeds);
  out.elapsed = watch.seconds();
  return out;
}

std::vector<std::string> StudyRun::set_names() const {
  std::vector<std::string> sets;
  for (const TableData& table : data_) {
    if (!sets.empty() && table.whole == data_.front().whole) continue;
    sets.push_back(fmt::format("{}, {} training and {} test samples", table.whole->data.name, table.whole->data.train.count,
                               table.whole->data.test.count));
  }
  return sets;
}

StudyRecord StudyRun::record(const Findings& findings, int seeds) const {
  StudyRecord out;
  out.name = study_.name;
  out.claim = study_.claim;
  out.method = study_.method;
  out.budget = budget_text(set_names(), design_, seeds);
  out.terms = study_.terms;
  out.seeds = seeds;
  out.seconds = seconds_;
  out.threads = threads();
  out.trials = trials_;
  out.stored = stored_;
  for (std::size_t t = 0; t < design_.size(); ++t) {
    StudyTable table{design_[t].title, design_[t].label_heads, {}, {}, ""};
    for (const DesignColumn& column : design_[t].columns) table.columns.push_back(column.column);
    for (const FoundRow& found : findings.table(t)) {
      StudyRow row;
      row.labels = found.labels;
      row.remark = found.remark;
      if (found.rate) row.learning_rate = *found.rate;
      row.edge = found.edge;
      for (const DesignColumn& column : design_[t].columns) row.cells.push_back(estimate(found.values(column.measure)));
      table.rows.push_back(std::move(row));
    }
    for (const StudyCase& one : design_[t].cases) {
      if (one.rates.size() > 1) table.rate_goal = one.goal.words;
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
