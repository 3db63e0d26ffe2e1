#include <algorithm>
#include <cmath>

#include "rectify/base/threads.h"
#include "rectify/nn/layer.h"
#include "rectify/simd/columns.h"

// Not oneDNN's batch norm: in this layout its backward pass takes twice as long as ours on AVX2.

namespace rectify {
namespace {

constexpr double kEpsilon = 1e-5;
constexpr double kMomentum = 0.1;  // what a batch moves the running statistics by
constexpr int kParts = 16;         // in which sums over rows are made, whatever the team, so that it does not change them

std::vector<ParameterShape> scale_and_shift(const Shape& input) {
  return {{ParameterKind::kScale, {input.channels}}, {ParameterKind::kShift, {input.channels}}};
}

/// What the norms have in common: scale and shift, and sums made in parts.
class Norm : public Layer {
 public:
  explicit Norm(const LayerSetup& setup)
      : rows_(setup.rows()),
        channels_(setup.output.shape.channels),
        input_(setup.input()),
        output_(setup.output),
        scale_(setup.values(ParameterKind::kScale)),
        shift_(setup.values(ParameterKind::kShift)),
        scale_gradient_(setup.gradients(ParameterKind::kScale)),
        shift_gradient_(setup.gradients(ParameterKind::kShift)) {
    setup.arena.place(sums_, kParts * 2 * channels_, {setup.times.forward, setup.times.forward});
    setup.for_backward(backward_sums_, kParts * 2 * channels_);
  }

 protected:
  /// Fills `sums` with two sums a channel over all rows: add(first row, rows, first sums, second sums) adds those of a part.
  template <class Add>
  void sum_rows(std::span<double> sums, const Add& add) const {
    std::ranges::fill(sums, 0.0);
    const std::int64_t parts = std::clamp<std::int64_t>(rows_ * channels_ / kWorthAThread, 1, kParts);
    share_out(static_cast<int>(parts), [&](int i) {
      const std::int64_t begin = rows_ * i / parts, end = rows_ * (i + 1) / parts;
      double* const part = sums.data() + i * 2 * channels_;
      add(begin, end - begin, part, part + channels_);
    });
    for (std::int64_t i = 1; i < parts; ++i) {
      for (std::int64_t c = 0; c < 2 * channels_; ++c) sums[c] += sums[i * 2 * channels_ + c];
    }
  }

  template <class Body>
  void in_parts(const Body& body) const {
    share_range(rows_, std::max<std::int64_t>(1, kWorthAThread / channels_),
                [&](std::int64_t begin, std::int64_t end) { body(begin * channels_, end - begin); });
  }

  std::int64_t rows_, channels_;
  const Signal& input_;
  const Signal& output_;
  std::span<const float> scale_, shift_;
  std::span<float> scale_gradient_, shift_gradient_;
  std::span<double> sums_, backward_sums_;  // [parts, 2, channels]
};

/// y = (x - mean) / sqrt(variance + epsilon) scale + shift per channel, with the batch's mean and variance in training and running ones in
/// inference, or ReLU of that. Source: Ioffe and Szegedy 2015, algorithm 1; running variances are unbiased.
class BatchNorm : public Norm {
 public:
  explicit BatchNorm(const LayerSetup& setup)
      : Norm(setup),
        training_(setup.purpose == Purpose::kTraining),
        takes_relu_(setup.takes != nullptr),
        context_(setup.context),
        running_mean_(setup.values(ParameterKind::kRunningMean)),
        running_variance_(setup.values(ParameterKind::kRunningVariance)) {
    setup.keep(mean_, channels_);
    setup.keep(inverse_, channels_);
    setup.arena.place(factors_, 5 * channels_);
  }

  void forward(LayerStats* stats) override {
    if (training_) {
      take_moments();
    } else {
      std::ranges::copy(running_mean_, mean_.begin());
      std::ranges::transform(running_variance_, inverse_.begin(), [](float v) { return static_cast<float>(1 / std::sqrt(v + kEpsilon)); });
    }
    float* const a = factors_.data();
    float* const b = a + channels_;
    for (std::int64_t c = 0; c < channels_; ++c) {
      a[c] = scale_[c] * inverse_[c];
      b[c] = shift_[c] - mean_[c] * a[c];
    }
    const auto map = takes_relu_ && stats == nullptr ? column_kernels().scale_shift_and_rectify : column_kernels().scale_and_shift;
    in_parts(
        [&](std::int64_t at, std::int64_t rows) { map(input_.values.data() + at, rows, channels_, a, b, output_.values.data() + at); });
  }

  void backward(LayerStats*) override {
    const float* const x = input_.values.data();
    const float* const dy = output_.gradient.data();
    const float* const map_a = factors_.data();
    const float* const map_b = map_a + channels_;
    sum_rows(backward_sums_, [&](std::int64_t row, std::int64_t rows, double* sums, double* products) {
      const std::int64_t at = row * channels_;
      if (takes_relu_) {
        column_kernels().add_products_of_relu(x + at, dy + at, rows, channels_, mean_.data(), map_a, map_b, sums, products);
      } else {
        column_kernels().add_products(x + at, dy + at, rows, channels_, mean_.data(), sums, products);
      }
    });
    float* const a = factors_.data() + 2 * channels_;
    float* const b = a + channels_;
    float* const constant = b + channels_;
    const auto n = static_cast<double>(rows_);
    for (std::int64_t c = 0; c < channels_; ++c) {
      const double sum = backward_sums_[c], product = backward_sums_[channels_ + c] * inverse_[c];
      shift_gradient_[c] = static_cast<float>(sum);
      scale_gradient_[c] = static_cast<float>(product);
      const double factor = static_cast<double>(scale_[c]) * inverse_[c];
      a[c] = static_cast<float>(factor);
      b[c] = static_cast<float>(-factor * inverse_[c] * product / n);
      constant[c] = static_cast<float>(-factor * sum / n) - b[c] * mean_[c];
    }
    if (input_.gradient.empty()) return;
    in_parts([&](std::int64_t at, std::int64_t rows) {
      float* const dx = input_.gradient.data() + at;
      if (takes_relu_) {
        column_kernels().combine_of_relu(x + at, dy + at, rows, channels_, map_a, map_b, a, b, constant, dx);
      } else {
        column_kernels().combine(x + at, dy + at, rows, channels_, a, b, constant, dx);
      }
    });
  }

 private:
  void take_moments() {
    const float* const x = input_.values.data();  // the first row is an origin near the mean, which keeps the difference of squares exact
    sum_rows(sums_, [&](std::int64_t row, std::int64_t rows, double* sums, double* squares) {
      column_kernels().add_moments(x + row * channels_, rows, channels_, x, sums, squares);
    });
    const auto n = static_cast<double>(rows_);
    for (std::int64_t c = 0; c < channels_; ++c) {
      const double mean = sums_[c] / n, variance = std::max(0.0, sums_[channels_ + c] / n - mean * mean);
      mean_[c] = static_cast<float>(x[c] + mean);
      inverse_[c] = static_cast<float>(1 / std::sqrt(variance + kEpsilon));
      if (context_.pass == Pass::kProbe) continue;
      const double unbiased = rows_ > 1 ? variance * n / (n - 1) : variance;
      running_mean_[c] += static_cast<float>(kMomentum * (static_cast<double>(mean_[c]) - running_mean_[c]));
      running_variance_[c] += static_cast<float>(kMomentum * (unbiased - running_variance_[c]));
    }
  }

  bool training_, takes_relu_;
  const PassContext& context_;
  std::span<float> running_mean_, running_variance_;
  std::span<float> mean_, inverse_;
  std::span<float> factors_;  // [5, channels]: a and b of the forward pass, a, b and c of the backward pass
};

/// The same over the channels of each row. Source: Ba et al. 2016, "Layer normalization", section 3.
class LayerNorm : public Norm {
 public:
  explicit LayerNorm(const LayerSetup& setup) : Norm(setup) { setup.keep(statistics_, 2 * rows_); }

  void forward(LayerStats*) override {
    in_parts([&](std::int64_t at, std::int64_t rows) {
      column_kernels().normalise_rows(input_.values.data() + at, rows, channels_, kEpsilon, scale_.data(), shift_.data(),
                                      statistics_.data() + at / channels_ * 2, output_.values.data() + at);
    });
  }

  void backward(LayerStats*) override {
    float* const dx = input_.gradient.empty() ? output_.gradient.data() : input_.gradient.data();
    sum_rows(backward_sums_, [&](std::int64_t row, std::int64_t rows, double* dscale, double* dshift) {
      const std::int64_t at = row * channels_;
      column_kernels().normalise_rows_backward(input_.values.data() + at, output_.gradient.data() + at, rows, channels_, scale_.data(),
                                               statistics_.data() + row * 2, dx + at, dscale, dshift);
    });
    for (std::int64_t c = 0; c < channels_; ++c) {
      scale_gradient_[c] = static_cast<float>(backward_sums_[c]);
      shift_gradient_[c] = static_cast<float>(backward_sums_[channels_ + c]);
    }
  }

 private:
  std::span<float> statistics_;  // [rows, 2]
};

}  // namespace

const LayerType kBatchNormLayer{.kind = NodeKind::kBatchNorm,
                                .name = "batch_norm",
                                .check = no_fields,
                                .shape = same_shape,
                                .parameters =
                                    [](const Node&, const Shape& input) {
                                      auto all = scale_and_shift(input);
                                      all.push_back({ParameterKind::kRunningMean, {input.channels}});
                                      all.push_back({ParameterKind::kRunningVariance, {input.channels}});
                                      return all;
                                    },
                                .saved = saves_input,
                                .takes = takes_relu_behind,
                                .gradient = Place::kInPlace,
                                .make = make_layer<BatchNorm>};

const LayerType kLayerNormLayer{.kind = NodeKind::kLayerNorm,
                                .name = "layer_norm",
                                .check = no_fields,
                                .shape = same_shape,
                                .parameters = [](const Node&, const Shape& input) { return scale_and_shift(input); },
                                .saved = saves_input,
                                .gradient = Place::kInPlace,
                                .make = make_layer<LayerNorm>};

}  // namespace rectify
