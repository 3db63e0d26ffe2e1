// What studies ask of a trained network beside its accuracy.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "rectify/study/study.h"

namespace rectify {

/// The first samples of the test split as the network reads them, [count, sample size].
std::vector<float> test_samples(const Dataset& data, const Standardisation& standardisation, std::int64_t count);

/// What the network says of x, [count, inputs]: its logits, [count, outputs].
std::vector<float> outputs_of(const Model& model, ParameterStore& parameters, std::span<const float> x, std::int64_t count);

/// One affine map: y = matrix x + offset, matrix [outputs, inputs].
struct AffineMap {
  std::int64_t inputs = 0, outputs = 0;
  std::vector<double> matrix, offset;
};

/// The product of a dense network's matrices, its biases carried through, in double; activations are left out.
AffineMap multiplied_out(const ParameterStore& parameters);

/// The largest distance between the trained network and its matrices multiplied out, over 500 test samples, as a share of the root mean
/// square of its outputs.
double distance_from_product(const TrainedCase& trained);

/// Of pairs of test samples of which the network says the same class, the share whose middle it gives that class too. 1 for every linear
/// classifier, whose classes lie on one side each of straight boundaries.
double straight_share(const TrainedCase& trained);

/// The share of the training split that the network gets right, and of the test split.
double training_accuracy(const TrainedCase& trained);
double test_accuracy(const TrainedCase& trained);

/// log10 of the median size of the loss's gradient by a weight of the first layer, before training, over a batch of 512 training samples;
/// nothing where it is 0.
std::optional<double> first_median_gradient(const Initialisation& init, const TrainedCase& untrained);

/// Units whose slope is 0 on all of the first 4096 test samples, mean over the hidden layers. Dropout drops none of them here.
double dead_share(const TrainedCase& trained);

}  // namespace rectify
