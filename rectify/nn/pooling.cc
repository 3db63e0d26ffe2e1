#include <fmt/format.h>

#include <algorithm>

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
    share_range(size_.images, 1, [&](std::int64_t begin, std::int64_t end) { on_images(begin, end, body); });
  }

  template <class Body>
  void on_images(std::int64_t begin, std::int64_t end, const Body& body) const {
    PoolSize part = size_;
    part.images = end - begin;
    body(part, begin * input_.shape.size(), begin * output_.shape.size());
  }

  const Signal& input_;
  const Signal& output_;
  PoolSize size_{};
};

/// The largest value of each window, of what an activation gives where that is left to the pool: what lies between stays in the cache, and
/// going back needs the slope at the chosen positions alone.
class MaxPool : public Pool {
 public:
  explicit MaxPool(const LayerSetup& setup) : Pool(setup), takes_(setup.takes) {
    setup.keep(chosen_, setup.batch * output_.shape.size());
    if (!applies_activation()) return;
    if (setup.purpose == Purpose::kTraining) setup.keep(chosen_inputs_, setup.batch * output_.shape.size());
    images_at_once_ = std::clamp<std::int64_t>(kWorthAThread / input_.shape.size(), 1, setup.batch);
    members_ = static_cast<int>(std::min<std::int64_t>(team_size(), setup.batch));
    setup.for_forward(scratch_, members_ * images_at_once_ * input_.shape.size());
  }

  void forward(LayerStats*) override {
    if (applies_activation()) return forward_of_activation();
    const auto max = takes_ != nullptr ? pool_kernels().max_of_relu : pool_kernels().max;
    in_parts([&](const PoolSize& part, std::int64_t in, std::int64_t out) {
      max(part, input_.values.data() + in, output_.values.data() + out, chosen_.data() + out);
    });
  }

  void backward(LayerStats*) override {
    if (input_.gradient.empty()) return;
    in_parts([this](const PoolSize& part, std::int64_t in, std::int64_t out) {
      float* const dy = output_.gradient.data() + out;
      const auto count = static_cast<std::size_t>(part.images * output_.shape.size());
      if (applies_activation()) takes_->activation.grad_from_input(chosen_inputs_.data() + out, dy, dy, count);
      pool_kernels().max_backward(part, dy, chosen_.data() + out, input_.gradient.data() + in);
    });
  }

 private:
  /// A ReLU has a kernel of its own.
  bool applies_activation() const { return takes_ != nullptr && !takes_->is_relu; }

  void forward_of_activation() {
    share_out(members_, [this](int i) {
      float* const scratch = scratch_.data() + i * images_at_once_ * input_.shape.size();
      const std::int64_t end = size_.images * (i + 1) / members_;
      for (std::int64_t image = size_.images * i / members_; image < end; image += images_at_once_) {
        on_images(image, std::min(end, image + images_at_once_), [&](const PoolSize& part, std::int64_t in, std::int64_t out) {
          const float* const x = input_.values.data() + in;
          float* const y = output_.values.data() + out;
          takes_->activation.forward(x, scratch, static_cast<std::size_t>(part.images * input_.shape.size()));
          if (chosen_inputs_.empty()) return pool_kernels().max(part, scratch, y, chosen_.data() + out);
          pool_kernels().max_of_function(part, x, scratch, y, chosen_.data() + out, chosen_inputs_.data() + out);
        });
      }
    });
  }

  const ActivationChoice* takes_;
  std::span<std::uint8_t> chosen_;   // of the output's size
  std::span<float> chosen_inputs_;   // the same: what the activation read there
  std::int64_t images_at_once_ = 0;  // so few that what the activation gives stays in the cache
  int members_ = 0;                  // of the team, each with a scratch of its own
  std::span<float> scratch_;         // [members, images at once, image]
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

/// What is a constant times x costs less as it is.
bool takes_before(const ActivationChoice& activation, LeftTo side) { return side == LeftTo::kReader && !activation.constant_slope; }

Shape shape(const Node& node, std::span<const Shape> inputs) { return window_shape(node, inputs[0], inputs[0].channels); }

void check_max(const Node& node) {
  check_window(node);
  if (node.kernel * node.kernel > kMostPoolPositions) {
    fail("net", fmt::format("\"{}\" has a kernel of {}, the largest of at most {} values can be found", node.name, node.kernel,
                            kMostPoolPositions));
  }
}

}  // namespace

const LayerType kMaxPoolLayer{
    .kind = NodeKind::kMaxPool, .name = "max_pool", .check = check_max, .shape = shape, .takes = takes_before, .make = make_layer<MaxPool>};

const LayerType kAveragePoolLayer{
    .kind = NodeKind::kAveragePool, .name = "average_pool", .check = check_window, .shape = shape, .make = make_layer<AveragePool>};

const LayerType kGlobalPoolLayer{.kind = NodeKind::kGlobalPool,
                                 .name = "global_pool",
                                 .check = no_fields,
                                 .shape = [](const Node&, std::span<const Shape> inputs) { return Shape{inputs[0].channels}; },
                                 .make = make_layer<AveragePool>};

}  // namespace rectify
