// What a study of one of the lecture's sentences found: tables of numbers with their spread, a verdict, and sentences.
#pragma once

#include <limits>
#include <string>
#include <vector>

namespace rectify {

/// A mean over seeds and how far it may lie from the true one.
struct Estimate {
  double mean = std::numeric_limits<double>::quiet_NaN();    ///< NaN where nothing was measured
  double margin = std::numeric_limits<double>::quiet_NaN();  ///< half of the 95 % interval; NaN of fewer than two values
  int count = 0;                                             ///< how many values it is the mean of
  double lowest = std::numeric_limits<double>::quiet_NaN();  ///< of the values
  double highest = std::numeric_limits<double>::quiet_NaN();
};

/// Whether the interval of a share reaches beyond 0 or 1, where no share can be, by more than shows.
inline bool leaves_range(const Estimate& share) {
  constexpr double kShown = 0.0005;
  return share.mean - share.margin < -kShown || share.mean + share.margin > 1 + kShown;
}

/// What became of a sentence.
enum class StudyVerdict { kHolds, kHoldsIf, kNotFound, kWrong, kNotMeasured };

/// How a number is written.
enum class StudyUnit {
  kShare,   ///< as a percentage
  kCount,   ///< a share of the seeds, each of which has 0 or 1, as "3 of 5"
  kRatio,   ///< a log10, as the ratio that it stands for
  kNumber,  ///< as it is
};

/// A column of measured numbers.
struct StudyColumn {
  std::string head;
  StudyUnit unit = StudyUnit::kNumber;
  std::string meaning;
};

/// Whether a chosen rate is the lowest or the highest of those that were tried: one beyond might be better.
enum class RateEdge { kNone, kLowest, kHighest };

/// A row: what was tried, and a number a column.
struct StudyRow {
  std::vector<std::string> labels;
  std::vector<Estimate> cells;
  double learning_rate = std::numeric_limits<double>::quiet_NaN();  ///< where it was chosen on a validation split
  std::string remark;                                               ///< why it has no numbers; else empty
  RateEdge edge = RateEdge::kNone;
};

struct StudyTable {
  std::string title;
  std::vector<std::string> label_heads;
  std::vector<StudyColumn> columns;
  std::vector<StudyRow> rows;
  std::string rate_goal;  ///< what the chosen rates are the best by: "the best validation accuracy"
};

/// A word of the lecture and what it means.
struct StudyTerm {
  std::string word, meaning;
};

/// A study that was run.
struct StudyRecord {
  std::string name;
  std::string claim;   ///< the lecture's sentence
  std::string method;  ///< what is measured, and how
  std::string budget;  ///< data, images, epochs, seeds, rates
  std::vector<StudyTerm> terms;
  std::vector<StudyTable> tables;
  StudyVerdict verdict = StudyVerdict::kNotFound;
  std::string condition;   ///< of "holds if"
  std::string conclusion;  ///< plain sentences, every number in them from the tables
  int seeds = 0;           ///< how many were finished
  double seconds = 0;      ///< of the processor, all trials together, finished earlier or now
  double elapsed = 0;      ///< on the clock, of the run that made the record
  int threads = 1;         ///< how many trials it had at once
  int trials = 0;          ///< how many there were, those that chose rates among them
  int stored = 0;          ///< how many of these had been finished earlier
};

}  // namespace rectify
