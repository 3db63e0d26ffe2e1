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

/// Watches for the mean loss of 20 batches to fall below 0.3, which on Fashion-MNIST is about 10 % training error. Reports steps (all,
/// where it does not) and reached (1 or 0).
std::unique_ptr<Watcher> watch_for_low_loss();

/// A probe that adds to what a training measured: log_steps (log10), time (seconds until the low loss), log_time, and share (of a step's
/// time that the activation itself takes).
void add_times(const TrainedCase& trained, Measures& out);

}  // namespace rectify
