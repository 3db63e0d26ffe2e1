// Losses: what training makes small.
#pragma once

#include <cstdint>
#include <span>

namespace rectify {

/// The mean over the batch of -log softmax(logits)[label], logits [batch, classes]. Stable for any finite logits; NaN where a logit is NaN
/// or +inf. `gradient`, if not empty, receives the loss's gradient, (softmax(logits) - onehot(label)) / batch. Errors: [loss] a label is
/// not in 0 .. classes - 1.
double softmax_cross_entropy(std::span<const float> logits, std::span<const std::int32_t> labels, std::span<float> gradient);

}  // namespace rectify
