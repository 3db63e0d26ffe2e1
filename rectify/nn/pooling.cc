#include <fmt/format.h>

#include "rectify/base/error.h"
#include "rectify/base/threads.h"
#include "rectify/nn/layer.h"
#include "rectify/nn/window.h"
#include "rectify/simd/pooling.h"

// Not oneDNN's: at 64 images of 32 x 28 x 28 on AVX2 with one thread its maximum takes 4 ns an element forward and 3 backward, whatever the
// layout; that of simd/pooling.h a fifth.

namespace rectify {
namespace {

/// What the pools have in common: their size, and images shared out to the team.
class Pool : public Layer {
 public:
  explicit Pool(const LayerSetup& setup) : input_(setup.input()), output_(setup.output) {
    const Node& node = setup.node;
    const Shape& in = input_.shape;
    size_ = {setup.batch, in.height, in.width, in.channels, node.kernel, node.kernel, node.stride, node.padding};
    if (node.kind != NodeKind::kGlobalPool) return;
    size_.kernel_height = in.height;
    size_.kernel_width = in.width;
  }

 protected:
  /// Calls body(size of the part, place of its first value in the input, in the output).
  template <class Body>
  void in_parts(const Body& body) const {
    share_range(size_.images, 1, [&](std::int64_t begin, std::int64_t end) {
      PoolSize part = size_;
      part.images = end - begin;
      body(part, begin * input_.shape.size(), begin * output_.shape.size());
    });
  }

  const Signal& input_;
  const Signal& output_;
  PoolSize size_{};
};

class MaxPool : public Pool {
 public:
  explicit MaxPool(const LayerSetup& setup) : Pool(setup), takes_relu_(setup.takes_relu) {
    setup.keep(chosen_, setup.batch * output_.shape.size());
  }

  void forward(LayerStats*) override {
    const auto max = takes_relu_ ? pool_kernels().max_of_relu : pool_kernels().max;
    in_parts([&](const PoolSize& part, std::int64_t in, std::int64_t out) {
      max(part, input_.values.data() + in, output_.values.data() + out, chosen_.data() + out);
    });
  }
  void backward(LayerStats*) override {
    if (input_.gradient.empty()) return;
    in_parts([this](const PoolSize& part, std::int64_t in, std::int64_t out) {
      pool_kernels().max_backward(part, output_.gradient.data() + out, chosen_.data() + out, input_.gradient.data() + in);
    });
  }

 private:
  bool takes_relu_;
  std::span<std::uint8_t> chosen_;  // of the output's size
};

class AveragePool : public Pool {
 public:
  using Pool::Pool;

  void forward(LayerStats*) override {
    in_parts([this](const PoolSize& part, std::int64_t in, std::int64_t out) {
      pool_kernels().average(part, input_.values.data() + in, output_.values.data() + out);
    });
  }
  void backward(LayerStats*) override {
    if (input_.gradient.empty()) return;
    in_parts([this](const PoolSize& part, std::int64_t in, std::int64_t out) {
      pool_kernels().average_backward(part, output_.gradient.data() + out, input_.gradient.data() + in);
    });
  }
};

Shape shape(const Node& node, std::span<const Shape> inputs) { return window_shape(node, inputs[0], inputs[0].channels); }

void check_max(const Node& node) {
  check_window(node);
  if (node.kernel * node.kernel > kMostPoolPositions) {
    fail("net", fmt::format("\"{}\" has a kernel of {}, the largest of at most {} values can be found", node.name, node.kernel,
                            kMostPoolPositions));
  }
}

}  // namespace

const LayerType kMaxPoolLayer{.kind = NodeKind::kMaxPool,
                              .name = "max_pool",
                              .check = check_max,
                              .shape = shape,
                              .takes_relu_as = LeftTo::kReader,
                              .make = make_layer<MaxPool>};

const LayerType kAveragePoolLayer{
    .kind = NodeKind::kAveragePool, .name = "average_pool", .check = check_window, .shape = shape, .make = make_layer<AveragePool>};

const LayerType kGlobalPoolLayer{.kind = NodeKind::kGlobalPool,
                                 .name = "global_pool",
                                 .check = no_fields,
                                 .shape = [](const Node&, std::span<const Shape> inputs) { return Shape{inputs[0].channels}; },
                                 .make = make_layer<AveragePool>};

}  // namespace rectify
