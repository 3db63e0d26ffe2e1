// Studies for people to read: in a terminal, and as the page that the lecture is held against.
#pragma once

#include <span>
#include <string>

#include "rectify/record/study.h"

namespace rectify {

/// "holds", "holds if the network is deep", "not found here" or "wrong".
std::string verdict_text(const StudyRecord& study);

/// A study that was asked for and is not among the results.
struct StudyLeftOut {
  std::string name, reason;
};

/// A number with its margin in at most about 14 columns: "84.5 +-0.3" of a share, or "1.3 (0..4)", its range, where the interval would
/// leave 0 to 100; "3 of 5" of a count; "1/670 */1.20" of a ratio (times or divided by 1.2); without the margin where there is none or it
/// is 0; "-" for none.
std::string estimate_cell(const Estimate& value, StudyUnit unit);

/// The claim, what was done, tables with a legend, the verdict and why, in 80 columns.
std::string study_text(const StudyRecord& study);

/// The names of studies with their claims, a paragraph each.
std::string study_list(std::span<const StudyRecord> studies);

/// The page in Markdown: a table of all sentences and their verdicts, what it took, a glossary, then a section each, every further term
/// explained where it first comes.
std::string lecture_page(std::span<const StudyRecord> studies, std::span<const StudyLeftOut> left_out = {});

}  // namespace rectify
