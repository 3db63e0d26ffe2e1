// What studies take from a training run's record.
#pragma once

#include "rectify/record/run.h"
#include "rectify/study/findings.h"

namespace rectify {

/// The measures of a run that was not interrupted, those of layers as means over the hidden layers:
/// accuracy (of the test split; chance for a run that diverged), learned, diverged (1 or 0), train_loss; beside them
/// StudyRun puts seconds (processor time of the thread, per epoch) and trial_seconds (of all);
/// span_start, span_end (log10 of the gradient at the first hidden layer over that at the last), slope_start and slope_end (log10 of rms f'
/// over its supremum), gradient_first and gradient_last (log10 of the rms gradient at the pre-activations of that hidden layer, at the
/// start); flat_start, flat_end (share of pairs of unit and sample), dead_start, dead_end, revived, killed (units alive at the start and
/// dead at the end), nonlinear_use, off_centre; one_signed, one_signed_batch (of the hidden layers that an activation feeds: all but the
/// first); learnt_N (the mean of the first learnt parameter of hidden layer N).
Measures measures_of(const RunRecord& run);

}  // namespace rectify
