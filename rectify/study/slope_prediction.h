// What the theory of wide random networks says of the slopes and the gradient in a study's network before it is trained.
#pragma once

#include "rectify/activation/activation.h"

namespace rectify {

/// The share of x ~ N(0, q) at which f is flat: |f'(x)| < Facts::flat_threshold. Accuracy: 1e-3.
double flat_share(const Activation& f, double q);

/// Means over the hidden layers, and what they do to the gradient together.
struct SlopePrediction {
  double flat;   ///< share of pairs of unit and sample
  double slope;  ///< log10 of the rms slope over the largest that f has
  double span;   ///< log10 of the gradient at the first hidden layer over that at the last
};

/// Of a stack of `depth` hidden layers on data of variance 1, all with weights of variance scale^2 / inputs and no biases.
SlopePrediction predict_slopes(const Activation& f, double scale, int depth);

}  // namespace rectify
