// What the theory of wide random networks says of a study's network before it is trained.
#pragma once

#include <optional>
#include <string>

#include "rectify/data/dataset.h"
#include "rectify/nn/initialise.h"
#include "rectify/theory/propagation.h"

namespace rectify {

/// The variances that `init` gives the layers that read `activation`, in a stack of equally wide layers; nothing where it has none for it.
/// lsuv is taken for auto, which has the same aim.
std::optional<InitialVariance> hidden_variance(const Initialisation& init, const std::string& activation);

/// log10 of the gradient at the first hidden layer over that at the last of a stack of `depth` hidden layers of `width` units on data of
/// variance 1; nothing where theory has no number.
std::optional<double> predicted_span(const Initialisation& init, const std::string& activation, const Dataset& data, int depth, int width);

}  // namespace rectify
