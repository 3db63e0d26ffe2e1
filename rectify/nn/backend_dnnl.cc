#include "rectify/nn/backend_dnnl.h"

#include <dnnl_debug.h>

#include "rectify/base/error.h"

namespace rectify {
namespace onednn {

void Shared::need(const memory::desc& desc) {
  const std::size_t values = desc.get_size() / sizeof(float) + 1;
  if (scratchpad.size() < values) scratchpad.resize(values);
}

void check(dnnl_status_t status) {
  if (status != dnnl_success) fail("onednn", fmt::format("a product failed: {}", dnnl_status2str(status)));
}

memory borrowed(const memory::desc& desc, const Shared& shared) { return {desc, shared.engine, nullptr}; }

dnnl::primitive_attr user_scratchpad() {
  dnnl::primitive_attr attributes;
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  return attributes;
}

Packed::Packed(const memory::desc& plain, const memory::desc& wanted, Direction direction, const Shared& shared) {
  if (plain == wanted) return;
  const memory::desc &from = direction == Direction::kPack ? plain : wanted, &to = direction == Direction::kPack ? wanted : plain;
  values_.resize(wanted.get_size() / sizeof(float));
  reorder_ = std::make_unique<Call<2>>(dnnl::reorder(dnnl::reorder::primitive_desc(shared.engine, from, shared.engine, to)),
                                       Call<2>::Arguments{{{DNNL_ARG_FROM, borrowed(from, shared)}, {DNNL_ARG_TO, borrowed(to, shared)}}});
}

void Packed::pack(const Shared& shared, const float* plain) { reorder_->run(shared, {plain, values_.data()}); }

void Packed::unpack(const Shared& shared, float* plain) { reorder_->run(shared, {values_.data(), plain}); }

}  // namespace onednn

namespace {

class DnnlBackend : public Backend {
 public:
  const char* name() const override { return "oneDNN"; }

  std::unique_ptr<Products> dense(const DenseSize& size, Purpose purpose) override {
    try {
      return onednn::make_dense(shared_, size, purpose);
    } catch (const dnnl::error& e) {
      fail("onednn", fmt::format("a dense layer of {} x {} units at batch {}: {}", size.inputs, size.units, size.batch, e.what()));
    }
  }

  std::unique_ptr<Products> convolution(const ConvolutionSize& size, Purpose, DataGradient data) override {
    try {
      return onednn::make_convolution(shared_, size, data);
    } catch (const dnnl::error& e) {
      fail("onednn", fmt::format("a convolution of {} to {} channels, {k} x {k}, of {} x {} at batch {}: {}", size.channels, size.filters,
                                 size.height, size.width, size.batch, e.what(), fmt::arg("k", size.kernel)));
    }
  }

 private:
  std::shared_ptr<onednn::Shared> shared_ = std::make_shared<onednn::Shared>();
};

}  // namespace

std::unique_ptr<Backend> make_onednn_backend() { return std::make_unique<DnnlBackend>(); }

}  // namespace rectify
