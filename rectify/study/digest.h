// Digests of what decides a trial's result, so that a stored one is not taken for another.
#pragma once

#include <string>

#include "rectify/nn/model.h"

namespace rectify {

/// Sixteen hexadecimal digits of all that describes a model; see the one of data sets in rectify/data/digest.h.
std::string digest(const Model& model);

}  // namespace rectify
