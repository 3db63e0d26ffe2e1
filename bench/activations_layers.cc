#include <fmt/core.h>

#include <dnnl.hpp>
#include <unordered_map>

#include "activations.h"
#include "rectify/activation/gated.h"
#include "rectify/activation/rows.h"

namespace rectify::bench {
namespace {

constexpr Extent kExtents[] = {{1024, 10}, {16, 1024}};

/// oneDNN's softmax or its logarithm over the rows of given arrays.
class OneDnnSoftmax {
 public:
  OneDnnSoftmax(bool logarithm, Extent extent, Arrays& a) : engine_(dnnl::engine::kind::cpu, 0), stream_(engine_) {
    const auto algorithm = logarithm ? dnnl::algorithm::softmax_log : dnnl::algorithm::softmax_accurate;
    const dnnl::memory::desc shape({static_cast<dnnl::memory::dim>(extent.rows), static_cast<dnnl::memory::dim>(extent.cols)},
                                   dnnl::memory::data_type::f32, dnnl::memory::format_tag::ab);
    const dnnl::softmax_v2_forward::primitive_desc forward({dnnl::prop_kind::forward_training, algorithm, shape, shape, 1}, engine_);
    forward_ = dnnl::softmax_v2_forward(forward);
    backward_ = dnnl::softmax_v2_backward({{algorithm, shape, shape, shape, 1}, engine_, forward});
    const auto memory = [&](AlignedVector<float>& v) { return dnnl::memory(shape, engine_, v.data()); };
    forward_arguments_ = {{DNNL_ARG_SRC, memory(a.x)}, {DNNL_ARG_DST, memory(a.y)}};
    backward_arguments_ = {{DNNL_ARG_DST, memory(a.y)}, {DNNL_ARG_DIFF_DST, memory(a.dy)}, {DNNL_ARG_DIFF_SRC, memory(a.dx)}};
  }
  void run(Direction direction) {
    if (direction == Direction::kForward) {
      forward_.execute(stream_, forward_arguments_);
    } else {
      backward_.execute(stream_, backward_arguments_);
    }
  }

 private:
  dnnl::engine engine_;
  dnnl::stream stream_;
  dnnl::primitive forward_, backward_;
  std::unordered_map<int, dnnl::memory> forward_arguments_, backward_arguments_;
};

void softmaxes(Session& session) {
  fmt::print("\nSoftmax and its logarithm over rows, ns a value; ratio: oneDNN's time over ours.\n{:<16}{:<9}{:<9}{:>8}{:>9}{:>8}\n", "",
             "", "rows", "ours", "oneDNN", "ratio");
  for (const Extent extent : kExtents) {
    const std::size_t n = extent.rows * extent.cols;
    Arrays a(n);
    for (const bool logarithm : {false, true}) {
      const char* const name = logarithm ? "log_softmax" : "softmax";
      const auto forward = logarithm ? log_softmax : softmax;
      const auto backward = logarithm ? log_softmax_grad_from_output : softmax_grad_from_output;
      OneDnnSoftmax peer(logarithm, extent, a);
      forward(a.x.data(), a.y.data(), extent);
      for (const Direction direction : kDirections) {
        const std::function<void()> ours = direction == Direction::kForward
                                               ? std::function<void()>([&] { forward(a.x.data(), a.y.data(), extent); })
                                               : [&] { backward(a.y.data(), a.dy.data(), a.dx.data(), extent); };
        const auto ns = measure({{ours}, {[&] { peer.run(direction); }}}, n, session.rounds);
        const std::string rows = fmt::format("{}x{}", extent.rows, extent.cols);
        fmt::print("{:<16}{:<9}{:<9}{:>8.3f}{:>9.3f}{:>8.2f}\n", name, name_of(direction), rows, ns[0], ns[1], ns[1] / ns[0]);
        session.rows.push_back({{"part", "layers"},
                                {"activation", name},
                                {"direction", name_of(direction)},
                                {"size", rows},
                                {"ns", ns[0]},
                                {"onednn_ns", ns[1]}});
      }
    }
  }
}

void gates(Session& session) {
  fmt::print("\nGated layers in L1, ns a value of y, beside their gate alone.\n{:<16}{:<9}{:>8}{:>8}{:>8}\n", "", "", "ours", "gate",
             "ratio");
  constexpr std::size_t kCount = kL1.count;
  Arrays a(kCount), b(kCount);
  for (const CatalogueEntry& entry : layer_catalogue()) {
    if (!is_gated_name(entry.name)) continue;
    const GatedActivation gated(entry.name);
    for (const Direction direction : kDirections) {
      const std::function<void()> ours =
          direction == Direction::kForward
              ? std::function<void()>([&] { gated.forward(a.x.data(), b.x.data(), a.y.data(), kCount); })
              : [&] { gated.grad_from_input(a.x.data(), b.x.data(), a.dy.data(), a.dx.data(), b.dx.data(), kCount); };
      const auto ns = measure({{ours}, {out_of_place(gated.gate(), direction, b)}}, kCount, session.rounds);
      fmt::print("{:<16}{:<9}{:>8.3f}{:>8.3f}{:>8.2f}\n", entry.name, name_of(direction), ns[0], ns[1], ns[0] / ns[1]);
      session.rows.push_back({{"part", "layers"},
                              {"activation", entry.name},
                              {"direction", name_of(direction)},
                              {"size", kL1.name},
                              {"ns", ns[0]},
                              {"gate_ns", ns[1]}});
    }
  }
}

}  // namespace

void layers(Session& session) {
  if (!session.only.empty()) return;
  softmaxes(session);
  gates(session);
}

}  // namespace rectify::bench
