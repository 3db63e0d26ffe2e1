#include "rectify/study/slope_prediction.h"

#include <cmath>

#include "rectify/theory/moments.h"
#include "rectify/theory/propagation.h"

namespace rectify {

double flat_share(const Activation& f, double q) {
  constexpr double kEnd = 6, kStep = 1e-3;
  const double threshold = f.facts().flat_threshold;
  double flat = 0, all = 0;
  for (double z = -kEnd + kStep / 2; z < kEnd; z += kStep) {
    const double weight = std::exp(-z * z / 2);
    all += weight;
    if (std::abs(f.slope(std::sqrt(q) * z)) < threshold) flat += weight;
  }
  return flat / all;
}

SlopePrediction predict_slopes(const Activation& f, double scale, int depth) {
  SlopePrediction mean{0, 0, 0};
  const auto layers = predict_layers(f, {scale * scale, 0}, scale * scale, depth);
  for (const LayerPrediction& layer : layers) {
    mean.flat += flat_share(f, layer.variance) / depth;
    mean.slope += std::log10(std::sqrt(gaussian_moments(f, layer.variance).slope_second) / f.facts().sup_slope) / depth;
    if (&layer != &layers.back()) mean.span += 0.5 * std::log10(layer.gradient_factor);
  }
  return mean;
}

}  // namespace rectify
