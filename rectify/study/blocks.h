// What studies have in common: columns, networks, settings.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rectify/study/study.h"

namespace rectify {

/// "784-8x64-10" for the data: `depth` hidden layers of `width` units; without hidden layers "784-10".
std::string stack_net(const Dataset& data, int depth, int width);

inline constexpr std::int64_t kStudyBatch = 64;

/// A training of `activation` on `net` for so many epochs, all else the defaults of a study: SGD with momentum 0.9, batches of kStudyBatch.
TrainOptions study_training(std::string net, std::string activation, int epochs, double rate);

/// Columns that several studies show.
DesignColumn accuracy_column();
DesignColumn span_start_column();
DesignColumn dead_start_column();
DesignColumn dead_end_column();
DesignColumn diverged_column();
DesignColumn diverged_column_beside_dead();  ///< says that such trainings have no dead units

/// Terms that several studies need.
StudyTerm span_term();
StudyTerm dead_term();
StudyTerm saturation_term();

/// "sigmoid, tanh and relu", or with another word than "and".
std::string listed(const std::vector<std::string>& words, std::string_view link = "and");

}  // namespace rectify
