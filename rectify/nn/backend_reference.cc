#include "rectify/nn/backend.h"

namespace rectify {
namespace {

class ReferenceProducts : public DenseProducts {
 public:
  ReferenceProducts(std::int64_t batch, std::int64_t inputs, std::int64_t units) : batch_(batch), inputs_(inputs), units_(units) {}

  void weights_changed() override {}

  void forward(const float* x, const float* w, const float* b, float* y) override {
    for (std::int64_t n = 0; n < batch_; ++n) {
      for (std::int64_t u = 0; u < units_; ++u) {
        double sum = b[u];
        for (std::int64_t i = 0; i < inputs_; ++i) sum += static_cast<double>(x[n * inputs_ + i]) * w[u * inputs_ + i];
        y[n * units_ + u] = static_cast<float>(sum);
      }
    }
  }

  void backward_data(const float* dy, const float* w, float* dx) override {
    for (std::int64_t n = 0; n < batch_; ++n) {
      for (std::int64_t i = 0; i < inputs_; ++i) {
        double sum = 0;
        for (std::int64_t u = 0; u < units_; ++u) sum += static_cast<double>(dy[n * units_ + u]) * w[u * inputs_ + i];
        dx[n * inputs_ + i] = static_cast<float>(sum);
      }
    }
  }

  void backward_weights(const float* x, const float* dy, float* dw) override {
    for (std::int64_t u = 0; u < units_; ++u) {
      for (std::int64_t i = 0; i < inputs_; ++i) {
        double sum = 0;
        for (std::int64_t n = 0; n < batch_; ++n) sum += static_cast<double>(dy[n * units_ + u]) * x[n * inputs_ + i];
        dw[u * inputs_ + i] = static_cast<float>(sum);
      }
    }
  }

 private:
  std::int64_t batch_, inputs_, units_;
};

class ReferenceBackend : public Backend {
 public:
  const char* name() const override { return "reference"; }
  std::unique_ptr<DenseProducts> dense(std::int64_t batch, std::int64_t inputs, std::int64_t units, Purpose) override {
    return std::make_unique<ReferenceProducts>(batch, inputs, units);
  }
};

}  // namespace

std::unique_ptr<Backend> make_reference_backend() { return std::make_unique<ReferenceBackend>(); }

}  // namespace rectify
