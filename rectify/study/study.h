// A study: one sentence of the lecture, what is tried to test it, and how its verdict follows from the numbers.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rectify/data/dataset.h"
#include "rectify/nn/model.h"
#include "rectify/record/study.h"
#include "rectify/study/findings.h"
#include "rectify/train/trainer.h"

namespace rectify {

/// How much a study does: enough to see the direction in seconds, or enough for the page.
enum class StudyLength { kShort, kFull };

/// What a design is made for.
struct StudyScope {
  StudyLength length;
  const Dataset& data;
  std::string net;   ///< asked for by the user; empty: the study's own
  bool data_is_own;  ///< false where the user asked for other data

  /// `brief` of a short study, `whole` of a full one.
  template <class Value>
  Value choose(Value brief, Value whole) const {
    return length == StudyLength::kShort ? brief : whole;
  }
};

/// Looks on while a network trains.
class Watcher : public Observer {
 public:
  /// Adds what it has seen.
  virtual void report(Measures& measures) const = 0;
};

/// What a case's training left behind.
struct TrainedCase {
  const Dataset& data;
  const Standardisation& standardisation;
  std::uint64_t seed;
  const Model* model = nullptr;          ///< null where nothing was trained
  ParameterStore* parameters = nullptr;  ///< after training
  const Watcher* watcher = nullptr;      ///< the case's, where it has one
};

/// What makes one of several learning rates the best. Each is tried in a few trainings on five sixths of the training split. The one is
/// taken that fewest of these failed at; then that with the best mean of `measure` over those that did not fail; then that with the highest
/// accuracy on the last sixth.
struct TuningGoal {
  enum class Best { kHighest, kLowest };

  std::string measure = "accuracy";  ///< of the training (on the last sixth) or of the case's watcher, which looks on here too
  Best best = Best::kHighest;
  std::string reached;                                 ///< a measure that is 0 where a training failed; they also fail that diverge
  std::string words = "the best validation accuracy";  ///< "the fewest steps to a loss of 0.3"
};

/// What one row of a table tries, once a seed.
struct StudyCase {
  std::vector<std::string> labels;       ///< what stands at the left of its row; no two rows of a study have the same
  std::optional<TrainOptions> training;  ///< its seed is the runner's; none: `probe` does all
  std::vector<double> rates;             ///< where there are several, the one that is best on a validation split takes the training's place
  std::function<std::unique_ptr<Watcher>()> watch;  ///< may be empty
  /// Looks at the model that is about to be trained, without parameters. May be empty.
  std::function<void(const TrainedCase& untrained, Measures& out)> before;
  /// Looks at what a training that finished has left behind. May be empty.
  std::function<void(const TrainedCase& trained, Measures& out)> probe;
  /// Measures what other trainings would disturb, such as times: called ten times a seed, after all of its trainings and in turns with the
  /// other cases, with one thread and nothing trained. Adds to what the case has, its own earlier turns too. May be empty.
  std::function<void(const TrainedCase& untrained, Measures& out)> alone;
  Measures predicted;  ///< what theory says, the same for every seed
  std::string remark;  ///< why it cannot be run; else empty
  TuningGoal goal;     ///< by which the best of `rates` is known
};

/// A column and the measure that it shows.
struct DesignColumn {
  std::string measure;
  StudyColumn column;
};

/// A data set and how many of its training samples are used.
struct DataAmount {
  std::string name;
  std::int64_t samples;
};

struct DesignTable {
  std::string title;
  std::optional<DataAmount> data;  ///< where it is not the study's: data that are made, not read
  std::vector<std::string> label_heads;
  std::vector<DesignColumn> columns;
  std::vector<StudyCase> cases;
};

/// All that a study tries.
using StudyDesign = std::vector<DesignTable>;

/// What the numbers say of the sentence.
struct Judgement {
  StudyVerdict verdict;
  std::string condition;   ///< of kHoldsIf: "the network is deep"
  std::string conclusion;  ///< sentences whose numbers are the findings'
};

/// Whether `--net` may name another network; where the depth is what is studied, it may not.
enum class NetChoice { kFree, kFixed };

/// A sentence of the lecture that can be tested.
struct Study {
  std::string name;
  std::string claim;   ///< one sentence, as the lecture has it
  std::string method;  ///< what is done and measured, in a sentence or two
  std::vector<StudyTerm> terms;
  DataAmount brief, whole;  ///< what a short and a full one are run on
  NetChoice net = NetChoice::kFree;
  std::vector<StudyVerdict> expected;  ///< what the tests hold a short run to
  StudyDesign (*design)(const StudyScope& scope);
  Judgement (*judge)(const Findings& findings);
};

/// All studies, in the lecture's order.
const std::vector<Study>& studies();

/// The study of that name. Errors: [study] unknown name with the nearest.
const Study& find_study(std::string_view name);

}  // namespace rectify
