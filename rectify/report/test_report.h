// What a test of a trained network found: as text, as JSON, and line by line.
#pragma once

#include <string>

#include "rectify/record/test.h"

namespace rectify {

/// The numbers, then the confusion matrix (of more than 12 classes the ten most frequent confusions), in 80 columns.
std::string test_text(const TestRecord& record);

/// {"schema": 1, "data": ..., "accuracy": ..., "loss": ..., "r_squared": ..., "confusion": [[...], ...]}.
std::string to_json(const TestRecord& record);

/// A line a sample with a heading: of classification `sample,label,predicted,share`, of regression `sample,target 1,...,predicted 1,...`,
/// of an autoencoder `sample,squared error`.
std::string predictions_csv(const TestRecord& record);

}  // namespace rectify
