#include <algorithm>
#include <vector>

#include "rectify/nn/backend.h"

namespace rectify {
namespace {

class ReferenceDense : public Products {
 public:
  explicit ReferenceDense(const DenseSize& size) : batch_(size.batch), inputs_(size.inputs), units_(size.units) {}

  void weights_changed() override {}

  void forward(const float* x, const float* w, const float* b, float* y) override {
    for (std::int64_t n = 0; n < batch_; ++n) {
      for (std::int64_t u = 0; u < units_; ++u) {
        double sum = b == nullptr ? 0 : b[u];
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

class ReferenceConvolution : public Products {
 public:
  explicit ReferenceConvolution(const ConvolutionSize& size)
      : s_(size),
        x_size_(s_.batch * s_.height * s_.width * s_.channels),
        w_size_(s_.filters * (s_.channels / s_.groups) * s_.kernel * s_.kernel),
        sums_(std::max({x_size_, w_size_, s_.filters})) {}

  void weights_changed() override {}

  void forward(const float* x, const float* w, const float* b, float* y) override {
    for (std::int64_t position = 0; position < s_.batch * s_.output_height() * s_.output_width(); ++position) {
      for (std::int64_t f = 0; f < s_.filters; ++f) sums_[f] = b == nullptr ? 0 : b[f];
      for_each_product(position, [&](std::int64_t f, std::int64_t xi, std::int64_t wi) { sums_[f] += static_cast<double>(x[xi]) * w[wi]; });
      for (std::int64_t f = 0; f < s_.filters; ++f) y[position * s_.filters + f] = static_cast<float>(sums_[f]);
    }
  }

  void backward_data(const float* dy, const float* w, float* dx) override {
    sum_up(x_size_, dx, [&](std::int64_t yi, std::int64_t xi, std::int64_t wi) { sums_[xi] += static_cast<double>(dy[yi]) * w[wi]; });
  }

  void backward_weights(const float* x, const float* dy, float* dw) override {
    sum_up(w_size_, dw, [&](std::int64_t yi, std::int64_t xi, std::int64_t wi) { sums_[wi] += static_cast<double>(dy[yi]) * x[xi]; });
  }

 private:
  /// Calls body(filter, place in x, place in W) for every product that is added up at an output position, counted through the batch.
  template <class Body>
  void for_each_product(std::int64_t position, const Body& body) const {
    const std::int64_t width = s_.output_width(), height = s_.output_height();
    const std::int64_t n = position / (width * height), oy = position / width % height, ox = position % width;
    const std::int64_t channels = s_.channels / s_.groups, filters = s_.filters / s_.groups;
    for (std::int64_t f = 0; f < s_.filters; ++f) {
      for (std::int64_t ky = 0; ky < s_.kernel; ++ky) {
        const std::int64_t y = oy * s_.stride - s_.padding + ky;
        if (y < 0 || y >= s_.height) continue;
        for (std::int64_t kx = 0; kx < s_.kernel; ++kx) {
          const std::int64_t x = ox * s_.stride - s_.padding + kx;
          if (x < 0 || x >= s_.width) continue;
          for (std::int64_t c = 0; c < channels; ++c) {
            body(f, ((n * s_.height + y) * s_.width + x) * s_.channels + f / filters * channels + c,
                 ((f * channels + c) * s_.kernel + ky) * s_.kernel + kx);
          }
        }
      }
    }
  }

  /// Writes the `size` sums that add(place in y, in x, in W) makes.
  template <class Add>
  void sum_up(std::int64_t size, float* to, const Add& add) {
    std::fill_n(sums_.begin(), size, 0.0);
    for (std::int64_t position = 0; position < s_.batch * s_.output_height() * s_.output_width(); ++position) {
      for_each_product(position, [&](std::int64_t f, std::int64_t xi, std::int64_t wi) { add(position * s_.filters + f, xi, wi); });
    }
    std::transform(sums_.begin(), sums_.begin() + size, to, [](double sum) { return static_cast<float>(sum); });
  }

  ConvolutionSize s_;
  std::int64_t x_size_, w_size_;
  std::vector<double> sums_;
};

class ReferenceBackend : public Backend {
 public:
  const char* name() const override { return "reference"; }
  std::unique_ptr<Products> dense(const DenseSize& size, Purpose) override { return std::make_unique<ReferenceDense>(size); }
  std::unique_ptr<Products> convolution(const ConvolutionSize& size, Purpose, DataGradient) override {
    return std::make_unique<ReferenceConvolution>(size);
  }
};

}  // namespace

std::unique_ptr<Backend> make_reference_backend() { return std::make_unique<ReferenceBackend>(); }

}  // namespace rectify
