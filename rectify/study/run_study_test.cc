#include "rectify/study/run_study.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <thread>
#include <variant>

#include "rectify/base/error.h"
#include "rectify/study/blocks.h"

namespace rectify {
namespace {

using testing::HasSubstr;

std::atomic<bool> never = false;

int probes = 0;  // how often the tiny study's untrained row was measured

StudyDesign tiny_design(const StudyScope& scope) {
  DesignTable table;
  table.label_heads = {"row"};
  table.columns = {accuracy_column(), {"twice", {"twice", StudyUnit::kNumber, "two times the seed"}}};
  StudyCase trained, probed, impossible;
  trained.labels = {"trained"};
  trained.training = study_training(scope.net.empty() ? stack_net(scope.data, 1, 8) : scope.net, "relu", 2, 1);
  trained.rates = {1e-6, 0.05};
  probed.labels = {"probed"};
  probed.probe = [](const TrainedCase& one, Measures& out) { ++probes, out["twice"] = 2.0 * static_cast<double>(one.seed); };
  impossible.labels = {"impossible"};
  impossible.remark = "cannot be";
  table.cases = {trained, probed, impossible};
  return {table};
}

Judgement tiny_judge(const Findings& findings) {
  return {StudyVerdict::kHoldsIf, "so", fmt::format("{}", findings.row({"probed"}).mean("twice"))};
}

Study tiny() {
  Study study;
  study.name = "tiny";
  study.claim = "A claim.";
  study.brief = study.whole = {"moons", 600};
  study.design = tiny_design;
  study.judge = tiny_judge;
  return study;
}

StudyRecord run_tiny(const StudyOptions& options) {
  const Study study = tiny();
  ProgressSink silent;
  return *StudyRun(study, options, load_dataset("moons")).run(silent, never);
}

std::string error_of(const Study& study, const StudyOptions& options, const char* data = "moons") {
  try {
    StudyRun(study, options, load_dataset(data));
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST(StudyRun, rows_are_means_over_the_seeds_and_the_verdict_follows_from_them) {
  StudyOptions options;
  options.seeds = 3;
  const StudyRecord record = run_tiny(options);
  ASSERT_EQ(record.tables.size(), 1u);
  const auto& rows = record.tables[0].rows;
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[1].cells[1].mean, 4);  // of 2, 4, 6
  EXPECT_NEAR(rows[1].cells[1].margin, 4.303 * 2 / std::sqrt(3.0), 1e-2);
  EXPECT_EQ(rows[1].cells[1].count, 3);
  EXPECT_TRUE(std::isnan(rows[1].cells[0].mean));
  EXPECT_EQ(rows[2].remark, "cannot be");
  EXPECT_EQ(rows[2].cells[0].count, 0);
  EXPECT_EQ(record.verdict, StudyVerdict::kHoldsIf);
  EXPECT_EQ(record.conclusion, "4");
  EXPECT_EQ(record.seeds, 3);
  EXPECT_THAT(record.budget,
              HasSubstr("moons, 600 training and 2000 test samples, 2-1x8-2, 2 epochs, batch 64, sgd with momentum 0.9, cosine schedule"));
}

TEST(StudyRun, the_rate_that_is_best_on_the_validation_split_is_taken) {
  StudyOptions options;
  options.seeds = 2;
  const StudyRecord record = run_tiny(options);
  EXPECT_EQ(record.tables[0].rows[0].learning_rate, 0.05);
  EXPECT_GT(record.tables[0].rows[0].cells[0].mean, 0.75);
  EXPECT_TRUE(std::isnan(record.tables[0].rows[1].learning_rate));
}

/// How far the first step goes.
class FirstStep : public Watcher {
 public:
  void on_update(const ParameterStore& parameters, double) override {
    const auto now = parameters.values();
    if (steps_++ == 0) before_.assign(now.begin(), now.end());
    if (steps_ != 2) return;
    for (std::size_t i = 0; i < now.size(); ++i) length_ += std::abs(now[i] - before_[i]);
  }
  void report(Measures& out) const override { out["length"] = length_, out["moved"] = length_ > 1e-3 ? 1 : 0; }

 private:
  int steps_ = 0;
  double length_ = 0;
  std::vector<float> before_;
};

double rate_chosen_by(const TuningGoal& goal, std::vector<double> rates) {
  static TuningGoal now;
  static std::vector<double> grid;
  now = goal, grid = std::move(rates);
  Study study = tiny();
  study.design = [](const StudyScope& scope) {
    StudyDesign design = tiny_design(scope);
    design[0].cases[0].goal = now;
    design[0].cases[0].rates = grid;
    design[0].cases[0].watch = [] { return std::make_unique<FirstStep>(); };
    return design;
  };
  StudyOptions options;
  options.seeds = 2;
  ProgressSink silent;
  return StudyRun(study, options, load_dataset("moons")).run(silent, never)->tables[0].rows[0].learning_rate;
}

TEST(StudyRun, a_case_can_name_the_measure_that_its_rate_is_chosen_by) {
  const auto lowest = TuningGoal::Best::kLowest;
  EXPECT_EQ(rate_chosen_by({}, {1e-6, 0.05}), 0.05);
  EXPECT_EQ(rate_chosen_by({"length", lowest, "", "the shortest step"}, {1e-6, 0.05}), 1e-6);
  EXPECT_EQ(rate_chosen_by({"length", lowest, "moved", "the shortest step"}, {1e-6, 0.05}), 0.05) << "what does not arrive is worst";
  EXPECT_EQ(rate_chosen_by({"length", TuningGoal::Best::kHighest, "", "the longest step"}, {0.05, 1e30}), 0.05) << "nor what diverges";
  EXPECT_EQ(rate_chosen_by({"nothing", lowest, "", "the least of nothing"}, {1e-6, 0.05}), 0.05) << "accuracy decides what is left";
}

TEST(StudyRun, no_verdict_rests_on_a_measure_that_is_missing) {
  Study study = tiny();
  study.judge = [](const Findings& findings) {
    const bool none = findings.row({"trained"}).mean("dead_endd") > 0;
    return Judgement{none ? StudyVerdict::kNotFound : StudyVerdict::kHolds, "", "It holds."};
  };
  StudyOptions options;
  options.seeds = 2;
  ProgressSink silent;
  const StudyRecord record = *StudyRun(study, options, load_dataset("moons")).run(silent, never);
  EXPECT_EQ(record.verdict, StudyVerdict::kNotMeasured);
  EXPECT_EQ(record.conclusion, "There is no number for dead_endd of trained.");
}

std::atomic<int> probing = 0;  // how many probes run now
std::vector<double> order;     // what was measured alone, in its order

StudyDesign lonely_design(const StudyScope&) {
  DesignTable table;
  table.label_heads = {"row"};
  table.columns = {{"alone", {"alone", StudyUnit::kNumber, "10 times what the probe found"}}};
  for (const char* label : {"a", "b", "c"}) {
    StudyCase one;
    one.labels = {label};
    one.probe = [label](const TrainedCase& trained, Measures& out) {
      ++probing;
      out["found"] = static_cast<double>(label[0] - 'a') + 100.0 * static_cast<double>(trained.seed);
      --probing;
    };
    one.alone = [](const TrainedCase&, Measures& out) {
      EXPECT_EQ(probing, 0);
      order.push_back(out.at("found"));
      out["alone"] = 10 * out.at("found");
    };
    table.cases.push_back(one);
  }
  return {table};
}

TEST(StudyRun, what_is_to_be_measured_alone_is_after_each_round_in_turns_and_kept) {
  Study study = tiny();
  study.design = lonely_design;
  study.judge = [](const Findings& findings) {
    return Judgement{StudyVerdict::kHolds, "", fmt::format("{}", findings.row({"c"}).mean("alone"))};
  };
  StudyOptions options;
  options.seeds = 2;
  options.threads = 3;
  options.store = std::filesystem::temp_directory_path() / ("rectify_alone_" + std::to_string(::getpid()));
  ProgressSink silent;
  EXPECT_EQ(StudyRun(study, options, load_dataset("moons")).run(silent, never)->conclusion, "1520");
  std::vector<double> turns;
  for (const double round : {100, 200}) {
    for (int turn = 0; turn < 10; ++turn) turns.insert(turns.end(), {round, round + 1, round + 2});
  }
  EXPECT_EQ(order, turns) << "the rows take turns";
  EXPECT_EQ(StudyRun(study, options, load_dataset("moons")).run(silent, never)->conclusion, "1520");
  EXPECT_EQ(order.size(), turns.size()) << "they were kept";
  std::filesystem::remove_all(options.store);
}

StudyDesign two_sets(const StudyScope& scope) {
  StudyDesign tables(2, tiny_design(scope).front());
  tables[1].data = DataAmount{"spirals", 300};
  for (StudyCase& one : tables[1].cases) one.labels.front() += " on spirals";
  tables[1].cases.front().training->net = "2-8-3";
  return tables;
}

TEST(StudyRun, a_table_with_data_of_its_own_is_trained_and_tuned_on_them) {
  Study study = tiny();
  study.design = two_sets;
  ProgressSink silent;
  StudyOptions options;
  options.seeds = 2;
  const StudyRecord record = *StudyRun(study, options, load_dataset("moons")).run(silent, never);
  ASSERT_EQ(record.tables.size(), 2u);
  EXPECT_THAT(record.budget, HasSubstr("moons, 600 training and 2000 test samples and spirals, 300 training and 2000 test samples"));
  EXPECT_EQ(record.tables[1].rows[0].learning_rate, 0.05);
  EXPECT_LT(record.tables[1].rows[0].cells[0].mean, 0.7) << "spirals are harder";
  EXPECT_GT(record.tables[0].rows[0].cells[0].mean, 0.7);
}

TEST(StudyRun, numbers_do_not_depend_on_the_number_of_threads) {
  StudyOptions one, three;
  one.seeds = three.seeds = 2;
  one.threads = 1, three.threads = 3;
  EXPECT_EQ(run_tiny(one).tables[0].rows[0].cells[0].mean, run_tiny(three).tables[0].rows[0].cells[0].mean);
}

TEST(StudyRun, goes_on_from_its_store_and_gives_the_same) {
  StudyOptions options;
  options.seeds = 2;
  options.store = std::filesystem::temp_directory_path() / ("rectify_study_" + std::to_string(::getpid()));
  const StudyRecord first = run_tiny(options);
  const int before = probes;
  options.seeds = 3;
  const StudyRecord second = run_tiny(options);
  EXPECT_EQ(probes, before + 1);  // the third seed alone
  EXPECT_EQ(second.seeds, 3);
  const double accuracy = first.tables[0].rows[0].cells[0].mean;
  options.seeds = 2;
  const auto size = std::filesystem::file_size(options.store / "tiny.jsonl");
  EXPECT_EQ(run_tiny(options).tables[0].rows[0].cells[0].mean, accuracy);
  EXPECT_EQ(std::filesystem::file_size(options.store / "tiny.jsonl"), size) << "what is there is not written again";
  std::filesystem::remove_all(options.store);
}

/// How often the tiny study's probe runs again when `second` follows `first` in one store.
int runs_again(const StudyOptions& first, const Dataset& first_data, const std::function<void()>& between, const StudyOptions& second,
               const Dataset& second_data) {
  const Study study = tiny();
  ProgressSink silent;
  StudyRun(study, first, first_data).run(silent, never);
  between();
  const StudyRecord record = *StudyRun(study, second, second_data).run(silent, never);
  return record.trials - record.stored;
}

TEST(StudyRun, a_store_gives_nothing_of_other_data_or_another_network_of_the_same_name) {
  const std::filesystem::path folder = std::filesystem::temp_directory_path() / ("rectify_stale_" + std::to_string(::getpid()));
  StudyOptions options;
  options.seeds = 2;
  options.store = folder / "data";
  const Dataset moons = load_dataset("moons");
  Dataset changed = moons;
  std::get<std::vector<float>>(changed.train.values).front() += 1;
  const auto nothing = [] {};
  EXPECT_EQ(runs_again(options, moons, nothing, options, moons), 0);
  EXPECT_EQ(runs_again(options, moons, nothing, options, changed), 8);

  const auto write_net = [&](int units) {
    std::ofstream(folder / "my.toml")
        << "[[node]]\nname = \"input\"\nkind = \"input\"\nshape = [2]\n[[node]]\nname = \"a\"\nkind = \"dense\"\nunits = " << units
        << "\n[[node]]\nname = \"f\"\nkind = \"activation\"\n[[node]]\nname = \"out\"\nkind = \"dense\"\nunits = 2\n";
  };
  write_net(8);
  options.store = folder / "net";
  options.net = (folder / "my.toml").string();
  EXPECT_EQ(runs_again(options, moons, nothing, options, moons), 0);
  EXPECT_EQ(runs_again(
                options, moons, [&] { write_net(2); }, options, moons),
            6)
      << "all that are trained";
  std::filesystem::remove_all(folder);
}

TEST(StudyRun, time_is_the_processors_not_the_clocks) {
  Study study = tiny();
  study.design = [](const StudyScope& scope) {
    StudyDesign design = tiny_design(scope);
    design[0].cases.resize(2);
    design[0].cases[1].probe = [](const TrainedCase&, Measures& out) {
      std::this_thread::sleep_for(std::chrono::milliseconds(400));
      out["twice"] = 1;
    };
    return design;
  };
  StudyOptions options;
  options.seeds = 2;
  options.threads = 1;
  ProgressSink silent;
  const StudyRecord record = *StudyRun(study, options, load_dataset("moons")).run(silent, never);
  EXPECT_GT(record.elapsed, 0.8);
  EXPECT_GT(record.seconds, 0);
  EXPECT_LT(record.seconds, record.elapsed - 0.7);
  EXPECT_EQ(record.threads, 1);
  EXPECT_EQ(record.trials, 8);
  EXPECT_EQ(record.stored, 0);
}

TEST(StudyRun, a_rate_at_an_edge_of_its_grid_is_known) {
  StudyOptions options;
  options.seeds = 2;
  const StudyRecord record = run_tiny(options);
  EXPECT_EQ(record.tables[0].rows[0].edge, RateEdge::kHighest);
  EXPECT_EQ(record.tables[0].rows[1].edge, RateEdge::kNone);
  EXPECT_EQ(record.tables[0].rate_goal, "the best validation accuracy");
  Study study = tiny();
  study.design = [](const StudyScope& scope) {
    StudyDesign design = tiny_design(scope);
    design[0].cases[0].rates = {1e-6, 0.05, 1e30};
    return design;
  };
  ProgressSink silent;
  EXPECT_EQ(StudyRun(study, options, load_dataset("moons")).run(silent, never)->tables[0].rows[0].edge, RateEdge::kNone);
  study.design = [](const StudyScope& scope) {
    StudyDesign design = tiny_design(scope);
    design[0].cases[0].rates = {1e-8, 1e-7};
    return design;
  };
  EXPECT_EQ(StudyRun(study, options, load_dataset("moons")).run(silent, never)->tables[0].rows[0].edge, RateEdge::kNone)
      << "no rate taught the network, so that none is better";
}

TEST(StudyRun, a_budget_of_no_time_runs_two_seeds) {
  StudyOptions options;
  read_budget("0.000001", options);
  EXPECT_EQ(run_tiny(options).seeds, 2);
}

TEST(StudyRun, nothing_comes_of_one_that_is_stopped) {
  const Study study = tiny();
  StudyOptions options;
  const std::atomic<bool> stop = true;
  ProgressSink silent;
  EXPECT_FALSE(StudyRun(study, options, load_dataset("moons")).run(silent, stop));
}

TEST(StudyRun, a_sink_is_told_of_each_trial_once) {
  class Counter : public ProgressSink {
   public:
    void on_begin(int trial) override { begun.insert(trial); }
    void on_end(int trial) override { ended.insert(trial); }
    std::multiset<int> begun, ended;
  } counter;
  const Study study = tiny();
  StudyOptions options;
  options.seeds = 2;
  StudyRun run(study, options, load_dataset("moons"));
  const auto names = run.trial_names();
  EXPECT_THAT(names, testing::ElementsAre("trained rate 1e-06", "trained rate 1e-06", "trained rate 0.05", "trained rate 0.05", "trained",
                                          "probed", "trained", "probed"));
  run.run(counter, never);
  EXPECT_EQ(counter.begun, (std::multiset<int>{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(counter.ended, counter.begun);
}

TEST(StudyRun, what_cannot_be_run_is_told_before_anything_is) {
  StudyOptions options;
  options.seeds = 1;
  EXPECT_THAT(error_of(tiny(), options), HasSubstr("[study] 1 seeds, wanted at least 2"));
  options.seeds = 2;
  EXPECT_THAT(error_of(tiny(), options, "friedman"), HasSubstr("[study] friedman has no classes"));
  options.net = "3-4-2";
  EXPECT_THAT(error_of(tiny(), options), HasSubstr("[train] the net has 3 inputs"));
  options.net = "2-2";
  EXPECT_THAT(error_of(tiny(), options), HasSubstr("[study] the network 2-2 has no hidden layer"));
  Study fixed = tiny();
  fixed.net = NetChoice::kFixed;
  EXPECT_THAT(error_of(fixed, options), HasSubstr("[study] tiny has networks of its own"));
  EXPECT_THROW(read_budget("soon", options), Error);
  EXPECT_THROW(read_budget("-1", options), Error);
}

TEST(Studies, a_name_that_is_none_gets_the_nearest) {
  EXPECT_EQ(&find_study(studies().front().name), &studies().front());
  try {
    find_study("colapse");
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("did you mean collapse?"));
  }
}

TEST(Studies, have_what_the_page_needs_and_names_of_their_own) {
  std::set<std::string> names;
  for (const Study& study : studies()) {
    EXPECT_TRUE(names.insert(study.name).second) << study.name;
    for (const std::string& sentence : {study.claim, study.method}) EXPECT_TRUE(sentence.ends_with(".")) << study.name << ": " << sentence;
    for (const StudyTerm& term : study.terms) EXPECT_FALSE(term.meaning.ends_with(".")) << study.name << ": " << term.word;
    EXPECT_FALSE(study.expected.empty()) << study.name;
  }
}

}  // namespace
}  // namespace rectify
