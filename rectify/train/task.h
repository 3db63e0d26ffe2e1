// What a network learns from a data set: a task, its loss, and the targets of each batch.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "rectify/data/batches.h"
#include "rectify/data/dataset.h"
#include "rectify/nn/losses.h"
#include "rectify/nn/plan.h"
#include "rectify/record/run.h"

namespace rectify {

/// The task whose task_text() `text` is. Errors: [task] unknown name with the nearest.
Task parse_task(std::string_view text);

/// Checks that `loss` goes with `task`. Errors: [loss] it does not, with one that does.
void check(Task task, const Loss& loss);

/// What a table's targets are for a task.
TargetKind target_kind(Task task);

/// A task on a data set.
struct Problem {
  Task task = Task::kClassification;
  Loss loss;
  std::int64_t outputs = 0;  ///< how many the network has to have

  Problem() = default;
  /// The task asked for on `data`, else what it is made for: classification, or regression where it has targets. The loss asked for, else
  /// cross-entropy for classification and mse for the others. Errors: [task] the data have no classes or targets; [loss] it does not go
  /// with the task.
  Problem(const std::optional<Task>& asked, const std::optional<Loss>& asked_loss, const Dataset& data);
};

/// Puts what the samples of a batch are compared with into a plan.
class TargetLoader {
 public:
  TargetLoader(const Problem& problem, const Dataset& data) : problem_(problem), standardisation_(data) {}
  TargetLoader(const Problem& problem, const TargetStandardisation& standardisation)
      : problem_(problem), standardisation_(standardisation) {}
  const Loss& loss() const { return problem_.loss; }
  const TargetStandardisation& standardisation() const { return standardisation_; }
  /// For the samples order[begin ..] of `split`, whose values and labels are in the plan already. Targets that the split does not have stay
  /// as they are.
  void load(const Split& split, std::span<const std::uint32_t> order, std::int64_t begin, Plan& plan) const;

 private:
  Problem problem_;
  TargetStandardisation standardisation_;
};

}  // namespace rectify
