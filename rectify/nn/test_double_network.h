// A network evaluated in double, straight from the definitions of its nodes: what plans are tested against.
#pragma once

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "rectify/activation/dropout.h"
#include "rectify/activation/gated.h"
#include "rectify/base/random.h"
#include "rectify/nn/layer.h"

namespace rectify {

using Values = std::vector<double>;

/// Values are [batch, height, width, channels], as a plan's.
class DoubleNetwork {
 public:
  DoubleNetwork(const Model& model, const ParameterStore& store, PassContext context = {})
      : parameters(store.values().begin(), store.values().end()),
        model_(model),
        store_(store),
        context_(context),
        shapes_(shapes(model)),
        reads_(input_indices(model)) {}

  Values parameters;

  Values logits(const Values& input, std::int64_t batch) const {
    std::vector<Values> all{input};
    for (std::size_t i = 1; i < model_.nodes.size(); ++i) all.push_back(value_of(i, all, batch));
    return all.back();
  }

  double loss(const Values& input, std::span<const std::int32_t> labels) const {
    const Values z = logits(input, static_cast<std::int64_t>(labels.size()));
    const std::size_t classes = z.size() / labels.size();
    double mean = 0;
    for (std::size_t r = 0; r < labels.size(); ++r) {
      double sum = 0;
      for (std::size_t c = 0; c < classes; ++c) sum += std::exp(z[r * classes + c]);
      mean += (std::log(sum) - z[r * classes + labels[r]]) / static_cast<double>(labels.size());
    }
    return mean;
  }

 private:
  Values value_of(std::size_t i, const std::vector<Values>& all, std::int64_t batch) const {
    const Node& node = model_.nodes[i];
    const Values& x = all[reads_[i][0]];
    const Shape& in = shapes_[reads_[i][0]];
    switch (node.kind) {
      case NodeKind::kInput: return {};
      case NodeKind::kDense:
      case NodeKind::kConv2d: return affine(node, x, in, node.units, batch);
      case NodeKind::kMaxout: return maxout(node, affine(node, x, in, node.pieces * node.units, batch));
      case NodeKind::kGated: return gated(node, affine(node, x, in, 2 * node.units, batch));
      case NodeKind::kActivation: return activation(node, x, in);
      case NodeKind::kMaxPool:
      case NodeKind::kAveragePool:
      case NodeKind::kGlobalPool: return pool(node, x, in, shapes_[i], batch);
      case NodeKind::kFlatten: return x;
      case NodeKind::kBatchNorm: return norm(node, x, in.channels, true);
      case NodeKind::kLayerNorm: return norm(node, x, in.channels, false);
      case NodeKind::kDropout: return dropped(node, x, 1, 0, 0);
      case NodeKind::kAlphaDropout: return alpha_dropped(node, x);
      case NodeKind::kAdd: return sum(i, all);
      case NodeKind::kConcat: return joined(i, all, batch);
    }
    return {};
  }

  const double* at(const std::string& node, ParameterKind kind) const { return parameters.data() + store_.slot(node, kind).offset; }

  Values affine(const Node& node, const Values& x, const Shape& in, std::int64_t units, std::int64_t batch) const {
    const std::int64_t k = std::max<std::int64_t>(node.kernel, 1), height = (in.height + 2 * node.padding - k) / node.stride + 1,
                       width = (in.width + 2 * node.padding - k) / node.stride + 1, channels = in.channels / node.groups;
    const double* const w = at(node.name, ParameterKind::kWeight);
    const double* const b = node.bias == Bias::kWith ? at(node.name, ParameterKind::kBias) : nullptr;
    Values y;
    for (std::int64_t position = 0; position < batch * height * width; ++position) {
      const std::int64_t n = position / (height * width), top = position / width % height * node.stride - node.padding,
                         left = position % width * node.stride - node.padding;
      for (std::int64_t u = 0; u < units; ++u) {
        double value = b == nullptr ? 0 : b[u];
        for (std::int64_t j = 0; j < channels * k * k; ++j) {
          const std::int64_t c = u / (units / node.groups) * channels + j / (k * k), row = top + j / k % k, column = left + j % k;
          if (row < 0 || row >= in.height || column < 0 || column >= in.width) continue;
          value += w[u * channels * k * k + j] * x[((n * in.height + row) * in.width + column) * in.channels + c];
        }
        y.push_back(value);
      }
    }
    return y;
  }

  static Values maxout(const Node& node, const Values& z) {
    Values y;
    for (std::size_t row = 0; row < z.size(); row += node.pieces * node.units) {
      for (std::int64_t u = 0; u < node.units; ++u) {
        double largest = z[row + u];
        for (int p = 1; p < node.pieces; ++p) largest = std::max(largest, z[row + p * node.units + u]);
        y.push_back(largest);
      }
    }
    return y;
  }

  Values gated(const Node& node, const Values& ab) const {
    Values a, b;
    for (std::size_t row = 0; row < ab.size(); row += 2 * node.units) {
      a.insert(a.end(), ab.begin() + row, ab.begin() + row + node.units);
      b.insert(b.end(), ab.begin() + row + node.units, ab.begin() + row + 2 * node.units);
    }
    Values y = activated(node, GatedActivation(node.activation).gate(), std::move(b), node.units);
    std::transform(y.begin(), y.end(), a.begin(), y.begin(), std::multiplies<>());
    return y;
  }

  Values activation(const Node& node, Values x, const Shape& in) const {
    return activated(node, Activation(node.activation), std::move(x), in.channels);
  }

  /// f(x) with the parameters that the node has in the store, else the SPEC's.
  Values activated(const Node& node, const Activation& f, Values x, std::int64_t channels) const {
    std::int64_t period = channels, offset = 0;
    if (f.learns()) {
      const ParameterSlot& slot = store_.slot(node.name, ParameterKind::kActivation);
      period = slot.shape[1];
      offset = slot.offset;
    }
    for (std::size_t i = 0; i < x.size(); ++i) {
      Values p;
      std::int64_t learnt = 0;
      for (const FormulaParameter& parameter : f.parameters()) {
        const bool is_learnt = parameter.learn == Learn::kYes;
        p.push_back(is_learnt ? parameters[offset + learnt++ * period + static_cast<std::int64_t>(i) % period] : parameter.value);
      }
      x[i] = evaluate(f.program(), x[i], p);
    }
    return x;
  }

  static Values pool(const Node& node, const Values& x, const Shape& in, const Shape& out, std::int64_t batch) {
    const bool whole = node.kind == NodeKind::kGlobalPool, largest = node.kind == NodeKind::kMaxPool;
    const std::int64_t kh = whole ? in.height : node.kernel, kw = whole ? in.width : node.kernel;
    Values y;
    for (std::int64_t position = 0; position < batch * out.positions(); ++position) {
      const std::int64_t n = position / out.positions(), top = position / out.width % out.height * node.stride - node.padding,
                         left = position % out.width * node.stride - node.padding;
      for (std::int64_t c = 0; c < in.channels; ++c) {
        double value = largest ? -INFINITY : 0;
        for (std::int64_t j = 0; j < kh * kw; ++j) {
          const std::int64_t row = top + j / kw, column = left + j % kw;
          if (row < 0 || row >= in.height || column < 0 || column >= in.width) continue;
          const double next = x[((n * in.height + row) * in.width + column) * in.channels + c];
          value = largest ? std::max(value, next) : value + next / static_cast<double>(kh * kw);
        }
        y.push_back(value);
      }
    }
    return y;
  }

  /// Over columns (batch norm) or over rows (layer norm) of [rows, channels].
  Values norm(const Node& node, Values x, std::int64_t channels, bool over_columns) const {
    const double* const scale = at(node.name, ParameterKind::kScale);
    const double* const shift = at(node.name, ParameterKind::kShift);
    const auto group = [&](std::size_t i) { return over_columns ? i % channels : i / channels; };
    std::map<std::size_t, double> count, mean, variance;
    for (std::size_t i = 0; i < x.size(); ++i) ++count[group(i)], mean[group(i)] += x[i];
    for (auto& [g, sum] : mean) sum /= count[g];
    for (std::size_t i = 0; i < x.size(); ++i) variance[group(i)] += std::pow(x[i] - mean[group(i)], 2) / count[group(i)];
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = (x[i] - mean[group(i)]) / std::sqrt(variance[group(i)] + 1e-5) * scale[i % channels] + shift[i % channels];
    }
    return x;
  }

  /// Probabilities are multiples of 2^-16.
  static double kept(const Node& node) { return std::round((1 - node.rate) * 65536) / 65536; }

  /// a (x where it is kept, else `dropped`) + b; for plain dropout kept values grow by 1 / keep.
  Values dropped(const Node& node, Values x, double a, double b, double dropped) const {
    std::vector<float> mask(x.size(), 1.0f);
    apply_dropout({kept(node), context_.seed, named_stream(node.name) + context_.step}, mask.data(), mask.data(), mask.size());
    const double growth = node.kind == NodeKind::kDropout ? 1 / kept(node) : 1;
    for (std::size_t i = 0; i < x.size(); ++i) x[i] = a * (mask[i] > 0 ? x[i] * growth : dropped) + b;
    return x;
  }

  /// Klambauer et al. 2017, section 3, "new dropout technique": a and b restore mean 0 and variance 1.
  Values alpha_dropped(const Node& node, const Values& x) const {
    const double limit = -1.0507009873554805 * 1.6732632423543772, q = kept(node);
    const double a = std::pow(q + limit * limit * q * (1 - q), -0.5);
    return dropped(node, x, a, -a * (1 - q) * limit, limit);
  }

  Values sum(std::size_t i, const std::vector<Values>& all) const {
    Values y = all[reads_[i][0]];
    for (std::size_t k = 1; k < reads_[i].size(); ++k) {
      std::transform(y.begin(), y.end(), all[reads_[i][k]].begin(), y.begin(), std::plus<>());
    }
    return y;
  }

  Values joined(std::size_t i, const std::vector<Values>& all, std::int64_t batch) const {
    Values y;
    for (std::int64_t row = 0; row < batch * shapes_[i].positions(); ++row) {
      for (const std::size_t input : reads_[i]) {
        const std::int64_t channels = shapes_[input].channels;
        y.insert(y.end(), all[input].begin() + row * channels, all[input].begin() + (row + 1) * channels);
      }
    }
    return y;
  }

  const Model& model_;
  const ParameterStore& store_;
  PassContext context_;
  std::vector<Shape> shapes_;
  std::vector<std::vector<std::size_t>> reads_;
};

}  // namespace rectify
