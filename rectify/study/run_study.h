// Runs a study: its trials one per core, a round of all rows a seed.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rectify/base/threads.h"
#include "rectify/compare/comparison.h"
#include "rectify/data/digest.h"
#include "rectify/study/digest.h"
#include "rectify/study/study.h"
#include "rectify/study/trial_store.h"

namespace rectify {

/// What a study is asked to do.
struct StudyOptions {
  StudyLength length = StudyLength::kFull;
  int seeds = 5;                  ///< at least 2, as one tells nothing of its spread
  std::optional<double> seconds;  ///< no further seed begins after so many; two always do
  std::string data;               ///< as load_dataset() reads it; empty: the study's own
  std::string net;                ///< as describe_network() reads it; empty: the study's own
  int threads = 0;                ///< trials at once; 0: one per core
  std::filesystem::path store;    ///< the folder in which finished trials are kept; empty: nowhere
};

/// "short", "full" or a number of seconds, into length, seeds and seconds: short has three seeds, the others five. Errors: [study] what it
/// is instead.
void read_budget(std::string_view text, StudyOptions& options);

/// Which data set a study is run on.
std::string data_name(const Study& study, const StudyOptions& options);

/// A study on its data.
class StudyRun {
 public:
  /// Checks that every trial can be run before any is. Errors: [study] fewer than two seeds, data without classes, a net for a study that
  /// has its own or without hidden layers; those of check(TrainOptions); [store].
  StudyRun(const Study& study, const StudyOptions& options, Dataset data);

  /// One name a trial, in the order in which a sink is told of them.
  std::vector<std::string> trial_names() const;

  /// Runs all trials: first those that choose learning rates, then a round of all rows for each seed. Returns nothing where `stop` was set
  /// by another thread or a signal handler. Deterministic but for times. Errors: those of a trial.
  std::optional<StudyRecord> run(ProgressSink& progress, const std::atomic<bool>& stop);

 private:
  struct Place {
    std::size_t table, row;
  };

  /// Data and how they are scaled.
  struct Prepared {
    explicit Prepared(Dataset all) : data(std::move(all)), standardisation(data), digest(rectify::digest(data)) {}

    Dataset data;
    Standardisation standardisation;
    std::string digest;
  };
  /// What a table's networks learn.
  struct TableData {
    std::shared_ptr<const Prepared> whole;
    std::shared_ptr<const Prepared> tuning;  // a part of the training split, and another to choose rates on; null where none is chosen
  };

  const StudyCase& at(const Place& place) const { return design_[place.table].cases[place.row]; }
  const Prepared& whole(const Place& place) const { return *data_[place.table].whole; }
  void plan_table(std::size_t table, const std::shared_ptr<const Prepared>& whole);
  std::string key(const Place& place, std::string_view split, const std::optional<TrainOptions>& training, std::uint64_t seed) const;
  std::string alone_key(const Place& place, std::uint64_t seed) const;
  Measures stored_or(const std::string& key, int trial, ProgressSink& progress, const std::atomic<bool>& stop,
                     const std::function<Measures(Observer&)>& run);
  Measures measure(const Place& place, std::uint64_t seed, Observer& observer, const std::atomic<bool>& stop);
  Measures try_rate(const Place& place, const TrainOptions& training, Observer& observer, const std::atomic<bool>& stop);
  void choose_rates(ProgressSink& progress, const std::atomic<bool>& stop);
  void measure_alone(std::uint64_t seed, std::vector<Measures>& results, const std::atomic<bool>& stop);
  void run_round(int round, ProgressSink& progress, const std::atomic<bool>& stop);
  int threads() const { return options_.threads > 0 ? options_.threads : available_threads(); }
  std::vector<std::string> set_names() const;
  StudyRecord record(const Findings& findings, int seeds) const;

  const Study& study_;
  StudyOptions options_;
  StudyDesign design_;
  std::vector<TableData> data_;  // of each table
  std::vector<Place> places_;    // of the rows that are run
  std::vector<FoundTable> found_;
  std::unique_ptr<TrialStore> store_;
  std::mutex mutex_;
  int first_round_ = 0;  // how many trials choose rates
  double seconds_ = 0;
  std::atomic<int> trials_ = 0, stored_ = 0;  // how many were asked for, and how many of them the store had
};

}  // namespace rectify
