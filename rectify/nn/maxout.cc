#include <fmt/format.h>

#include "rectify/base/error.h"
#include "rectify/base/threads.h"
#include "rectify/nn/affine.h"
#include "rectify/simd/layers.h"

namespace rectify {
namespace {

constexpr std::int64_t kGrain = 256;  // rows

/// y = the largest of k affine maps of x, per unit. Source: Goodfellow et al. 2013, "Maxout networks", section 2.
class Maxout : public Layer {
 public:
  explicit Maxout(const LayerSetup& setup)
      : batch_(setup.batch), rows_(setup.rows()), node_(setup.node), output_(setup.output), affine_(setup, node_.pieces * node_.units) {
    setup.for_forward(z_, rows_ * node_.pieces * node_.units);
    setup.for_backward(dz_, rows_ * node_.pieces * node_.units);
    setup.keep(chosen_, rows_ * node_.units);
  }

  void parameters_changed() override { affine_.weights_changed(); }

  void forward(LayerStats* stats) override {
    affine_.forward(z_.data(), stats);
    const std::int64_t units = node_.units, pieces = node_.pieces;
    share_range(rows_, kGrain, [&](std::int64_t begin, std::int64_t end) {
      layer_kernels().max_of_pieces(z_.data() + begin * pieces * units, end - begin, pieces, units, output_.values.data() + begin * units,
                                    chosen_.data() + begin * units);
    });
    if (stats != nullptr) record(stats->sums);
  }

  void backward(LayerStats* stats) override {
    const std::int64_t units = node_.units, pieces = node_.pieces;
    share_range(rows_, kGrain, [&](std::int64_t begin, std::int64_t end) {
      layer_kernels().route_to_pieces(output_.gradient.data() + begin * units, chosen_.data() + begin * units, end - begin, pieces, units,
                                      dz_.data() + begin * pieces * units);
    });
    if (stats != nullptr) add_gradient_squares(dz_, batch_, *stats);
    affine_.backward(dz_.data(), stats);
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
    sums.samples += rows_;
    const float* y = output_.values.data();
    const std::uint8_t* chosen = chosen_.data();
    for (std::int64_t& zero : sums.zero) zero += rows_;
    for (std::int64_t r = 0; r < rows_; ++r, y += node_.units, chosen += node_.units) {
      for (std::int64_t u = 0; u < node_.units; ++u) {
        const double value = y[u];
        sums.y[u] += value;
        sums.yy[u] += value * value;
        --sums.zero[chosen[u] * node_.units + u];
      }
    }
  }

  std::int64_t batch_, rows_;
  Node node_;
  const Signal& output_;
  Affine affine_;
  std::span<float> z_, dz_;  // [rows, pieces, units]: the maps, their gradients
  std::span<std::uint8_t> chosen_;
};

void check(const Node& node) {
  Affine::check(node, node.units);
  if (node.pieces < 2 || node.pieces > 255) {
    fail("net", fmt::format("\"{}\" has {} pieces, maxout wants 2 to 255", node.name, node.pieces));
  }
  if (node.groups != 1) fail("net", fmt::format("\"{}\" has {} groups, maxout wants 1", node.name, node.groups));
}

}  // namespace

const LayerType kMaxoutLayer{
    .kind = NodeKind::kMaxout,
    .name = "maxout",
    .check = check,
    .shape = [](const Node& node, std::span<const Shape> inputs) { return Affine::shape(node, inputs[0], node.units); },
    .parameters = [](const Node& node, const Shape& input) { return Affine::parameters(node, input, node.pieces * node.units); },
    .saved = saves_input,
    .make = make_layer<Maxout>};

}  // namespace rectify
