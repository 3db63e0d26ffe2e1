#include <fmt/format.h>

#include "rectify/base/error.h"
#include "rectify/nn/affine.h"
#include "rectify/simd/layers.h"

namespace rectify {
namespace {

/// y = the largest of k affine maps of x, per unit. Source: Goodfellow et al. 2013, "Maxout networks", section 2.
class Maxout : public Layer {
 public:
  explicit Maxout(const LayerSetup& setup)
      : batch_(setup.batch), node_(setup.node), output_(setup.output), affine_(setup, node_.pieces * node_.units) {
    setup.arena.place_scratch(z_, batch_ * node_.pieces * node_.units);
    setup.arena.place(chosen_, batch_ * node_.units);
  }

  void parameters_changed() override { affine_.weights_changed(); }

  void forward(LayerStats* stats) override {
    affine_.forward(z_.data(), stats);
    layer_kernels().max_of_pieces(z_.data(), batch_, node_.pieces, node_.units, output_.values.data(), chosen_.data());
    if (stats != nullptr) record(stats->sums);
  }

  void backward(LayerStats* stats) override {
    layer_kernels().route_to_pieces(output_.gradient.data(), chosen_.data(), batch_, node_.pieces, node_.units, z_.data());
    if (stats != nullptr) add_gradient_squares(z_, batch_, *stats);
    affine_.backward(z_.data(), stats);
  }

  std::optional<LayerStats> make_stats() const override {
    LayerStats stats;
    stats.name = node_.name;
    stats.activation = node_.pieces == 2 ? "maxout" : fmt::format("maxout(k={})", node_.pieces);
    stats.sums = UnitSums::zeros(node_.units, node_.pieces);
    return stats;
  }

 private:
  void record(UnitSums& sums) const {
    sums.samples += batch_;
    const float* y = output_.values.data();
    const std::uint8_t* chosen = chosen_.data();
    for (std::int64_t& zero : sums.zero) zero += batch_;
    for (std::int64_t r = 0; r < batch_; ++r, y += node_.units, chosen += node_.units) {
      for (std::int64_t u = 0; u < node_.units; ++u) {
        const double value = y[u];
        sums.y[u] += value;
        sums.yy[u] += value * value;
        --sums.zero[chosen[u] * node_.units + u];
      }
    }
  }

  std::int64_t batch_;
  Node node_;
  const Signal& output_;
  Affine affine_;
  std::span<float> z_;  // [batch, pieces, units]: the maps, then their gradients
  std::span<std::uint8_t> chosen_;
};

void check(const Node& node) {
  check_units(node.name, node.units);
  if (node.pieces < 2 || node.pieces > 255) {
    fail("net", fmt::format("\"{}\" has {} pieces, maxout wants 2 to 255", node.name, node.pieces));
  }
}

}  // namespace

const LayerType kMaxoutLayer{NodeKind::kMaxout,
                             check,
                             [](const Node& node, std::int64_t) { return node.units; },
                             [](const Node& node, std::int64_t inputs) { return Affine::parameters(inputs, node.pieces * node.units); },
                             Gradients::kApart,
                             [](const LayerSetup& setup) -> std::unique_ptr<Layer> { return std::make_unique<Maxout>(setup); }};

}  // namespace rectify
