// What the rules say of one run: numbers per layer, alarms, and sentences.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace rectify {

/// The measured quantities of one hidden layer; an undefined one is empty. Shares lie in [0, 1].
struct LayerMeasures {
  std::string name;
  std::optional<double> saturated;   ///< two-sided functions: share of units flat (|f'| < 5 % of its supremum) on > 90 % of the samples
  std::optional<double> inactive;    ///< one-sided functions: share of (unit, sample) pairs that are flat
  std::optional<double> dead;        ///< at the end: share of units with f' = 0 on every sample; maxout: of pieces never chosen
  std::optional<double> dead_start;  ///< the same before training
  std::optional<double> revived;     ///< share of units dead at the start and alive at the end
  std::optional<double> off_centre;  ///< norm(E y)^2 / E norm(y)^2 at the end
  std::optional<double> one_signed;  ///< share of samples whose layer input has one sign
  std::optional<double> one_signed_batch;  ///< share of units whose weight gradients over a mini-batch have one sign
  std::optional<double>
      nonlinear_use;               ///< 1 - R^2 of the best straight line x -> f(x) of each unit, weighted by the variance of its output
  std::optional<double> grad_rms;  ///< rms of dL/dx at the pre-activation, of a sample's own loss
};

/// Which columns deserve an exclamation mark.
struct Alarms {
  bool accuracy = false, span_start = false, span_end = false, saturated = false, dead = false, off_centre = false, one_signed = false,
       nonlinear_use = false;
};

/// The diagnosis of one run.
struct Diagnosis {
  std::vector<LayerMeasures> layers;          ///< the hidden layers, first to last, at the end of training
  LayerMeasures worst;                        ///< per quantity the worst layer's value; name is empty
  std::optional<double> gradient_span_start;  ///< log10 of grad_rms at the first hidden layer over that at the last, before training
  std::optional<double> gradient_span_end;    ///< and after
  Alarms alarms;
  std::string verdict;  ///< what happened and why, in plain sentences
};

}  // namespace rectify
