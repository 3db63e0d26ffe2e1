#include "rectify/study/prediction.h"

#include <cmath>

#include "rectify/base/error.h"
#include "rectify/theory/moments.h"

namespace rectify {
namespace {

/// q of the first hidden layer, which reads data of variance 1.
double first_variance(const Initialisation& init, const Activation& f, const Dataset& data, int width) {
  switch (init.scheme) {
    case InitScheme::kHe: return 2;
    case InitScheme::kGlorot: {
      const auto inputs = static_cast<double>(data.sample_size());
      return 2 * inputs / (inputs + width);
    }
    case InitScheme::kCritical: return critical_point(f).q;
    default: return 1;
  }
}

}  // namespace

std::optional<InitialVariance> hidden_variance(const Initialisation& init, const std::string& activation) {
  const Activation f(activation);
  const double given = std::pow(init.gain.value_or(1), 2);
  switch (init.scheme) {
    case InitScheme::kHe: return InitialVariance{2 * given, 0};
    case InitScheme::kGlorot:
    case InitScheme::kLecun: return InitialVariance{given, 0};
    case InitScheme::kLsuv: return InitialVariance{std::pow(forward_gain(f), 2), 0};
    case InitScheme::kAuto:
    case InitScheme::kOrthogonal: return InitialVariance{init.gain ? given : std::pow(forward_gain(f), 2), 0};
    case InitScheme::kCritical: break;
  }
  try {
    return critical_point(f).variance;
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::optional<double> predicted_span(const Initialisation& init, const std::string& activation, const Dataset& data, int depth, int width) {
  const auto variance = hidden_variance(init, activation);
  if (!variance) return std::nullopt;
  const Activation f(activation);
  const auto layers = predict_layers(f, *variance, first_variance(init, f, data, width), depth);
  if (static_cast<int>(layers.size()) < depth) return std::nullopt;
  double span = 0;  // from the last layer back to the first, each step through the weights behind a layer and its slope
  for (int i = 0; i + 1 < depth; ++i) span += 0.5 * std::log10(layers[i].gradient_factor);
  return span;
}

}  // namespace rectify
