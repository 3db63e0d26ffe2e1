// How many units of an untrained ReLU network are dead: their pre-activation is negative for every sample.
#pragma once

#include <cstdint>

namespace rectify {

/// A stack of wide ReLU layers on data of variance 1, with weights of variance 1 / inputs in the first layer and 2 / inputs behind it.
struct ReluStack {
  int depth = 1;                ///< hidden layers
  double bias = 0;              ///< that all of them begin with
  double correlation = 0;       ///< of two samples of the data: E x.x' / E x.x, as off_centre() has it; from 0 to below 1
  std::int64_t samples = 2048;  ///< for all of which a dead unit is off
};

/// The mean over the hidden layers of the share of units that are dead before training. To a unit the pre-activations of the samples are
/// normal; a part that they have in common, which grows from layer to layer (Cho and Saul 2009, "Kernel methods for deep learning", eq. 6,
/// for bias 0), can hold all of them below 0. All pairs of samples are taken to be equally alike and layers to be wide, so that what
/// is measured in narrow ones is somewhat more. Accuracy of the integrals: 1e-6.
double predicted_dead_share(const ReluStack& stack);

}  // namespace rectify
