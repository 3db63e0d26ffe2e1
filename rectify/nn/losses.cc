#include "rectify/nn/losses.h"

#include <fmt/format.h>

#include <array>
#include <utility>
#include <vector>

#include "rectify/base/error.h"
#include "rectify/base/settings.h"
#include "rectify/simd/losses.h"

namespace rectify {
namespace {

constexpr const char *kWho = "loss", *kExample = "cross-entropy,smoothing=0.1";

constexpr std::array<std::pair<LossKind, const char*>, 3> kNames{
    {{LossKind::kCrossEntropy, "cross-entropy"}, {LossKind::kBinaryCrossEntropy, "bce"}, {LossKind::kSquaredError, "mse"}}};

float* data_or_null(std::span<float> values) { return values.empty() ? nullptr : values.data(); }

}  // namespace

Loss Loss::parse(std::string_view text) {
  const auto [name, settings] = split_settings(kWho, text);
  Loss loss;
  std::vector<std::string> names;
  bool known = false;
  for (const auto& [kind, kind_name] : kNames) {
    names.emplace_back(kind_name);
    if (name == kind_name) loss.kind = kind, known = true;
  }
  if (!known) unknown_name(kWho, "loss", name, names, kExample);
  std::vector<std::string> keys;
  if (loss.kind == LossKind::kCrossEntropy) keys.emplace_back("smoothing");
  for (const Setting& setting : settings) {
    if (keys.empty() || setting.key != keys.front()) unknown_key(kWho, name, setting.key, keys, kExample);
    loss.smoothing = number_of(kWho, setting, 0, 1, 0.1);
  }
  return loss;
}

std::string Loss::text() const {
  std::string text;
  for (const auto& [known, name] : kNames) {
    if (known == kind) text = name;
  }
  if (takes_labels() && smoothing != 0) text += fmt::format(",smoothing={}", smoothing);
  return text;
}

double softmax_cross_entropy(std::span<const float> logits, std::span<const std::int32_t> labels, std::span<float> gradient,
                             double smoothing) {
  const auto batch = std::ssize(labels), classes = std::ssize(logits) / batch;
  for (std::ptrdiff_t r = 0; r < batch; ++r) {
    if (labels[r] < 0 || labels[r] >= classes) {
      fail(kWho, fmt::format("label {} of sample {} in the batch, wanted 0 to {}", labels[r], r, classes - 1));
    }
  }
  const LabelTarget target{static_cast<float>(1 - smoothing), static_cast<float>(smoothing / static_cast<double>(classes))};
  const float scale = 1 / static_cast<float>(batch);
  return loss_kernels().cross_entropy(logits.data(), labels.data(), batch, classes, target, scale, data_or_null(gradient)) /
         static_cast<double>(batch);
}

double binary_cross_entropy(std::span<const float> logits, std::span<const float> targets, std::span<float> gradient) {
  const auto n = std::ssize(logits);
  const float scale = 1 / static_cast<float>(n);
  return loss_kernels().binary_cross_entropy(logits.data(), targets.data(), n, scale, data_or_null(gradient)) / static_cast<double>(n);
}

double mean_squared_error(std::span<const float> outputs, std::span<const float> targets, std::span<float> gradient) {
  const auto n = std::ssize(outputs);
  const float scale = 1 / static_cast<float>(n);
  return loss_kernels().squared_error(outputs.data(), targets.data(), n, scale, data_or_null(gradient)) / static_cast<double>(n);
}

}  // namespace rectify
