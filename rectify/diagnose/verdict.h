// Sentences: what happened in a run and why, for a reader who has heard the lecture once.
#pragma once

#include <string>

#include "rectify/record/diagnosis.h"
#include "rectify/record/run.h"

namespace rectify {

/// One to three plain sentences. Every number in them is one of the run's or of `diagnosis`'s, rounded.
std::string verdict(const RunRecord& run, const Diagnosis& diagnosis);

/// How far a run came on the way from chance (1 / classes; the mean of the targets) to faultless: less than a tenth of it, less than half,
/// or more.
enum class Learning { kNone, kLittle, kWell };
Learning learning(const RunRecord& run);

}  // namespace rectify
