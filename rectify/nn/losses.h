// Losses: what training makes small.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace rectify {

enum class LossKind {
  kCrossEntropy,        ///< of a softmax over the outputs with a label a sample
  kBinaryCrossEntropy,  ///< of a sigmoid of each output with a target in [0, 1]
  kSquaredError,        ///< of each output with its target
};

/// A loss and its settings.
struct Loss {
  LossKind kind = LossKind::kCrossEntropy;
  double smoothing = 0;  ///< of cross-entropy: the share of the target that all classes have alike (Szegedy et al. 2016, section 7)

  /// "cross-entropy[,smoothing=0.1]", "bce" or "mse". Errors: [loss] unknown name or key with the nearest, value out of range.
  static Loss parse(std::string_view text);
  /// The text that parse() reads.
  std::string text() const;
  /// Whether samples are compared with labels, or with as many values as the network has outputs.
  bool takes_labels() const { return kind == LossKind::kCrossEntropy; }
};

// Each is a mean, and `gradient`, if not empty, receives its gradient.

/// The mean over the batch of -sum_c q_c log softmax(logits)_c, logits [batch, classes], q = (1 - smoothing) onehot(label) + smoothing /
/// classes. Stable for any finite logits; NaN where a logit is NaN or +inf. Errors: [loss] a label is not in 0 .. classes - 1.
double softmax_cross_entropy(std::span<const float> logits, std::span<const std::int32_t> labels, std::span<float> gradient,
                             double smoothing = 0);
/// The mean over all values of -(t log sigmoid(z) + (1 - t) log sigmoid(-z)). Stable for any finite logits z and targets t in [0, 1].
double binary_cross_entropy(std::span<const float> logits, std::span<const float> targets, std::span<float> gradient);
/// The mean over all values of (y - t)^2.
double mean_squared_error(std::span<const float> outputs, std::span<const float> targets, std::span<float> gradient);

}  // namespace rectify
