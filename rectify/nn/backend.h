// Matrix products, the part of a network that a library computes: oneDNN, and a plain loop for tests and other platforms.
#pragma once

#include <cstdint>
#include <memory>

namespace rectify {

/// The three products of a dense layer y = x W^T + b with fixed sizes and memory, each created once and run every step.
/// x [batch, inputs], W [units, inputs], b [units], y [batch, units], all row-major and contiguous.
class DenseProducts {
 public:
  virtual ~DenseProducts() = default;
  /// Tells that W has changed, so that packed copies are made anew before the next product.
  virtual void weights_changed() = 0;
  virtual void forward(const float* x, const float* w, const float* b, float* y) = 0;
  /// dx = dy W.
  virtual void backward_data(const float* dy, const float* w, float* dx) = 0;
  /// dw = dy^T x, db = sum over rows of dy.
  virtual void backward_weights(const float* x, const float* dy, float* dw, float* db) = 0;
};

/// Which products a layer needs.
enum class Purpose { kInference, kTraining, kTrainingFirstLayer };  // the first layer needs no dx

/// Creates products.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual const char* name() const = 0;
  virtual std::unique_ptr<DenseProducts> dense(std::int64_t batch, std::int64_t inputs, std::int64_t units, Purpose purpose) = 0;
};

/// oneDNN. Uses as many threads as the calling thread's team.
std::unique_ptr<Backend> make_onednn_backend();
/// Plain loops, summed in double.
std::unique_ptr<Backend> make_reference_backend();

}  // namespace rectify
