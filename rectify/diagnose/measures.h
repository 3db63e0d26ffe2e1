// From sums to the measured quantities.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "rectify/activation/activation.h"
#include "rectify/record/diagnosis.h"
#include "rectify/record/stats.h"

namespace rectify {

/// The activation that a layer's record names; nothing for maxout and gated layers, which are no functions of one variable.
std::optional<Activation> layer_activation(std::string_view spec);

/// Which units of a layer have a slope of 0 on every sample.
std::vector<bool> dead_units(const UnitSums& sums);

/// The measures of one layer from its probes before and after training. `activation` is the layer's, empty for maxout and gated layers.
LayerMeasures measure(const LayerStats& start, const LayerStats& end, const std::optional<Activation>& activation);

/// Per quantity the worst value over layers, each from its own layer: the largest share, the smallest non-linear use and gradient.
LayerMeasures worst_of(const std::vector<LayerMeasures>& layers);

/// log10 of the first layer's rms gradient over the last one's: empty without layers or gradient, -infinity where none reaches the first.
std::optional<double> gradient_span(const NetworkStats& stats);

/// rms f'(x) over all units and samples of a layer.
std::optional<double> rms_slope(const LayerStats& layer);

}  // namespace rectify
