// Layer-sequential unit variance: initial weights that follow the data.
#pragma once

#include <cstdint>
#include <span>

#include "rectify/nn/backend.h"
#include "rectify/nn/model.h"
#include "rectify/nn/parameter_store.h"

namespace rectify {

/// Scales the weights of one node after the other, in their order, until what the node gives for the samples x, [batch, inputs], has the
/// standard deviation `deviation` within 1 %, or ten times. A node that gives the same for all keeps its weights. Deterministic.
/// Source: Mishkin and Matas 2016, "All you need is a good init", algorithm 1, which begins with orthogonal weights.
void scale_to_deviation(const Model& model, double deviation, std::span<const float> x, std::int64_t batch, Backend& backend,
                        ParameterStore& store);

}  // namespace rectify
