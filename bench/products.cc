#include "products.h"

#include <algorithm>
#include <dnnl.hpp>
#include <string>
#include <unordered_map>
#include <utility>

#include "rectify/base/random.h"

namespace rectify::bench {
namespace {

using dnnl::memory;

memory::desc any(const memory::dims& dims) { return {dims, memory::data_type::f32, memory::format_tag::any}; }

/// A layer's map: what it reads, where its values and gradients are called by the names of nodes.
struct Map {
  const Node& node;
  std::string input;
  bool reads_data;
  memory::dims x, w, y;
};

/// A node that gives what its input gives, in another form, has its input's name.
std::string source_of(const Model& model, const std::vector<std::vector<std::size_t>>& reads, std::size_t i) {
  while (i > 0 && (model.nodes[i].kind == NodeKind::kActivation || model.nodes[i].kind == NodeKind::kFlatten)) i = reads[i][0];
  return model.nodes[i].name;
}

std::vector<Map> maps_of(const Model& model, std::int64_t batch) {
  const std::vector<Shape> shape = shapes(model);
  const auto reads = input_indices(model);
  std::vector<Map> maps;
  for (std::size_t i = 0; i < model.nodes.size(); ++i) {
    const Node& node = model.nodes[i];
    if (node.kind != NodeKind::kDense && node.kind != NodeKind::kConv2d && node.kind != NodeKind::kMaxout) continue;
    const Shape &in = shape[reads[i][0]], &out = shape[i];
    const std::int64_t units = node.units * std::max(1, node.pieces);
    Map map{node, source_of(model, reads, reads[i][0]), source_of(model, reads, reads[i][0]) == model.nodes[0].name, {}, {}, {}};
    if (node.kernel == 0) {
      map.x = {batch, in.size()}, map.w = {units, in.size()}, map.y = {batch, units};
    } else {
      map.x = {batch, in.channels, in.height, in.width};
      map.w = {units, in.channels, node.kernel, node.kernel};
      map.y = {batch, units, out.height, out.width};
    }
    maps.push_back(std::move(map));
  }
  return maps;
}

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

  template <class P, class Description>
  void forward(const Map& map, const Description& pd) {
    calls.push_back({P(pd),
                     {{DNNL_ARG_SRC, tensor(map.input, pd.src_desc())},
                      {DNNL_ARG_WEIGHTS, tensor(map.node.name + " w", pd.weights_desc())},
                      {DNNL_ARG_BIAS, tensor(map.node.name + " b", pd.bias_desc())},
                      {DNNL_ARG_DST, tensor(map.node.name, pd.dst_desc())}}});
  }

  template <class P, class Description>
  void weights(const Map& map, const Description& pd) {
    calls.push_back({P(pd),
                     {{DNNL_ARG_SRC, tensor(map.input, pd.src_desc())},
                      {DNNL_ARG_DIFF_DST, tensor(map.node.name + " dy", pd.diff_dst_desc())},
                      {DNNL_ARG_DIFF_WEIGHTS, tensor(map.node.name + " dw", pd.diff_weights_desc())},
                      {DNNL_ARG_DIFF_BIAS, tensor(map.node.name + " db", pd.diff_bias_desc())}}});
  }

  template <class P, class Description>
  void data(const Map& map, const Description& pd) {
    calls.push_back({P(pd),
                     {{DNNL_ARG_DIFF_DST, tensor(map.node.name + " dy", pd.diff_dst_desc())},
                      {DNNL_ARG_WEIGHTS, tensor(map.node.name + " w", pd.weights_desc())},
                      {DNNL_ARG_DIFF_SRC, tensor(map.input + " dy", pd.diff_src_desc())}}});
  }

  dnnl::inner_product_forward::primitive_desc dense(const Map& map) {
    using P = dnnl::inner_product_forward;
    return {P::desc(dnnl::prop_kind::forward_training, any(map.x), any(map.w), any({map.y[1]}), any(map.y)), engine};
  }

  dnnl::convolution_forward::primitive_desc convolution(const Map& map) {
    using P = dnnl::convolution_forward;
    return {P::desc(dnnl::prop_kind::forward_training, dnnl::algorithm::convolution_direct, any(map.x), any(map.w), any({map.y[1]}),
                    any(map.y), strides(map), padding(map), padding(map)),
            engine};
  }

  static memory::dims strides(const Map& map) { return {map.node.stride, map.node.stride}; }
  static memory::dims padding(const Map& map) { return {map.node.padding, map.node.padding}; }

  void go_forward(const Map& map) {
    if (map.node.kernel == 0) return forward<dnnl::inner_product_forward>(map, dense(map));
    forward<dnnl::convolution_forward>(map, convolution(map));
  }

  void go_back(const Map& map) {
    const memory::desc x = any(map.x), w = any(map.w), b = any({map.y[1]}), y = any(map.y);
    if (map.node.kernel == 0) {
      using Weights = dnnl::inner_product_backward_weights;
      using Data = dnnl::inner_product_backward_data;
      weights<Weights>(map, Weights::primitive_desc(Weights::desc(x, w, b, y), engine, dense(map)));
      if (!map.reads_data) data<Data>(map, Data::primitive_desc(Data::desc(x, w, y), engine, dense(map)));
      return;
    }
    using Weights = dnnl::convolution_backward_weights;
    using Data = dnnl::convolution_backward_data;
    constexpr auto kDirect = dnnl::algorithm::convolution_direct;
    weights<Weights>(map, Weights::primitive_desc(Weights::desc(kDirect, x, w, b, y, strides(map), padding(map), padding(map)), engine,
                                                  convolution(map)));
    if (map.reads_data) return;
    data<Data>(map, Data::primitive_desc(Data::desc(kDirect, x, w, y, strides(map), padding(map), padding(map)), engine, convolution(map)));
  }
};

BareProducts::BareProducts(std::int64_t batch, const Model& model) : impl_(std::make_unique<Impl>()) {
  const std::vector<Map> maps = maps_of(model, batch);
  for (const Map& map : maps) impl_->go_forward(map);
  for (auto map = maps.rbegin(); map != maps.rend(); ++map) impl_->go_back(*map);
}

BareProducts::~BareProducts() = default;
BareProducts::BareProducts(BareProducts&&) noexcept = default;

void BareProducts::run() {
  for (const auto& [primitive, arguments] : impl_->calls) primitive.execute(impl_->stream, arguments);
  impl_->stream.wait();
}

}  // namespace rectify::bench
