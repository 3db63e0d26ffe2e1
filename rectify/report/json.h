// Records as JSON, for other programs.
#pragma once

#include <span>
#include <string>

#include "rectify/record/portrait.h"
#include "rectify/record/result.h"
#include "rectify/record/study.h"

namespace rectify {

/// {"schema": 1, "runs": [...]}, one run a result, numbers in full precision, null for what is undefined or not finite.
std::string to_json(std::span<const Result> results);

/// The object that `rectify show --json` prints: the facts and moments of an activation and its curve.
std::string to_json(const Portrait& portrait);

/// The object that `rectify show A --against B --json` prints.
std::string to_json(const std::string& a, const std::string& b, std::span<const Difference> differences);

/// {"schema": 1, "studies": [...]}: claims, verdicts, tables with mean, margin, count, lowest and highest of every number; ratios as their
/// log10.
std::string to_json(std::span<const StudyRecord> studies);

}  // namespace rectify
