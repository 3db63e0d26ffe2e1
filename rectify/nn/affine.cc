#include "rectify/nn/affine.h"

#include "rectify/simd/layers.h"

namespace rectify {

Affine::Affine(const LayerSetup& setup, std::int64_t units)
    : batch_(setup.batch),
      inputs_(setup.input.width),
      units_(units),
      input_(setup.input),
      products_(setup.backend.dense(batch_, inputs_, units_, setup.purpose)) {
  const ParameterSlot& weight = setup.store.slot(setup.node.name, ParameterKind::kWeight);
  const ParameterSlot& bias = setup.store.slot(setup.node.name, ParameterKind::kBias);
  w_ = setup.store.values(weight).data();
  b_ = setup.store.values(bias).data();
  dw_ = setup.store.gradients(weight).data();
  db_ = setup.store.gradients(bias).data();
}

std::vector<ParameterShape> Affine::parameters(std::int64_t inputs, std::int64_t units) {
  return {{ParameterKind::kWeight, {units, inputs}}, {ParameterKind::kBias, {units}}};
}

void Affine::forward(float* y, LayerStats* stats) {
  products_->forward(input_.values.data(), w_, b_, y);
  if (stats == nullptr) return;
  const RowSigns signs = layer_kernels().row_signs(input_.values.data(), batch_, inputs_);
  stats->input_samples += signs.nonzero;
  stats->one_signed_samples += signs.one_signed;
}

void Affine::backward(const float* dy, LayerStats* stats) {
  products_->backward_weights(input_.values.data(), dy, dw_);
  layer_kernels().column_sums(dy, batch_, units_, db_);
  if (!input_.gradient.empty()) products_->backward_data(dy, w_, input_.gradient.data());
  if (stats == nullptr) return;
  const RowSigns signs = layer_kernels().row_signs(dw_, units_, inputs_);
  stats->gradient_units += signs.nonzero;
  stats->one_signed_units += signs.one_signed;
}

}  // namespace rectify
