// oneDNN's eltwise primitives, the peer of hand-written kernels.
#pragma once

#include <dnnl.hpp>

#include <string>
#include <unordered_map>

#include "activations.h"

namespace rectify::bench {

/// Caps oneDNN at the instruction set of our target. Before its first use.
void cap_onednn(const std::string& target);

/// oneDNN's primitives for one catalogue activation over given arrays.
class OneDnnEltwise {
 public:
  /// Whether oneDNN has a counterpart.
  static bool has(const std::string& activation);
  OneDnnEltwise(const std::string& activation, Arrays& arrays);

  void forward() { forward_.execute(stream_, forward_arguments_); }
  void backward() { backward_.execute(stream_, backward_arguments_); }

 private:
  dnnl::engine engine_;
  dnnl::stream stream_;
  dnnl::primitive forward_, backward_;
  std::unordered_map<int, dnnl::memory> forward_arguments_, backward_arguments_;
};

}  // namespace rectify::bench
