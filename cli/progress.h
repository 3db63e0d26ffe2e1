// The progress line on standard error.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "rectify/compare/comparison.h"

namespace rectify::cli {

/// A sink that redraws one line while trials run and takes it away at the end, where standard error is a terminal; elsewhere one that does
/// nothing. One name a trial.
std::unique_ptr<ProgressSink> make_progress(std::vector<std::string> names);

}  // namespace rectify::cli
