// Sentences: what happened in a run and why, for a reader who has heard the lecture once.
#pragma once

#include <string>

#include "rectify/record/diagnosis.h"
#include "rectify/record/run.h"

namespace rectify {

/// One to three plain sentences. Every number in them is one of the run's or of `diagnosis`'s, rounded.
std::string verdict(const RunRecord& run, const Diagnosis& diagnosis);

/// Whether the run ended well above chance: an accuracy of at least twice 1 / classes (for two classes halfway to 1).
bool learned(const RunRecord& run);

}  // namespace rectify
