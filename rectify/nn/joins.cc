#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "rectify/base/error.h"
#include "rectify/base/threads.h"
#include "rectify/nn/layer.h"
#include "rectify/simd/columns.h"

namespace rectify {
namespace {

constexpr std::size_t kAnyNumber = std::numeric_limits<std::size_t>::max();

void copy(std::span<const float> from, std::span<float> to) {
  if (from.data() == to.data()) return;
  share_range(static_cast<std::int64_t>(from.size()), kWorthAThread,
              [&](std::int64_t begin, std::int64_t end) { std::copy(from.data() + begin, from.data() + end, to.data() + begin); });
}

/// An image as a vector: the same values.
class Flatten : public Layer {
 public:
  explicit Flatten(const LayerSetup& setup) : input_(setup.input()), output_(setup.output) {}

  void forward(LayerStats*) override { copy(input_.values, output_.values); }
  void backward(LayerStats*) override {
    if (!input_.gradient.empty()) copy(output_.gradient, input_.gradient);
  }

 private:
  const Signal& input_;
  const Signal& output_;
};

/// y = the sum of the inputs, or ReLU of it. The first may lie where y does.
class Add : public Layer {
 public:
  explicit Add(const LayerSetup& setup) : takes_relu_(setup.takes != nullptr), inputs_(setup.inputs), output_(setup.output) {}

  void forward(LayerStats* stats) override {
    const float* sum = inputs_[0].values.data();
    for (std::size_t i = 1; i < inputs_.size(); ++i) {
      const bool is_last = i + 1 == inputs_.size();
      const auto add = takes_relu_ && is_last && stats == nullptr ? column_kernels().add_and_rectify : column_kernels().add;
      share_range(static_cast<std::int64_t>(output_.values.size()), kWorthAThread, [&](std::int64_t begin, std::int64_t end) {
        add(sum + begin, inputs_[i].values.data() + begin, end - begin, output_.values.data() + begin);
      });
      sum = output_.values.data();
    }
  }

  void backward(LayerStats*) override {
    if (takes_relu_) return go_back_through_relu();
    for (const Signal& input : inputs_) {
      if (!input.gradient.empty()) copy(output_.gradient, input.gradient);
    }
  }

 private:
  /// In pieces that the first-level cache holds, as all inputs are given the same.
  void go_back_through_relu() const {
    constexpr std::int64_t kPiece = 2048;
    share_range(static_cast<std::int64_t>(output_.values.size()), kWorthAThread, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t at = begin; at < end; at += kPiece) {
        const std::int64_t count = std::min(kPiece, end - at);
        float* const dy = output_.gradient.data() + at;
        column_kernels().keep_where_positive(output_.values.data() + at, dy, count);
        for (const Signal& input : inputs_) {
          if (!input.gradient.empty() && input.gradient.data() + at != dy) std::copy_n(dy, count, input.gradient.data() + at);
        }
      }
    });
  }

  bool takes_relu_;
  std::span<const Signal> inputs_;
  const Signal& output_;
};

/// The channels of all inputs side by side.
class Concat : public Layer {
 public:
  explicit Concat(const LayerSetup& setup) : rows_(setup.rows()), inputs_(setup.inputs), output_(setup.output) {}

  void forward(LayerStats*) override {
    std::int64_t column = 0;
    for (const Signal& input : inputs_) {
      const std::int64_t channels = input.shape.channels, all = output_.shape.channels;
      for_rows(
          [&](std::int64_t r) { std::copy_n(input.values.data() + r * channels, channels, output_.values.data() + r * all + column); });
      column += channels;
    }
  }

  void backward(LayerStats*) override {
    std::int64_t column = 0;
    for (const Signal& input : inputs_) {
      const std::int64_t channels = input.shape.channels, all = output_.shape.channels;
      if (!input.gradient.empty()) {
        for_rows([&](std::int64_t r) {
          std::copy_n(output_.gradient.data() + r * all + column, channels, input.gradient.data() + r * channels);
        });
      }
      column += channels;
    }
  }

 private:
  template <class Row>
  void for_rows(const Row& row) const {
    share_range(rows_, std::max<std::int64_t>(1, kWorthAThread / output_.shape.channels), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t r = begin; r < end; ++r) row(r);
    });
  }

  std::int64_t rows_;
  std::span<const Signal> inputs_;
  const Signal& output_;
};

Shape add_shape(const Node& node, std::span<const Shape> inputs) {
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    if (inputs[i] == inputs[0]) continue;
    fail("net", fmt::format("\"{}\" adds \"{}\" of {} and \"{}\" of {}, wanted the same shape", node.name, node.inputs[0],
                            to_text(inputs[0]), node.inputs[i], to_text(inputs[i])));
  }
  return inputs[0];
}

Shape concat_shape(const Node& node, std::span<const Shape> inputs) {
  Shape all = inputs[0];
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    if (inputs[i].height != all.height || inputs[i].width != all.width) {
      fail("net", fmt::format("\"{}\" joins \"{}\" of {} and \"{}\" of {}, wanted the same height and width", node.name, node.inputs[0],
                              to_text(inputs[0]), node.inputs[i], to_text(inputs[i])));
    }
    all.channels += inputs[i].channels;
  }
  return all;
}

}  // namespace

const LayerType kFlattenLayer{.kind = NodeKind::kFlatten,
                              .name = "flatten",
                              .check = no_fields,
                              .shape = [](const Node&, std::span<const Shape> inputs) { return Shape{inputs[0].size()}; },
                              .values = Place::kView,
                              .gradient = Place::kInPlace,
                              .make = make_layer<Flatten>};

const LayerType kAddLayer{.kind = NodeKind::kAdd,
                          .name = "add",
                          .least_inputs = 2,
                          .most_inputs = kAnyNumber,
                          .check = no_fields,
                          .shape = add_shape,
                          .takes = takes_relu_behind,
                          .values = Place::kInPlace,
                          .gradient = Place::kInPlace,
                          .make = make_layer<Add>};

const LayerType kConcatLayer{.kind = NodeKind::kConcat,
                             .name = "concat",
                             .least_inputs = 2,
                             .most_inputs = kAnyNumber,
                             .check = no_fields,
                             .shape = concat_shape,
                             .make = make_layer<Concat>};

}  // namespace rectify
