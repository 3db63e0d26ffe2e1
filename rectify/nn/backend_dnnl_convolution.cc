#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>

#include "rectify/base/threads.h"
#include "rectify/nn/backend_dnnl.h"

// Images are channels-last for everybody. Measured on AVX2 (Zen 3) with one thread, forward and both gradients together: that costs 0 to 20
// % over oneDNN's own blocked layout (16 to 64 channels, 3 x 3), and it is 2.5 times as fast for 1 input channel; activations, norms, pools
// and statistics gain more than that from rows and columns. Weights are packed each step: they are small.

namespace rectify::onednn {
namespace {

using Tag = memory::format_tag;
constexpr auto kF32 = memory::data_type::f32;
constexpr auto kDirect = dnnl::algorithm::convolution_direct;

using Forward = dnnl::convolution_forward;
using BackwardData = dnnl::convolution_backward_data;
using BackwardWeights = dnnl::convolution_backward_weights;

/// A convolution's arrays as oneDNN sees them.
struct Arrays {
  memory::desc x, w, plain_w, b, y;
  memory::dims strides, padding;
};

Arrays arrays_of(const ConvolutionSize& s, Tag source) {
  const bool grouped = s.groups > 1;
  const memory::dims weights = grouped ? memory::dims{s.groups, s.filters / s.groups, s.channels / s.groups, s.kernel, s.kernel}
                                       : memory::dims{s.filters, s.channels, s.kernel, s.kernel};
  return {.x = {{s.batch, s.channels, s.height, s.width}, kF32, source},
          .w = {weights, kF32, Tag::any},
          .plain_w = {weights, kF32, grouped ? Tag::goihw : Tag::oihw},
          .b = {{s.filters}, kF32, Tag::a},
          .y = {{s.batch, s.filters, s.output_height(), s.output_width()}, kF32, Tag::nhwc},
          .strides = {s.stride, s.stride},
          .padding = {s.padding, s.padding}};
}

struct Descriptions {
  Forward::primitive_desc forward;
  BackwardWeights::primitive_desc weights;
  std::optional<BackwardData::primitive_desc> data;
};

Descriptions describe(const Arrays& a, DataGradient data, const Shared& shared) {
  const dnnl::primitive_attr attributes = user_scratchpad();
  Descriptions d;
  d.forward = {Forward::desc(dnnl::prop_kind::forward_training, kDirect, a.x, a.w, a.b, a.y, a.strides, a.padding, a.padding), attributes,
               shared.engine};
  d.weights = {BackwardWeights::desc(kDirect, a.x, a.w, a.y, a.strides, a.padding, a.padding), attributes, shared.engine, d.forward};
  if (data == DataGradient::kWanted) {
    d.data.emplace(BackwardData::desc(kDirect, a.x, a.w, a.y, a.strides, a.padding, a.padding), attributes, shared.engine, d.forward);
  }
  return d;
}

bool is_slow(const Descriptions& d) {
  const auto is_plain = [](std::string_view implementation) { return implementation.starts_with("ref"); };
  return is_plain(d.forward.impl_info_str()) || is_plain(d.weights.impl_info_str()) || (d.data && is_plain(d.data->impl_info_str()));
}

/// What oneDNN runs fastest. A single channel is the same memory under two names, and which of them it knows depends on the processor: the
/// other one falls to a path that is 15 times as slow. Where it knows both, as on AVX2 of an Intel processor, weights' gradients take 0.6
/// of the time as nchw.
Descriptions choose(const ConvolutionSize& size, DataGradient data, const Shared& shared) {
  if (size.channels == 1) {
    Descriptions d = describe(arrays_of(size, Tag::nchw), data, shared);
    if (!is_slow(d)) return d;
  }
  return describe(arrays_of(size, Tag::nhwc), data, shared);
}

/// Whether oneDNN has code for just this kind of convolution, and no detour over matrix products or plain loops.
bool is_direct(std::string_view implementation) {
  return !implementation.starts_with("ref") && implementation.find("gemm") == implementation.npos;
}

/// The convolution whose gradient with respect to its input is the forward product of `size`: inputs and outputs change places.
ConvolutionSize turned(const ConvolutionSize& s) {
  return {.batch = s.batch,
          .height = s.output_height(),
          .width = s.output_width(),
          .channels = s.filters,
          .filters = s.channels,
          .kernel = s.kernel,
          .stride = 1,
          .padding = s.kernel - 1 - s.padding,
          .groups = s.groups};
}

/// The forward product of a grouped convolution of stride 1 as the backward one of another convolution with the weights turned round. For
/// few channels a group oneDNN has no compiled code forward but has some backward: 2 of 32 channels, 3 x 3, take 17 ms for 48.
class TurnedForward {
 public:
  /// Nothing where it is of no use.
  static std::unique_ptr<TurnedForward> make(const ConvolutionSize& size, const Descriptions& usual, Shared& shared) {
    const bool fits = size.groups > 1 && size.stride == 1 && size.padding < size.kernel;
    if (!fits || is_direct(usual.forward.impl_info_str())) return nullptr;
    const Arrays arrays = arrays_of(turned(size), Tag::nhwc);
    const Descriptions d = describe(arrays, DataGradient::kWanted, shared);
    if (!is_direct(d.data->impl_info_str())) return nullptr;
    return std::make_unique<TurnedForward>(size, arrays, *d.data, shared);
  }

  TurnedForward(const ConvolutionSize& size, const Arrays& a, const BackwardData::primitive_desc& pd, Shared& shared)
      : size_(size),
        product_(BackwardData(pd), {{{DNNL_ARG_DIFF_DST, borrowed(pd.diff_dst_desc(), shared)},
                                     {DNNL_ARG_WEIGHTS, borrowed(pd.weights_desc(), shared)},
                                     {DNNL_ARG_DIFF_SRC, borrowed(pd.diff_src_desc(), shared)},
                                     {DNNL_ARG_SCRATCHPAD, borrowed(pd.scratchpad_desc(), shared)}}}),
        plain_(a.plain_w.get_size() / sizeof(float)),
        weights_(a.plain_w, pd.weights_desc(), Packed::Direction::kPack, shared) {
    shared.need(pd.scratchpad_desc());
  }

  void set_weights(const Shared& shared, const float* w) {
    const std::int64_t outputs = size_.filters / size_.groups, inputs = size_.channels / size_.groups, area = size_.kernel * size_.kernel;
    for (std::int64_t group = 0; group < size_.groups; ++group) {
      for (std::int64_t o = 0; o < outputs; ++o) {
        for (std::int64_t i = 0; i < inputs; ++i) {
          const float* const from = w + ((group * outputs + o) * inputs + i) * area;
          std::reverse_copy(from, from + area, &plain_[((group * inputs + i) * outputs + o) * area]);
        }
      }
    }
    if (weights_.differs()) weights_.pack(shared, plain_.data());
  }

  void run(const Shared& shared, const float* x, const float* b, float* y) {
    product_.run(shared, {x, weights_.differs() ? weights_.data() : plain_.data(), y, shared.scratchpad.data()});
    if (b == nullptr) return;
    const std::int64_t rows = size_.batch * size_.output_height() * size_.output_width(), filters = size_.filters;
    share_range(rows, std::max<std::int64_t>(1, kValuesWorthAThread / filters), [&](std::int64_t begin, std::int64_t end) {
      for (float* row = y + begin * filters; row < y + end * filters; row += filters) {
        for (std::int64_t f = 0; f < filters; ++f) row[f] += b[f];
      }
    });
  }

 private:
  static constexpr std::int64_t kValuesWorthAThread = std::int64_t{1} << 14;

  ConvolutionSize size_;
  Call<4> product_;
  AlignedVector<float> plain_;  // the turned weights as everybody has weights
  Packed weights_;
};

class Convolution : public Products {
 public:
  Convolution(std::shared_ptr<Shared> shared, const ConvolutionSize& size, const Arrays& a, const Descriptions& d)
      : shared_(std::move(shared)),
        forward_(Forward(d.forward), {{{DNNL_ARG_SRC, borrowed(d.forward.src_desc(), *shared_)},
                                       {DNNL_ARG_WEIGHTS, borrowed(d.forward.weights_desc(), *shared_)},
                                       {DNNL_ARG_BIAS, borrowed(d.forward.bias_desc(), *shared_)},
                                       {DNNL_ARG_DST, borrowed(d.forward.dst_desc(), *shared_)},
                                       {DNNL_ARG_SCRATCHPAD, borrowed(d.forward.scratchpad_desc(), *shared_)}}}),
        backward_weights_(BackwardWeights(d.weights), {{{DNNL_ARG_SRC, borrowed(d.weights.src_desc(), *shared_)},
                                                        {DNNL_ARG_DIFF_DST, borrowed(d.weights.diff_dst_desc(), *shared_)},
                                                        {DNNL_ARG_DIFF_WEIGHTS, borrowed(d.weights.diff_weights_desc(), *shared_)},
                                                        {DNNL_ARG_SCRATCHPAD, borrowed(d.weights.scratchpad_desc(), *shared_)}}}),
        weights_(a.plain_w, d.forward.weights_desc(), Packed::Direction::kPack, *shared_),
        weight_gradients_(a.plain_w, d.weights.diff_weights_desc(), Packed::Direction::kUnpack, *shared_),
        no_bias_(a.b.dims()[0]),
        turned_(TurnedForward::make(size, d, *shared_)) {
    shared_->need(d.forward.scratchpad_desc());
    shared_->need(d.weights.scratchpad_desc());
    if (!d.data) return;
    shared_->need(d.data->scratchpad_desc());
    backward_data_.emplace(BackwardData(*d.data),
                           Call<4>::Arguments{{{DNNL_ARG_DIFF_DST, borrowed(d.data->diff_dst_desc(), *shared_)},
                                               {DNNL_ARG_WEIGHTS, borrowed(d.data->weights_desc(), *shared_)},
                                               {DNNL_ARG_DIFF_SRC, borrowed(d.data->diff_src_desc(), *shared_)},
                                               {DNNL_ARG_SCRATCHPAD, borrowed(d.data->scratchpad_desc(), *shared_)}}});
    data_weights_.emplace(a.plain_w, d.data->weights_desc(), Packed::Direction::kPack, *shared_);
  }

  void weights_changed() override { forward_is_old_ = data_is_old_ = true; }

  void forward(const float* x, const float* w, const float* b, float* y) override {
    if (turned_) {
      if (forward_is_old_) turned_->set_weights(*shared_, w);
      forward_is_old_ = false;
      return turned_->run(*shared_, x, b, y);
    }
    forward_.run(*shared_, {x, current(weights_, w, forward_is_old_), b == nullptr ? no_bias_.data() : b, y, shared_->scratchpad.data()});
  }

  void backward_data(const float* dy, const float* w, float* dx) override {
    backward_data_->run(*shared_, {dy, current(*data_weights_, w, data_is_old_), dx, shared_->scratchpad.data()});
  }

  void backward_weights(const float* x, const float* dy, float* dw) override {
    float* const to = weight_gradients_.differs() ? weight_gradients_.data() : dw;
    backward_weights_.run(*shared_, {x, dy, to, shared_->scratchpad.data()});
    if (weight_gradients_.differs()) weight_gradients_.unpack(*shared_, dw);
  }

 private:
  const float* current(Packed& packed, const float* w, bool& is_old) const {
    if (!packed.differs()) return w;
    if (is_old) packed.pack(*shared_, w);
    is_old = false;
    return packed.data();
  }

  std::shared_ptr<Shared> shared_;
  Call<5> forward_;
  Call<4> backward_weights_;
  std::optional<Call<4>> backward_data_;
  Packed weights_, weight_gradients_;
  std::optional<Packed> data_weights_;
  bool forward_is_old_ = true, data_is_old_ = true;
  AlignedVector<float> no_bias_;           // zeros
  std::unique_ptr<TurnedForward> turned_;  // in the place of forward_, where that is slow
};

}  // namespace

std::unique_ptr<Products> make_convolution(std::shared_ptr<Shared> shared, const ConvolutionSize& size, DataGradient data) {
  const Descriptions d = choose(size, data, *shared);
  return std::make_unique<Convolution>(std::move(shared), size, arrays_of(size, Tag::nhwc), d);
}

}  // namespace rectify::onednn
