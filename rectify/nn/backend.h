// Matrix products and convolutions, the part of a network that a library computes: oneDNN, and plain loops for tests and other platforms.
#pragma once

#include <cstdint>
#include <memory>

namespace rectify {

/// The three products of an affine map y = W x + b with fixed sizes, each created once and run every step. All arrays are contiguous.
///
/// Dense: x [batch, inputs], W [units, inputs], b [units], y [batch, units].
/// Convolution: x [batch, height, width, channels], W [filters, channels / groups, kernel, kernel], b [filters],
/// y [batch, output height, output width, filters].
class Products {
 public:
  virtual ~Products() = default;
  /// Tells that W has changed, so that a packed copy is made anew before the next product.
  virtual void weights_changed() = 0;
  /// b may be null.
  virtual void forward(const float* x, const float* w, const float* b, float* y) = 0;
  /// dx from dy and W. Only where DataGradient::kWanted was asked for.
  virtual void backward_data(const float* dy, const float* w, float* dx) = 0;
  /// dw from dy and x.
  virtual void backward_weights(const float* x, const float* dy, float* dw) = 0;
};

/// Whether W changes from one forward product to the next, or stays for many.
enum class Purpose { kTraining, kInference };

/// Whether backward_data() will be called. The first convolution's would be slow and is not needed.
enum class DataGradient { kWanted, kUnwanted };

/// A dense layer's size.
struct DenseSize {
  std::int64_t batch, inputs, units;
};

/// A convolution's size; the kernel, the stride and the padding of both directions are the same.
struct ConvolutionSize {
  std::int64_t batch, height, width, channels, filters, kernel, stride, padding, groups;

  std::int64_t output_height() const { return (height + 2 * padding - kernel) / stride + 1; }
  std::int64_t output_width() const { return (width + 2 * padding - kernel) / stride + 1; }
};

/// Creates products.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual const char* name() const = 0;
  virtual std::unique_ptr<Products> dense(const DenseSize& size, Purpose purpose) = 0;
  virtual std::unique_ptr<Products> convolution(const ConvolutionSize& size, Purpose purpose, DataGradient data) = 0;
};

/// oneDNN. Uses as many threads as the calling thread's team. The backend and its products belong to one thread at a time: they share
/// memory. Errors: [onednn] what it refuses.
std::unique_ptr<Backend> make_onednn_backend();
/// Plain loops, summed in double.
std::unique_ptr<Backend> make_reference_backend();

}  // namespace rectify
