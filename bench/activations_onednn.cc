#include "activations_onednn.h"

#include <algorithm>
#include <iterator>

namespace rectify::bench {
namespace {

/// oneDNN's counterpart of a catalogue entry.
struct Peer {
  const char* name;
  dnnl::algorithm algorithm;
  float alpha, beta;
};
const Peer kPeers[] = {
    {"linear", dnnl::algorithm::eltwise_linear, 1, 0},
    {"sigmoid", dnnl::algorithm::eltwise_logistic, 0, 0},
    {"tanh", dnnl::algorithm::eltwise_tanh, 0, 0},
    {"relu", dnnl::algorithm::eltwise_relu, 0, 0},
    {"leaky_relu", dnnl::algorithm::eltwise_relu, 0.01f, 0},
    {"elu", dnnl::algorithm::eltwise_elu, 1, 0},
    {"gelu", dnnl::algorithm::eltwise_gelu_erf, 0, 0},
    {"gelu_tanh", dnnl::algorithm::eltwise_gelu_tanh, 0, 0},
    {"quick_gelu", dnnl::algorithm::eltwise_swish, 1.702f, 0},
    {"silu", dnnl::algorithm::eltwise_swish, 1, 0},
    {"swish", dnnl::algorithm::eltwise_swish, 1, 0},
    {"mish", dnnl::algorithm::eltwise_mish, 0, 0},
    {"softplus", dnnl::algorithm::eltwise_soft_relu, 0, 0},
    {"hard_tanh", dnnl::algorithm::eltwise_clip_v2, -1, 1},
    {"relu6", dnnl::algorithm::eltwise_clip_v2, 0, 6},
    {"hard_swish", dnnl::algorithm::eltwise_hardswish, 0, 0},
    {"log_sigmoid", dnnl::algorithm::eltwise_logsigmoid, 0, 0},
};

const Peer* find(const std::string& activation) {
  const auto* const found = std::find_if(std::begin(kPeers), std::end(kPeers), [&](const Peer& p) { return p.name == activation; });
  return found == std::end(kPeers) ? nullptr : found;
}

}  // namespace

void cap_onednn(const std::string& target) {
  if (target == "AVX3") return;
  dnnl::set_max_cpu_isa(target == "AVX2" ? dnnl::cpu_isa::avx2 : dnnl::cpu_isa::sse41);
}

bool OneDnnEltwise::has(const std::string& activation) { return find(activation) != nullptr; }

OneDnnEltwise::OneDnnEltwise(const std::string& activation, Arrays& arrays) : engine_(dnnl::engine::kind::cpu, 0), stream_(engine_) {
  const Peer& peer = *find(activation);
  const dnnl::memory::desc shape({static_cast<dnnl::memory::dim>(arrays.x.size())}, dnnl::memory::data_type::f32,
                                 dnnl::memory::format_tag::a);
  const dnnl::eltwise_forward::desc forward(dnnl::prop_kind::forward_training, peer.algorithm, shape, peer.alpha, peer.beta);
  const dnnl::eltwise_forward::primitive_desc forward_description(forward, engine_);
  const dnnl::eltwise_backward::desc backward(peer.algorithm, shape, shape, peer.alpha, peer.beta);
  forward_ = dnnl::eltwise_forward(forward_description);
  backward_ = dnnl::eltwise_backward({backward, engine_, forward_description});
  const auto memory = [&](AlignedVector<float>& v) { return dnnl::memory(shape, engine_, v.data()); };
  forward_arguments_ = {{DNNL_ARG_SRC, memory(arrays.x)}, {DNNL_ARG_DST, memory(arrays.y)}};
  backward_arguments_ = {{DNNL_ARG_SRC, memory(arrays.x)}, {DNNL_ARG_DIFF_DST, memory(arrays.dy)}, {DNNL_ARG_DIFF_SRC, memory(arrays.dx)}};
}

}  // namespace rectify::bench
