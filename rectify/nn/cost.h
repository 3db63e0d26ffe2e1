// What a network and its activation cost.
#pragma once

#include <cstdint>

#include "rectify/activation/activation.h"
#include "rectify/nn/model.h"

namespace rectify {

/// Nanoseconds per element of a forward and a backward pass of `activation` over an array of `extent` with normal values, the gradient of
/// learnt parameters (one per column) included: the smallest of several repeats, on the calling thread. Takes about a millisecond.
double measure_ns_per_element(const Activation& activation, Extent extent);

/// Multiplications in the matrix products and convolutions of a training step on `batch` samples: forward, and the gradients of weights and
/// inputs.
double step_multiplications(const Model& model, std::int64_t batch);

/// How many of `most` threads such a step keeps busy: one below some twenty milliseconds of work. Threads wait for each other many times a
/// step, which costs more than it gains where steps are short, or where another program wants the processor.
int threads_worth(double multiplications, int most);

}  // namespace rectify
