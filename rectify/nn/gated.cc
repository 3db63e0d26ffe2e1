#include <fmt/format.h>

#include "rectify/base/error.h"
#include "rectify/base/threads.h"
#include "rectify/nn/activation_parameters.h"
#include "rectify/nn/affine.h"

namespace rectify {
namespace {

constexpr std::int64_t kGrain = 256;  // rows

/// y = a * f(b) of two affine maps a and b of x, per unit. Source: Dauphin et al. 2017, section 2; Shazeer 2020, "GLU variants".
class Gated : public Layer {
 public:
  explicit Gated(const LayerSetup& setup)
      : node_(setup.node),
        units_(setup.node.units),
        batch_(setup.batch),
        rows_(setup.rows()),
        gate_(setup.activation->activation),
        output_(setup.output),
        affine_(setup, 2 * units_),
        parameters_(setup, gate_.gate()) {
    setup.keep(ab_, rows_ * 2 * units_);
  }

  void parameters_changed() override {
    affine_.weights_changed();
    parameters_.changed();
  }

  void forward(LayerStats* stats) override {
    affine_.forward(ab_.data(), stats);
    share_range(rows_, kGrain, [&](std::int64_t begin, std::int64_t end) {
      gate_.forward(ab_.data() + begin * 2 * units_, output_.values.data() + begin * units_, part(begin, end), parameters_.view());
    });
    if (stats != nullptr) record(stats->sums);
  }

  void backward(LayerStats* stats) override {
    if (parameters_.learns()) {
      parameters_.take_gradients(
          [&](float* sums) { gate_.grad_parameters(ab_.data(), output_.gradient.data(), sums, part(0, rows_), parameters_.view()); });
    }
    share_range(rows_, kGrain, [&](std::int64_t begin, std::int64_t end) {
      float* const ab = ab_.data() + begin * 2 * units_;
      gate_.grad_from_input(ab, output_.gradient.data() + begin * units_, ab, part(begin, end), parameters_.view());
    });
    if (stats != nullptr) add_gradient_squares(ab_, batch_, *stats);
    affine_.backward(ab_.data(), stats);
  }

  std::optional<LayerStats> make_stats() const override {
    LayerStats stats;
    stats.name = node_.name;
    stats.activation = is_gated_name(node_.activation) ? node_.activation : fmt::format("gated({})", node_.activation);
    stats.sums = UnitSums::zeros(units_);
    return stats;
  }

 private:
  /// Of the outputs; a unit whose output is 0 passes nothing back to its value.
  void record(UnitSums& sums) const {
    sums.samples += rows_;
    const float* y = output_.values.data();
    for (std::int64_t r = 0; r < rows_; ++r, y += units_) {
      for (std::int64_t u = 0; u < units_; ++u) {
        const double value = y[u];
        sums.y[u] += value;
        sums.yy[u] += value * value;
        sums.zero[u] += value == 0;
      }
    }
  }

  Extent part(std::int64_t begin, std::int64_t end) const {
    return {static_cast<std::size_t>(end - begin), static_cast<std::size_t>(units_)};
  }

  Node node_;
  std::int64_t units_, batch_, rows_;
  GatedActivation gate_;
  const Signal& output_;
  Affine affine_;
  ActivationParameters parameters_;  // of the gate
  std::span<float> ab_;              // [rows, 2 units]: a and b, then their gradients
};

void check(const Node& node) {
  Affine::check(node, node.units);
  if (node.groups != 1) fail("net", fmt::format("\"{}\" has {} groups, a gated layer wants 1", node.name, node.groups));
  GatedActivation{node.activation};
}

Shape shape(const Node& node, std::span<const Shape> inputs) {
  const Shape output = Affine::shape(node, inputs[0], node.units);
  if (node.sharing == ParameterSharing::kPerUnit && !output.is_vector()) {
    fail("net", fmt::format("\"{}\" gates an image with parameters = \"unit\", wanted \"channel\" or \"shared\"", node.name));
  }
  return output;
}

std::vector<ParameterShape> parameters(const Node& node, const Shape& input) {
  std::vector<ParameterShape> all = Affine::parameters(node, input, 2 * node.units);
  for (ParameterShape& one : learnt_shape(GatedActivation(node.activation).gate(), node.sharing, {node.units})) {
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace

const LayerType kGatedLayer{.kind = NodeKind::kGated,
                            .name = "gated",
                            .check = check,
                            .shape = shape,
                            .parameters = parameters,
                            .saved = saves_input,
                            .make = make_layer<Gated>};

}  // namespace rectify
