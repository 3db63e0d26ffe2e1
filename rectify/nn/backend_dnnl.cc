#include <dnnl_debug.h>
#include <fmt/format.h>

#include <array>
#include <dnnl.hpp>
#include <optional>
#include <utility>

#include "rectify/base/aligned.h"
#include "rectify/base/error.h"
#include "rectify/nn/backend.h"

// Measured at batch 32 to 256 and up to 2048 units, with AVX-512 and with AVX2: weights that change every step are read fastest as they
// are, since packing them costs more than it saves; backward, oneDNN's sgemm is never slower than its inner products and matmul, and its
// bias gradient costs more than a pass of our own.

namespace rectify {
namespace {

using dnnl::memory;

/// What the products of one backend share.
struct Shared {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  AlignedVector<float> scratchpad;
};

void check(dnnl_status_t status) {
  if (status != dnnl_success) fail("onednn", fmt::format("a product failed: {}", dnnl_status2str(status)));
}

memory::desc matrix(std::int64_t rows, std::int64_t columns) { return {{rows, columns}, memory::data_type::f32, memory::format_tag::ab}; }

memory borrowed(const memory::desc& desc, const Shared& shared) { return {desc, shared.engine, nullptr}; }

/// A primitive with its arguments, called without allocating, which dnnl::primitive::execute() does.
template <std::size_t n>
class Call {
 public:
  using Arguments = std::array<std::pair<int, memory>, n>;

  Call(dnnl::primitive primitive, Arguments arguments) : primitive_(std::move(primitive)), arguments_(std::move(arguments)) {
    for (std::size_t i = 0; i < n; ++i) raw_[i] = {arguments_[i].first, arguments_[i].second.get()};
  }

  /// Argument `i`, in the order of construction, lies at `data`.
  void set(std::size_t i, const float* data) { check(dnnl_memory_set_data_handle(raw_[i].memory, const_cast<float*>(data))); }
  void run(const Shared& shared) { check(dnnl_primitive_execute(primitive_.get(), shared.stream.get(), n, raw_.data())); }

 private:
  dnnl::primitive primitive_;
  Arguments arguments_;
  std::array<dnnl_exec_arg_t, n> raw_;
};

class DnnlProducts : public DenseProducts {
 public:
  DnnlProducts(std::shared_ptr<Shared> shared, std::int64_t batch, std::int64_t inputs, std::int64_t units, Purpose purpose)
      : shared_(std::move(shared)), batch_(batch), inputs_(inputs), units_(units) {
    using Matmul = dnnl::matmul;
    const memory::desc plain({inputs, units}, memory::data_type::f32, memory::format_tag::ba);  // W as it lies, seen transposed
    const memory::desc any({inputs, units}, memory::data_type::f32, memory::format_tag::any);
    const Matmul::desc desc(matrix(batch, inputs), purpose == Purpose::kInference ? any : plain, matrix(1, units), matrix(batch, units));
    dnnl::primitive_attr user_scratchpad;
    user_scratchpad.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    const Matmul::primitive_desc pd(desc, user_scratchpad, shared_->engine);

    const std::size_t needed = pd.scratchpad_desc().get_size() / sizeof(float) + 1;
    if (shared_->scratchpad.size() < needed) shared_->scratchpad.resize(needed);
    forward_.emplace(Matmul(pd), Call<5>::Arguments{{{DNNL_ARG_SRC, borrowed(pd.src_desc(), *shared_)},
                                                     {DNNL_ARG_WEIGHTS, borrowed(pd.weights_desc(), *shared_)},
                                                     {DNNL_ARG_BIAS, borrowed(pd.bias_desc(), *shared_)},
                                                     {DNNL_ARG_DST, borrowed(pd.dst_desc(), *shared_)},
                                                     {DNNL_ARG_SCRATCHPAD, borrowed(pd.scratchpad_desc(), *shared_)}}});
    if (pd.weights_desc() == plain) return;
    packed_.resize(pd.weights_desc().get_size() / sizeof(float));
    pack_.emplace(dnnl::reorder(dnnl::reorder::primitive_desc(shared_->engine, plain, shared_->engine, pd.weights_desc())),
                  Call<2>::Arguments{{{DNNL_ARG_FROM, borrowed(plain, *shared_)}, {DNNL_ARG_TO, borrowed(pd.weights_desc(), *shared_)}}});
  }

  void weights_changed() override { packed_is_old_ = true; }

  void forward(const float* x, const float* w, const float* b, float* y) override {
    if (pack_ && packed_is_old_) {
      pack_->set(0, w);
      pack_->set(1, packed_.data());
      pack_->run(*shared_);
      packed_is_old_ = false;
    }
    const float* const arguments[] = {x, pack_ ? packed_.data() : w, b, y, shared_->scratchpad.data()};
    for (std::size_t i = 0; i < std::size(arguments); ++i) forward_->set(i, arguments[i]);
    forward_->run(*shared_);
  }

  void backward_data(const float* dy, const float* w, float* dx) override {
    check(dnnl_sgemm('N', 'N', batch_, inputs_, units_, 1, dy, units_, w, inputs_, 0, dx, inputs_));
  }

  void backward_weights(const float* x, const float* dy, float* dw) override {
    check(dnnl_sgemm('T', 'N', units_, inputs_, batch_, 1, dy, units_, x, inputs_, 0, dw, inputs_));
  }

 private:
  std::shared_ptr<Shared> shared_;
  std::int64_t batch_, inputs_, units_;
  std::optional<Call<5>> forward_;
  std::optional<Call<2>> pack_;  // only where packing pays and oneDNN wants it
  AlignedVector<float> packed_;
  bool packed_is_old_ = true;
};

class DnnlBackend : public Backend {
 public:
  const char* name() const override { return "oneDNN"; }
  std::unique_ptr<DenseProducts> dense(std::int64_t batch, std::int64_t inputs, std::int64_t units, Purpose purpose) override {
    try {
      return std::make_unique<DnnlProducts>(shared_, batch, inputs, units, purpose);
    } catch (const dnnl::error& e) {
      fail("onednn", fmt::format("a dense layer of {} x {} units at batch {}: {}", inputs, units, batch, e.what()));
    }
  }

 private:
  std::shared_ptr<Shared> shared_ = std::make_shared<Shared>();
};

}  // namespace

std::unique_ptr<Backend> make_onednn_backend() { return std::make_unique<DnnlBackend>(); }

}  // namespace rectify
