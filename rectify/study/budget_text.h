// What a study spends, in words.
#pragma once

#include <string>
#include <vector>

#include "rectify/study/study.h"

namespace rectify {

/// "fashion-mnist, 6000 training samples, 784-4x64-10, 8 epochs, batch 64, sgd with momentum 0.9, cosine schedule, ...": `sets`, then the
/// settings of the design's trainings, with an "or" where they differ, or "as the rows have it" where in more than a few ways.
std::string budget_text(const std::vector<std::string>& sets, const StudyDesign& design, int seeds);

}  // namespace rectify
