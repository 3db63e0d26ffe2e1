#include "rectify/nn/backend_dnnl.h"

// Measured at batch 32 to 256 and up to 2048 units, with AVX-512 and with AVX2: weights that change every step are read fastest as they
// are, since packing them costs more than it saves; backward, oneDNN's sgemm is never slower than its inner products and matmul, and its
// bias gradient costs more than a pass of our own.

namespace rectify::onednn {
namespace {

using Matmul = dnnl::matmul;

memory::desc matrix(std::int64_t rows, std::int64_t columns) { return {{rows, columns}, memory::data_type::f32, memory::format_tag::ab}; }

/// W as it lies, seen transposed.
memory::desc plain_weights(const DenseSize& size) { return {{size.inputs, size.units}, memory::data_type::f32, memory::format_tag::ba}; }

Matmul::primitive_desc describe(const DenseSize& size, Purpose purpose, const Shared& shared) {
  const memory::desc any({size.inputs, size.units}, memory::data_type::f32, memory::format_tag::any);
  const Matmul::desc desc(matrix(size.batch, size.inputs), purpose == Purpose::kInference ? any : plain_weights(size),
                          matrix(1, size.units), matrix(size.batch, size.units));
  return {desc, user_scratchpad(), shared.engine};
}

class Dense : public Products {
 public:
  Dense(std::shared_ptr<Shared> shared, const DenseSize& size, const Matmul::primitive_desc& pd)
      : shared_(std::move(shared)),
        size_(size),
        forward_(Matmul(pd), {{{DNNL_ARG_SRC, borrowed(pd.src_desc(), *shared_)},
                               {DNNL_ARG_WEIGHTS, borrowed(pd.weights_desc(), *shared_)},
                               {DNNL_ARG_BIAS, borrowed(pd.bias_desc(), *shared_)},
                               {DNNL_ARG_DST, borrowed(pd.dst_desc(), *shared_)},
                               {DNNL_ARG_SCRATCHPAD, borrowed(pd.scratchpad_desc(), *shared_)}}}),
        weights_(plain_weights(size), pd.weights_desc(), Packed::Direction::kPack, *shared_),
        no_bias_(size.units) {
    shared_->need(pd.scratchpad_desc());
  }

  void weights_changed() override { packed_is_old_ = true; }

  void forward(const float* x, const float* w, const float* b, float* y) override {
    if (weights_.differs() && packed_is_old_) weights_.pack(*shared_, w);
    packed_is_old_ = false;
    forward_.run(*shared_,
                 {x, weights_.differs() ? weights_.data() : w, b == nullptr ? no_bias_.data() : b, y, shared_->scratchpad.data()});
  }

  void backward_data(const float* dy, const float* w, float* dx) override {
    const auto [batch, inputs, units] = size_;
    check(dnnl_sgemm('N', 'N', batch, inputs, units, 1, dy, units, w, inputs, 0, dx, inputs));
  }

  void backward_weights(const float* x, const float* dy, float* dw) override {
    const auto [batch, inputs, units] = size_;
    check(dnnl_sgemm('T', 'N', units, inputs, batch, 1, dy, units, x, inputs, 0, dw, inputs));
  }

 private:
  std::shared_ptr<Shared> shared_;
  DenseSize size_;
  Call<5> forward_;
  Packed weights_;  // only where packing pays and oneDNN wants it
  bool packed_is_old_ = true;
  AlignedVector<float> no_bias_;  // zeros
};

}  // namespace

std::unique_ptr<Products> make_dense(std::shared_ptr<Shared> shared, const DenseSize& size, Purpose purpose) {
  const Matmul::primitive_desc pd = describe(size, purpose, *shared);
  return std::make_unique<Dense>(std::move(shared), size, pd);
}

}  // namespace rectify::onednn
