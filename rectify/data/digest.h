// Digests of data sets, so that one is not taken for another.
#pragma once

#include <string>

#include "rectify/data/dataset.h"

namespace rectify {

/// Sixteen hexadecimal digits of both splits' values, labels and targets, of the shape of a sample and the number of classes. Not of the
/// name: a file that was moved is the same. Equal where two data sets are, and else all but surely not. Source: FNV-1a, 64 bits.
std::string digest(const Dataset& data);

}  // namespace rectify
