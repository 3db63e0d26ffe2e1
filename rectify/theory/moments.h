// What can be known of an activation before training: its moments under a Gaussian input, and the gains that follow.
#pragma once

#include <vector>

#include "rectify/activation/activation.h"

namespace rectify {

/// Expectations for z ~ N(0, 1) and a pre-activation of variance q: x = sqrt(q) z.
struct GaussianMoments {
  double mean;          ///< E f(x)
  double second;        ///< E f(x)^2
  double slope_second;  ///< E f'(x)^2
  double linear_share;  ///< R^2 of the best straight line x -> f(x); 1 - it is the non-linear use. 1 for a constant
};

/// The moments of f by composite 40-point Gauss-Legendre quadrature on [-13, 13], split at the kinks. Accuracy: 1e-9 relative for
/// functions that grow no faster than x^2. Infinite where values beyond 13 would count (exp(x^2)), NaN where f is (log(x)). q > 0.
GaussianMoments gaussian_moments(const Activation& f, double q = 1);

/// Expectations of two pre-activations u and v of variance q whose correlation is c.
struct PairMoments {
  double values;  ///< E f(u) f(v)
  double slopes;  ///< E f'(u) f'(v)
};

/// The moments of a pair from the first 200 Hermite coefficients of f and f' by the quadrature of gaussian_moments(). Accuracy: 1e-6
/// relative for |c| <= 0.95, less beyond for functions with kinks. q > 0.
class PairOf {
 public:
  PairOf(const Activation& f, double q);
  PairMoments at(double c) const;

 private:
  std::vector<double> values_, slopes_;  // the squares of the coefficients
};

/// 1 / sqrt(E f^2): the gain that keeps the second moment from layer to layer (He et al. 2015, section 2.2). What `auto` uses.
/// Errors: [theory] E f^2 is 0 or not finite, so that no gain keeps it.
double forward_gain(const Activation& f);
/// 1 / sqrt(E f'^2): the gain that keeps the gradient. Errors: [theory] E f'^2 is 0 or not finite.
double backward_gain(const Activation& f);
/// 1 / sqrt(E m^2), m the largest of `pieces` independent N(0, 1). pieces >= 1.
double maxout_gain(int pieces);

}  // namespace rectify
