#include <algorithm>

#include "rectify/base/threads.h"
#include "rectify/nn/activation_parameters.h"
#include "rectify/nn/layer.h"

namespace rectify {
namespace {

constexpr std::int64_t kRecordedRows = kHistogramStride;

/// Columns of the array that the kernels run over: those that have parameters of their own, else the channels.
std::size_t extent_columns(ParameterSharing sharing, const Shape& shape) {
  return static_cast<std::size_t>(sharing == ParameterSharing::kShared ? shape.channels : columns_of(sharing, shape));
}

/// y = f(x) for each value.
class ActivationLayer : public Layer {
 public:
  explicit ActivationLayer(const LayerSetup& setup)
      : name_(setup.node.name),
        choice_(*setup.activation),
        batch_(setup.batch),
        saved_(setup.saved),
        left_to_(setup.left_to),
        input_(setup.input()),
        output_(setup.output),
        parameters_(setup, choice_.activation) {
    const std::size_t columns = extent_columns(setup.node.sharing, output_.shape);
    extent_ = {static_cast<std::size_t>(batch_ * output_.shape.size()) / columns, columns};
    if (saved_ == Saved::kMask) {
      setup.keep(mask_, static_cast<std::int64_t>(MaskedActivation::mask_bytes(extent_.rows * extent_.cols)));
    }
    if (saved_ == Saved::kMask || is_view()) setup.for_forward(recorded_, kRecordedRows * static_cast<std::int64_t>(extent_.cols));
    if (has_positions()) setup.for_forward(recorded_, static_cast<std::int64_t>(parameters_.count()) * output_.shape.channels);
  }

  void parameters_changed() override { parameters_.changed(); }

  void forward(LayerStats* stats) override {
    if (stats != nullptr) return record(*stats);
    if (left_to_ != LeftTo::kNobody) return;
    const float* const x = input_.values.data();
    float* const y = output_.values.data();
    in_parts([&](std::size_t at, Extent part) {
      if (saved_ == Saved::kMask) {
        choice_.masked->forward(x + at, y + at, mask_.data() + at / 8, part, parameters_.view());
      } else {
        activation().forward(x + at, y + at, part, parameters_.view());
      }
    });
  }

  void backward(LayerStats* stats) override {
    const float* const dy = output_.gradient.data();
    if (parameters_.learns()) {
      parameters_.take_gradients(
          [&](float* sums) { activation().grad_parameters(input_.values.data(), dy, sums, extent_, parameters_.view()); });
    }
    if (input_.gradient.empty() && stats == nullptr) return;
    float* const dx = input_.gradient.empty() ? output_.gradient.data() : input_.gradient.data();
    // A reader that this is left to gives the gradient of what it reads, which is the input here; an input takes that of the output. Both
    // lie in one place. Statistics want the former.
    if (left_to_ == LeftTo::kNobody || (left_to_ == LeftTo::kInput && stats != nullptr)) {
      in_parts([&](std::size_t at, Extent part) { go_back(at, part, dy + at, dx + at); });
    }
    if (stats != nullptr) add_gradient_squares({dx, output_.gradient.size()}, batch_, *stats);
  }

  std::optional<LayerStats> make_stats() const override {
    LayerStats stats;
    stats.name = name_;
    stats.activation = activation().spec();
    stats.sums = UnitSums::zeros(output_.shape.channels);
    return stats;
  }

 private:
  /// Whether the values of the output are those of the input, from which the reader computes.
  bool is_view() const { return left_to_ == LeftTo::kReader; }
  const Activation& activation() const { return choice_.activation; }

  /// Whether each position of an image has parameters of its own.
  bool has_positions() const {
    return parameters_.learns() && !parameters_.are_shared() && extent_.cols != static_cast<std::size_t>(output_.shape.channels);
  }

  /// The parameters of the channels of one position.
  ParameterView at_position(std::size_t position) {
    const auto channels = static_cast<std::size_t>(output_.shape.channels);
    for (std::size_t j = 0; j < parameters_.count(); ++j) {
      std::ranges::copy(parameters_.of_columns(j).subspan(position * channels, channels),
                        recorded_.begin() + static_cast<std::ptrdiff_t>(j * channels));
    }
    return {recorded_.data(), Sharing::kPerColumn};
  }

  /// Calls body(place of the first value, extent) for parts of the array that begin at whole bytes of a mask.
  template <class Body>
  void in_parts(const Body& body) const {
    const auto rows = static_cast<std::int64_t>(extent_.rows), columns = static_cast<std::int64_t>(extent_.cols);
    const std::int64_t grain = (std::max<std::int64_t>(1, kWorthAThread / columns) + 7) / 8 * 8;
    share_range(rows, grain, [&](std::int64_t begin, std::int64_t end) {
      body(static_cast<std::size_t>(begin * columns), Extent{static_cast<std::size_t>(end - begin), extent_.cols});
    });
  }

  void go_back(std::size_t at, Extent part, const float* dy, float* dx) const {
    const float* const x = input_.values.data();
    const float* const y = output_.values.data();
    switch (saved_) {
      case Saved::kNothing: return activation().grad_from_input(dy, dy, dx, part, parameters_.view());
      case Saved::kInput: return activation().grad_from_input(x + at, dy, dx, part, parameters_.view());
      case Saved::kMask: return choice_.masked->grad_from_mask(mask_.data() + at / 8, dy, dx, part, parameters_.view());
      case Saved::kOutput: break;
    }
    if (choice_.from_sign_of_output) return activation().grad_from_input(y + at, dy, dx, part, parameters_.view());
    choice_.from_output->run(y + at, dy, dx, part.rows * part.cols);
  }

  /// As forward(), adding to the sums of each channel. Where a mask is kept, in blocks of rows of which a copy makes it; where the reader
  /// computes, in blocks of rows that nobody reads.
  void record(LayerStats& stats) {
    const float* const x = input_.values.data();
    const std::size_t channels = stats.sums.x.size(), rows = extent_.rows * extent_.cols / channels;
    const std::size_t step = saved_ == Saved::kMask || is_view() ? kRecordedRows : has_positions() ? 1 : rows;
    for (std::size_t row = 0; row < rows; row += step) {
      const std::size_t at = row * channels;
      const Extent part{std::min(step, rows - row), channels};
      const ParameterView p = has_positions() ? at_position(row % static_cast<std::size_t>(output_.shape.positions())) : parameters_.view();
      if (saved_ == Saved::kMask) choice_.masked->forward(x + at, recorded_.data(), mask_.data() + at / 8, part, p);
      activation().forward_recording(x + at, is_view() ? recorded_.data() : output_.values.data() + at, part, p, column_sums(stats.sums));
    }
    stats.sums.samples += static_cast<std::int64_t>(rows);
  }

  ColumnSums column_sums(UnitSums& sums) const {
    return {
        sums.x.data(),  sums.xx.data(),   sums.y.data(),    sums.yy.data(),        sums.xy.data(),
        sums.dd.data(), sums.zero.data(), sums.flat.data(), sums.histogram.data(), static_cast<float>(activation().facts().flat_threshold)};
  }

  std::string name_;
  ActivationChoice choice_;
  std::int64_t batch_;
  Saved saved_;
  LeftTo left_to_;
  Extent extent_{};  // [batch x positions, channels], or [batch, units] where each unit has parameters of its own
  const Signal& input_;
  const Signal& output_;
  ActivationParameters parameters_;
  std::span<std::uint8_t> mask_;
  std::span<float> recorded_;  // scratch of a recording pass: [kRecordedRows, columns], or [parameters, channels] of one position
};

std::vector<ParameterShape> parameters(const Node& node, const Shape& input) {
  return learnt_shape(Activation(node.activation), node.sharing, input);
}

Saved saved(const ActivationChoice* f, bool output_is_kept) {
  if (f->activation.learns()) return Saved::kInput;
  if (f->constant_slope) return Saved::kNothing;
  if (f->from_sign_of_output && output_is_kept) return Saved::kOutput;
  if (f->masked) return Saved::kMask;
  return f->from_output ? Saved::kOutput : Saved::kInput;
}

}  // namespace

const LayerType kActivationLayer{.kind = NodeKind::kActivation,
                                 .name = "activation",
                                 .check = [](const Node& node) { Activation{node.activation}; },
                                 .shape = same_shape,
                                 .parameters = parameters,
                                 .saved = saved,
                                 .values = Place::kInPlace,
                                 .gradient = Place::kInPlace,
                                 .make = make_layer<ActivationLayer>};

}  // namespace rectify
