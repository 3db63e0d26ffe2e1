// Every activation forward and backward on one thread at three sizes, beside oneDNN's eltwise primitive on the same instruction set and
// memcpy of the same bytes, measured in turn. Usage: activations [--target NAME] [--only NAME] [--rounds N] [--json FILE]
#include <fmt/core.h>
#include <dnnl.hpp>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "rectify/activation/activation.h"
#include "rectify/base/aligned.h"
#include "rectify/base/threads.h"
#include "rectify/base/timing.h"
#include "rectify/simd/target.h"
#include "surroundings.h"

namespace rectify::bench {
namespace {

struct Size {
  const char* name;
  std::size_t count;
};
constexpr Size kSizes[] = {{"L1", 2048}, {"L2", 32768}, {"DRAM", 16 << 20}};

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
    {"mish", dnnl::algorithm::eltwise_mish, 0, 0},
    {"softplus", dnnl::algorithm::eltwise_soft_relu, 0, 0},
    {"hard_tanh", dnnl::algorithm::eltwise_clip_v2, -1, 1},
    {"relu6", dnnl::algorithm::eltwise_clip_v2, 0, 6},
    {"hard_swish", dnnl::algorithm::eltwise_hardswish, 0, 0},
    {"log_sigmoid", dnnl::algorithm::eltwise_logsigmoid, 0, 0},
};

/// One function's arrays and the ways to run over them.
class Arrays {
 public:
  explicit Arrays(std::size_t n) : x(n), y(n), dy(n), dx(n) {
    for (std::size_t i = 0; i < n; ++i) {
      x[i] = static_cast<float>(4 * std::sin(1.3 * static_cast<double>(i)));
      dy[i] = static_cast<float>(std::cos(0.7 * static_cast<double>(i)));
    }
  }
  AlignedVector<float> x, y, dy, dx;
};

/// oneDNN's primitives for one function and size.
class PeerRun {
 public:
  PeerRun(const Peer& peer, Arrays& a) : engine_(dnnl::engine::kind::cpu, 0), stream_(engine_) {
    const dnnl::memory::desc shape({static_cast<dnnl::memory::dim>(a.x.size())}, dnnl::memory::data_type::f32, dnnl::memory::format_tag::a);
    const dnnl::eltwise_forward::desc forward(dnnl::prop_kind::forward_training, peer.algorithm, shape, peer.alpha, peer.beta);
    const dnnl::eltwise_forward::primitive_desc forward_description(forward, engine_);
    const dnnl::eltwise_backward::desc backward(peer.algorithm, shape, shape, peer.alpha, peer.beta);
    forward_ = dnnl::eltwise_forward(forward_description);
    backward_ = dnnl::eltwise_backward({backward, engine_, forward_description});
    const auto memory = [&](AlignedVector<float>& v) { return dnnl::memory(shape, engine_, v.data()); };
    forward_arguments_ = {{DNNL_ARG_SRC, memory(a.x)}, {DNNL_ARG_DST, memory(a.y)}};
    backward_arguments_ = {{DNNL_ARG_SRC, memory(a.x)}, {DNNL_ARG_DIFF_DST, memory(a.dy)}, {DNNL_ARG_DIFF_SRC, memory(a.dx)}};
  }
  void forward() { forward_.execute(stream_, forward_arguments_); }
  void backward() { backward_.execute(stream_, backward_arguments_); }

 private:
  dnnl::engine engine_;
  dnnl::stream stream_;
  dnnl::primitive forward_, backward_;
  std::unordered_map<int, dnnl::memory> forward_arguments_, backward_arguments_;
};

/// Nanoseconds an element of each of `runs`, measured in turn: medians over rounds.
std::vector<double> measure(const std::vector<std::function<void()>>& runs, std::size_t n, int rounds) {
  const int repeats = static_cast<int>(std::max<std::size_t>(1, (1 << 19) / n));
  std::vector<std::vector<double>> times(runs.size());
  for (int round = -1; round < rounds; ++round) {
    for (std::size_t k = 0; k < runs.size(); ++k) {
      const Stopwatch watch;
      for (int i = 0; i < repeats; ++i) runs[k]();
      if (round >= 0) times[k].push_back(watch.seconds() / repeats / static_cast<double>(n) * 1e9);
    }
  }
  std::vector<double> medians;
  for (auto& t : times) medians.push_back(median(t));
  return medians;
}

/// Keeps a geometric mean.
class GeometricMean {
 public:
  void add(double value) { sum_ += std::log(value), ++count_; }
  double value() const { return count_ == 0 ? NAN : std::exp(sum_ / count_); }

 private:
  double sum_ = 0;
  int count_ = 0;
};

/// Measures one function and direction at one size, prints the row and returns it.
nlohmann::json row(const Activation& f, const Peer* peer, bool forward, const Size& size, Arrays& a, int rounds) {
  const std::size_t n = size.count;
  std::optional<PeerRun> theirs;
  if (peer != nullptr) theirs.emplace(*peer, a);
  std::vector<std::function<void()>> runs;
  if (forward) {
    runs = {[&] { f.forward(a.x.data(), a.y.data(), n); }, [&] { std::memcpy(a.y.data(), a.x.data(), n * sizeof(float)); }};
    if (theirs) runs.emplace_back([&] { theirs->forward(); });
  } else {
    runs = {[&] { f.grad_from_input(a.x.data(), a.dy.data(), a.dx.data(), n); },
            [&] { std::memcpy(a.dx.data(), a.x.data(), n * sizeof(float)); }};
    if (theirs) runs.emplace_back([&] { theirs->backward(); });
  }
  const std::vector<double> ns = measure(runs, n, rounds);
  fmt::print("{:<14}{:<9}{:<6}{:>8.3f}{:>9.3f}", f.name(), forward ? "forward" : "backward", size.name, ns[0], ns[1]);
  if (theirs) fmt::print("{:>9.3f}{:>8.2f}", ns[2], ns[2] / ns[0]);
  fmt::print("\n");
  nlohmann::json result{
      {"activation", f.name()}, {"direction", forward ? "forward" : "backward"}, {"size", size.name}, {"ns", ns[0]}, {"memcpy_ns", ns[1]}};
  if (theirs) result["onednn_ns"] = ns[2];
  return result;
}

/// Caps oneDNN at the instruction set of our target. Before its first use.
void cap_peer(const std::string& target) {
  if (target == "AVX3") return;
  const dnnl::cpu_isa isa = target == "AVX2" ? dnnl::cpu_isa::avx2 : dnnl::cpu_isa::sse41;
  dnnl::set_max_cpu_isa(isa);
}

int run(int argc, char** argv) {
  set_team_size(1);
  set_target(option(argc, argv, "--target", "best"));
  cap_peer(current_target());
  const int rounds = std::stoi(option(argc, argv, "--rounds", "9"));
  const std::string only = option(argc, argv, "--only", "");
  fmt::print("nanoseconds an element, target {}, one thread, medians of {} rounds; ratio: oneDNN's time over ours\n", current_target(),
             rounds);
  fmt::print("{:<14}{:<9}{:<6}{:>8}{:>9}{:>9}{:>8}\n", "", "", "size", "ours", "memcpy", "oneDNN", "ratio");
  nlohmann::json rows = nlohmann::json::array();
  GeometricMean ratio[2];
  for (const Size& size : kSizes) {
    Arrays arrays(size.count);
    for (const std::string& name : catalogue_names()) {
      if (!only.empty() && name != only) continue;
      const auto peer = std::find_if(std::begin(kPeers), std::end(kPeers), [&](const Peer& p) { return p.name == name; });
      for (const bool forward : {true, false}) {
        rows.push_back(row(Activation(name), peer == std::end(kPeers) ? nullptr : &*peer, forward, size, arrays, rounds));
        if (&size == &kSizes[0] && rows.back().contains("onednn_ns")) {
          ratio[forward ? 0 : 1].add(rows.back()["onednn_ns"].get<double>() / rows.back()["ns"].get<double>());
        }
      }
    }
  }
  fmt::print("geometric mean of the ratios in L1: forward {:.2f}, backward {:.2f}\n", ratio[0].value(), ratio[1].value());
  write_json(option(argc, argv, "--json", ""),
             {{"rows", rows}, {"mean_ratio_forward", ratio[0].value()}, {"mean_ratio_backward", ratio[1].value()}});
  return 0;
}

}  // namespace
}  // namespace rectify::bench

int main(int argc, char** argv) {
  try {
    return rectify::bench::run(argc, argv);
  } catch (const std::exception& e) {
    fmt::print(stderr, "{}\n", e.what());
    return 1;
  }
}
