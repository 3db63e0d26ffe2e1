#include "rectify/nn/affine.h"

#include <fmt/format.h>

#include "rectify/base/error.h"
#include "rectify/base/threads.h"
#include "rectify/nn/window.h"
#include "rectify/simd/layers.h"

namespace rectify {
namespace {

constexpr std::int64_t kGrain = std::int64_t{1} << 15;  // values that are worth a thread
constexpr std::int64_t kColumnGrain = 16;               // columns of a cache line

bool is_convolution(const Node& node) { return node.kernel > 0; }

std::unique_ptr<Products> make_products(const LayerSetup& setup, std::int64_t units) {
  const Node& node = setup.node;
  const Shape& in = setup.input().shape;
  if (!is_convolution(node)) return setup.backend.dense({setup.batch, in.size(), units}, setup.purpose);
  const DataGradient data = setup.input_wants_gradient ? DataGradient::kWanted : DataGradient::kUnwanted;
  return setup.backend.convolution(
      {setup.batch, in.height, in.width, in.channels, units, node.kernel, node.stride, node.padding, node.groups}, setup.purpose, data);
}

/// Each member of the team adds up columns of its own, so that the result does not depend on how many there are.
void column_sums(const float* values, std::int64_t rows, std::int64_t columns, float* sums) {
  const std::int64_t grain = rows * columns < kGrain ? columns : kColumnGrain;
  share_range(columns, grain, [&](std::int64_t begin, std::int64_t end) {
    layer_kernels().column_sums(values + begin, rows, end - begin, columns, sums + begin);
  });
}

}  // namespace

Affine::Affine(const LayerSetup& setup, std::int64_t units)
    : batch_(setup.batch),
      units_(units),
      rows_(setup.rows()),
      input_(setup.input()),
      products_(make_products(setup, units)),
      w_(setup.values(ParameterKind::kWeight)),
      dw_(setup.gradients(ParameterKind::kWeight)) {
  if (setup.node.bias == Bias::kWithout) return;
  b_ = setup.values(ParameterKind::kBias);
  db_ = setup.gradients(ParameterKind::kBias);
}

void Affine::check(const Node& node, std::int64_t units) {
  check_units(node.name, units);
  if (!is_convolution(node)) return;
  check_window(node);
  if (node.groups < 1 || units % node.groups != 0) {
    fail("net", fmt::format("\"{}\" has {} groups, wanted a divisor of its {} filters", node.name, node.groups, units));
  }
}

Shape Affine::shape(const Node& node, const Shape& input, std::int64_t units) {
  if (is_convolution(node)) {
    if (input.channels % node.groups != 0) {
      fail("net",
           fmt::format("\"{}\" reads {}, wanted a number of channels that its {} groups divide", node.name, to_text(input), node.groups));
    }
    return window_shape(node, input, units);
  }
  if (!input.is_vector()) {
    fail("net",
         fmt::format("\"{}\" reads an image of {}, wanted a vector: put a flatten or a global pool before it", node.name, to_text(input)));
  }
  return {units};
}

std::vector<ParameterShape> Affine::parameters(const Node& node, const Shape& input, std::int64_t units) {
  std::vector<ParameterShape> all{{ParameterKind::kWeight, {units, input.channels / node.groups}}};
  if (is_convolution(node)) all[0].shape.insert(all[0].shape.end(), {node.kernel, node.kernel});
  if (node.bias == Bias::kWith) all.push_back({ParameterKind::kBias, {units}});
  return all;
}

void Affine::forward(float* y, LayerStats* stats) {
  products_->forward(input_.values.data(), w_.data(), b_.empty() ? nullptr : b_.data(), y);
  if (stats == nullptr) return;
  const RowSigns signs = layer_kernels().row_signs(input_.values.data(), batch_, input_.shape.size());
  stats->input_samples += signs.nonzero;
  stats->one_signed_samples += signs.one_signed;
}

void Affine::backward(const float* dy, LayerStats* stats) {
  products_->backward_weights(input_.values.data(), dy, dw_.data());
  if (!db_.empty()) column_sums(dy, rows_, units_, db_.data());
  if (!input_.gradient.empty()) products_->backward_data(dy, w_.data(), input_.gradient.data());
  if (stats == nullptr) return;
  const RowSigns signs = layer_kernels().row_signs(dw_.data(), units_, static_cast<std::int64_t>(dw_.size()) / units_);
  stats->gradient_units += signs.nonzero;
  stats->one_signed_units += signs.one_signed;
}

}  // namespace rectify
