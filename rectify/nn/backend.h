// Matrix products, the part of a network that a library computes: oneDNN, and a plain loop for tests and other platforms.
#pragma once

#include <cstdint>
#include <memory>

namespace rectify {

/// The three products of a dense layer y = x W^T + b with fixed sizes, each created once and run every step.
/// x [batch, inputs], W [units, inputs], b [units], y [batch, units], all row-major and contiguous.
class DenseProducts {
 public:
  virtual ~DenseProducts() = default;
  /// Tells that W has changed, so that a packed copy is made anew before the next product.
  virtual void weights_changed() = 0;
  virtual void forward(const float* x, const float* w, const float* b, float* y) = 0;
  /// dx = dy W.
  virtual void backward_data(const float* dy, const float* w, float* dx) = 0;
  /// dw = dy^T x.
  virtual void backward_weights(const float* x, const float* dy, float* dw) = 0;
};

/// Whether W changes from one forward product to the next, or stays for many.
enum class Purpose { kTraining, kInference };

/// Creates products.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual const char* name() const = 0;
  virtual std::unique_ptr<DenseProducts> dense(std::int64_t batch, std::int64_t inputs, std::int64_t units, Purpose purpose) = 0;
};

/// oneDNN. Uses as many threads as the calling thread's team. The backend and its products belong to one thread at a time: they share
/// memory. Errors: [onednn] what it refuses.
std::unique_ptr<Backend> make_onednn_backend();
/// Plain loops, summed in double.
std::unique_ptr<Backend> make_reference_backend();

}  // namespace rectify
