#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "rectify/activation/dropout.h"
#include "rectify/base/error.h"
#include "rectify/base/random.h"
#include "rectify/base/threads.h"
#include "rectify/nn/layer.h"
#include "rectify/simd/columns.h"

namespace rectify {
namespace {

constexpr double kSteps = 65536;  // apply_dropout() draws with probabilities of that many steps
constexpr double kMostRate = 1 - 1 / kSteps;
/// The limit of SELU for x -> -inf, -lambda alpha: Klambauer et al. 2017, equation 14.
constexpr double kSeluLimit = -1.0507009873554804934193349852946 * 1.6732632423543772848170429916717;

/// Drops values with probability `rate` and makes the others larger by 1 / (1 - rate). The mask follows from seed and step, so that nothing
/// is stored; outside training steps everything passes.
class DropoutLayer : public Layer {
 public:
  explicit DropoutLayer(const LayerSetup& setup)
      : keep_(std::round((1 - setup.node.rate) * kSteps) / kSteps),
        stream_(named_stream(setup.node.name)),
        training_(setup.purpose == Purpose::kTraining),
        context_(setup.context),
        input_(setup.input()),
        output_(setup.output) {}

  void forward(LayerStats*) override { apply(input_.values.data(), output_.values.data(), output_.values.size()); }

  void backward(LayerStats*) override {
    if (!input_.gradient.empty()) apply(output_.gradient.data(), input_.gradient.data(), output_.gradient.size());
  }

 protected:
  bool drops() const { return training_ && context_.pass == Pass::kStep && keep_ < 1; }

  void apply(const float* x, float* y, std::size_t n) const {
    if (!drops()) {
      if (x != y) std::copy_n(x, n, y);
      return;
    }
    // A stream for each step.
    const Dropout dropout{keep_, context_.seed, stream_ + context_.step};
    share_range(static_cast<std::int64_t>(n), kWorthAThread, [&](std::int64_t begin, std::int64_t end) {
      apply_dropout(dropout, x + begin, y + begin, static_cast<std::size_t>(end - begin), static_cast<std::size_t>(begin));
    });
  }

  double keep_;
  std::uint64_t stream_;
  bool training_;
  const PassContext& context_;
  const Signal& input_;
  const Signal& output_;
};

/// Sets values to SELU's limit s with probability `rate`, then y = a x' + b, so that mean 0 and variance 1 stay. As y = a k m(x - s) + c
/// with m the mask of dropout, which divides by k: c = a s + b.
class AlphaDropoutLayer : public DropoutLayer {
 public:
  explicit AlphaDropoutLayer(const LayerSetup& setup) : DropoutLayer(setup), channels_(setup.output.shape.channels) {
    const double drop = 1 - keep_, a = 1 / std::sqrt(keep_ * (1 + drop * kSeluLimit * kSeluLimit));
    factor_ = static_cast<float>(a * keep_);
    const double shift = -a * drop * kSeluLimit;
    after_ = static_cast<float>(a * kSeluLimit + shift);
    setup.arena.place(columns_, 2 * channels_);
  }

  void forward(LayerStats*) override {
    float* const y = output_.values.data();
    if (!drops()) return apply(input_.values.data(), y, output_.values.size());
    scale(input_.values.data(), 1, static_cast<float>(-kSeluLimit), y);
    apply(y, y, output_.values.size());
    scale(y, factor_, after_, y);
  }

  void backward(LayerStats*) override {
    if (input_.gradient.empty()) return;
    apply(output_.gradient.data(), input_.gradient.data(), output_.gradient.size());
    if (drops()) scale(input_.gradient.data(), factor_, 0, input_.gradient.data());
  }

 private:
  void scale(const float* x, float a, float b, float* y) {
    const auto factors = columns_.first(channels_), shifts = columns_.subspan(channels_, channels_);
    std::ranges::fill(factors, a);
    std::ranges::fill(shifts, b);
    column_kernels().scale_and_shift(x, static_cast<std::int64_t>(output_.values.size()) / channels_, channels_, factors.data(),
                                     shifts.data(), y);
  }

  std::int64_t channels_;
  float factor_, after_;
  std::span<float> columns_;  // [2, channels]
};

void check(const Node& node) {
  if (!(node.rate >= 0 && node.rate <= kMostRate)) {
    fail("net", fmt::format("\"{}\" drops with probability {}, wanted 0 to {:.5g}", node.name, node.rate, kMostRate));
  }
}

}  // namespace

const LayerType kDropoutLayer{.kind = NodeKind::kDropout,
                              .name = "dropout",
                              .check = check,
                              .shape = same_shape,
                              .values = Place::kInPlace,
                              .gradient = Place::kInPlace,
                              .make = make_layer<DropoutLayer>};

const LayerType kAlphaDropoutLayer{.kind = NodeKind::kAlphaDropout,
                                   .name = "alpha_dropout",
                                   .check = check,
                                   .shape = same_shape,
                                   .values = Place::kInPlace,
                                   .gradient = Place::kInPlace,
                                   .make = make_layer<AlphaDropoutLayer>};

}  // namespace rectify
