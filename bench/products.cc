#include "products.h"

#include <dnnl.hpp>
#include <string>
#include <unordered_map>
#include <utility>

#include "rectify/base/random.h"

namespace rectify::bench {
namespace {

using dnnl::memory;

memory::desc any(const memory::dims& dims) { return {dims, memory::data_type::f32, memory::format_tag::any}; }

}  // namespace

struct BareProducts::Impl {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  std::vector<std::pair<std::string, memory>> tensors;
  std::vector<std::pair<dnnl::primitive, std::unordered_map<int, memory>>> calls;

  /// The memory of a tensor in a format, shared by all products that want it so. Holds small normal values.
  memory tensor(const std::string& name, const memory::desc& desc) {
    for (const auto& [known, m] : tensors) {
      if (known == name && m.get_desc() == desc) return m;
    }
    memory m(desc, engine);
    Random random(1, tensors.size());
    float* const values = static_cast<float*>(m.get_data_handle());
    for (size_t i = 0; i < desc.get_size() / sizeof(float); ++i) values[i] = static_cast<float>(0.1 * random.normal());
    tensors.emplace_back(name, m);
    return m;
  }

  void forward(std::int64_t batch, DenseSize size, int i) {
    using P = dnnl::inner_product_forward;
    const P::desc desc(dnnl::prop_kind::forward_training, any({batch, size.inputs}), any({size.units, size.inputs}), any({size.units}),
                       any({batch, size.units}));
    const P::primitive_desc pd(desc, engine);
    calls.push_back({P(pd),
                     {{DNNL_ARG_SRC, tensor("y" + std::to_string(i), pd.src_desc())},
                      {DNNL_ARG_WEIGHTS, tensor("w" + std::to_string(i), pd.weights_desc())},
                      {DNNL_ARG_BIAS, tensor("b" + std::to_string(i), pd.bias_desc())},
                      {DNNL_ARG_DST, tensor("y" + std::to_string(i + 1), pd.dst_desc())}}});
  }

  void backward(std::int64_t batch, DenseSize size, int i) {
    using Forward = dnnl::inner_product_forward;
    using Weights = dnnl::inner_product_backward_weights;
    using Data = dnnl::inner_product_backward_data;
    const memory::desc x = any({batch, size.inputs}), w = any({size.units, size.inputs}), b = any({size.units}),
                       y = any({batch, size.units});
    const Forward::primitive_desc hint(Forward::desc(dnnl::prop_kind::forward_training, x, w, b, y), engine);
    const Weights::primitive_desc weights(Weights::desc(x, w, b, y), engine, hint);
    calls.push_back({Weights(weights),
                     {{DNNL_ARG_SRC, tensor("y" + std::to_string(i), weights.src_desc())},
                      {DNNL_ARG_DIFF_DST, tensor("dy" + std::to_string(i + 1), weights.diff_dst_desc())},
                      {DNNL_ARG_DIFF_WEIGHTS, tensor("dw" + std::to_string(i), weights.diff_weights_desc())},
                      {DNNL_ARG_DIFF_BIAS, tensor("db" + std::to_string(i), weights.diff_bias_desc())}}});
    if (i == 0) return;
    const Data::primitive_desc data(Data::desc(x, w, y), engine, hint);
    calls.push_back({Data(data),
                     {{DNNL_ARG_DIFF_DST, tensor("dy" + std::to_string(i + 1), data.diff_dst_desc())},
                      {DNNL_ARG_WEIGHTS, tensor("w" + std::to_string(i), data.weights_desc())},
                      {DNNL_ARG_DIFF_SRC, tensor("dy" + std::to_string(i), data.diff_src_desc())}}});
  }
};

std::vector<DenseSize> dense_sizes(const ParameterStore& store) {
  std::vector<DenseSize> sizes;
  for (const ParameterSlot& slot : store.slots()) {
    if (slot.kind == ParameterKind::kWeight) sizes.push_back({slot.shape[1], slot.shape[0]});
  }
  return sizes;
}

BareProducts::BareProducts(std::int64_t batch, const std::vector<DenseSize>& layers) : impl_(std::make_unique<Impl>()) {
  const int count = static_cast<int>(layers.size());
  for (int i = 0; i < count; ++i) impl_->forward(batch, layers[i], i);
  for (int i = count - 1; i >= 0; --i) impl_->backward(batch, layers[i], i);
}

BareProducts::~BareProducts() = default;
BareProducts::BareProducts(BareProducts&&) noexcept = default;

void BareProducts::run() {
  for (const auto& [primitive, arguments] : impl_->calls) primitive.execute(impl_->stream, arguments);
  impl_->stream.wait();
}

}  // namespace rectify::bench
