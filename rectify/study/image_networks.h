// The convolutional networks of the studies, and how long their trainings take.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "rectify/study/study.h"

namespace rectify {

/// A LeNet for the data: the preset, or a smaller one of the same kind for a short study. Errors: [study] the data are no images.
std::string image_net(const StudyScope& scope);

/// A case of `activation` on `net`, at the best of three rates. It is trained with Adam, with which one of the three fits nearly every
/// activation; with plain descent the best rate of one makes another diverge.
StudyCase image_case(std::vector<std::string> labels, const std::string& net, const std::string& activation, int epochs);

/// The training error that watch_for_low_error() waits for.
inline constexpr double kLowError = 0.1;

/// Watches for the training error to fall to 10 %: every 10 steps, on the first 512 training samples. Reports steps (all, where it does
/// not), log_steps (log10) and reached (1 or 0). `data` has to live as long as the watcher.
std::unique_ptr<Watcher> watch_for_low_error(const TrainOptions& training, const Dataset& data);

/// One turn of measuring what `training` costs, where nothing runs beside it: a short training, of which the best of all turns so far is
/// kept. cost (ns per element of the activation), step (milliseconds of a training step), both also as log10 (log_cost, log_step), share
/// (of a step that the activation takes); where there are steps also time (seconds until the low error) and log_time.
void measure_cost(const TrainOptions& training, const Dataset& data, Measures& out);

}  // namespace rectify
