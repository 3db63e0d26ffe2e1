#include "rectify/nn/losses.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rectify/base/error.h"

namespace rectify {
namespace {

/// The sum of exp(logit - largest) over a row, the terms written to `terms` if that is not null.
float exponentials(std::span<const float> row, float largest, float* terms) {
  float sum = 0;
  for (std::size_t c = 0; c < row.size(); ++c) {
    const float term = std::exp(row[c] - largest);
    if (terms != nullptr) terms[c] = term;
    sum += term;
  }
  return sum;
}

}  // namespace

double softmax_cross_entropy(std::span<const float> logits, std::span<const std::int32_t> labels, std::span<float> gradient) {
  const std::size_t batch = labels.size(), classes = logits.size() / batch;
  double loss = 0;
  for (std::size_t r = 0; r < batch; ++r) {
    if (labels[r] < 0 || static_cast<std::size_t>(labels[r]) >= classes) {
      fail("loss", fmt::format("label {} of sample {} in the batch, wanted 0 to {}", labels[r], r, classes - 1));
    }
    const auto row = logits.subspan(r * classes, classes);
    const float largest = *std::max_element(row.begin(), row.end());
    float* const terms = gradient.empty() ? nullptr : gradient.data() + r * classes;
    const float sum = exponentials(row, largest, terms);
    loss += std::log(static_cast<double>(sum)) - (static_cast<double>(row[labels[r]]) - largest);
    if (terms == nullptr) continue;
    const float scale = 1 / (sum * static_cast<float>(batch));
    for (std::size_t c = 0; c < classes; ++c) terms[c] *= scale;
    terms[labels[r]] -= 1 / static_cast<float>(batch);
  }
  return loss / static_cast<double>(batch);
}

}  // namespace rectify
