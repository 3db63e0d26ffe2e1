// How signals and gradients go through a deep random network before it is trained: mean field theory of wide layers.
//
// Weights are N(0, w / fan_in), biases N(0, b). q is the variance of a pre-activation, c the correlation of those of two samples.
// Sources: Poole et al. 2016, "Exponential expressivity in deep neural networks through transient chaos"; Schoenholz et al. 2017, "Deep
// information propagation".
#pragma once

#include <optional>
#include <vector>

#include "rectify/activation/activation.h"

namespace rectify {

/// The variances w and b of weights (times fan_in) and biases.
struct InitialVariance {
  double weight = 1, bias = 0;
};

/// q of the next layer: w E f(x)^2 + b, x ~ N(0, q) (Poole et al., eq. 3). q > 0.
double next_variance(const Activation& f, const InitialVariance& init, double q);

/// How much a layer multiplies the squared gradient: w E f'(x)^2, x ~ N(0, q) (Schoenholz et al., eq. 5). Below 1 it vanishes. q > 0.
double gradient_factor(const Activation& f, const InitialVariance& init, double q);

/// What goes on in a layer of a deep network.
struct LayerPrediction {
  double variance;         ///< q
  double gradient_factor;  ///< of this layer
};

/// The layers of a network of `depth` hidden layers whose first pre-activations have the variance q. Ends where q leaves the numbers.
std::vector<LayerPrediction> predict_layers(const Activation& f, const InitialVariance& init, double q, int depth);

/// Where q comes to rest from `q`, or nothing where it grows without end or falls to 0.
std::optional<double> fixed_variance(const Activation& f, const InitialVariance& init, double q = 1);

/// How many layers it takes two samples to come nearer to (or go apart towards) the correlation that they end with by a factor e, and six
/// times as many: the depth that can be trained (Schoenholz et al., sections 3 and 5). In the ordered phase, where chi < 1, they end equal
/// and it is -1 / ln chi; where chi > 1, in the chaotic phase, the same of resting_correlation()'s slope. Where q falls to 0, chi is that
/// of small q. Infinite on the edge of chaos, which is taken for as wide as what 100 000 layers do not tell from it; nothing where q grows
/// without end.
std::optional<double> correlation_depth(const Activation& f, const InitialVariance& init);
std::optional<double> trainable_depth(const Activation& f, const InitialVariance& init);

/// Where the correlation of two samples comes to rest at the variance q, from below, and the slope of its map there (Poole et al., eqs. 5
/// and 6). In the chaotic phase that is less than 1.
struct RestingCorrelation {
  double correlation, slope;
};
RestingCorrelation resting_correlation(const Activation& f, const InitialVariance& init, double q);

/// The edge of chaos at the variance q: w = 1 / E f'^2 and b = q - w E f^2, with which q stays and gradients neither vanish nor explode;
/// for functions like ReLU, with b = 0 at every q. Nothing where b would be negative or f has no slope.
std::optional<InitialVariance> edge_of_chaos(const Activation& f, double q = 1);

/// The edge that `--init critical` takes: at the first q of 1, 2, 4, 8 whose q attracts (the slope of next_variance() is at most 1), else
/// at the first that exists. Errors: [init] there is none, as for sigmoid and softplus.
struct CriticalPoint {
  InitialVariance variance;
  double q;
};
CriticalPoint critical_point(const Activation& f);

/// The slope of next_variance() at q: w E f(x) f'(x) z / sqrt(q), x = sqrt(q) z. Below 1 a fixed variance attracts.
double variance_slope(const Activation& f, const InitialVariance& init, double q);

}  // namespace rectify
