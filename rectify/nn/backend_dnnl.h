// What the oneDNN backend's parts share.
#pragma once

#include <fmt/format.h>

#include <array>
#include <dnnl.hpp>
#include <memory>
#include <utility>

#include "rectify/base/aligned.h"
#include "rectify/nn/backend.h"

namespace rectify::onednn {

using dnnl::memory;

/// What the products of one backend share.
struct Shared {
  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  AlignedVector<float> scratchpad;

  /// Makes the scratchpad as large as `desc` needs.
  void need(const memory::desc& desc);
};

/// Errors: [onednn] a product failed.
void check(dnnl_status_t status);

/// A memory object without memory.
memory borrowed(const memory::desc& desc, const Shared& shared);

/// Attributes that leave the scratchpad to us.
dnnl::primitive_attr user_scratchpad();

/// A primitive with its arguments, called without allocating, which dnnl::primitive::execute() does.
template <std::size_t n>
class Call {
 public:
  using Arguments = std::array<std::pair<int, memory>, n>;

  Call(dnnl::primitive primitive, Arguments arguments) : primitive_(std::move(primitive)), arguments_(std::move(arguments)) {
    for (std::size_t i = 0; i < n; ++i) raw_[i] = {arguments_[i].first, arguments_[i].second.get()};
  }

  /// Runs with argument `i`, in the order of construction, at data[i].
  void run(const Shared& shared, const std::array<const float*, n>& data) {
    for (std::size_t i = 0; i < n; ++i) check(dnnl_memory_set_data_handle(raw_[i].memory, const_cast<float*>(data[i])));
    check(dnnl_primitive_execute(primitive_.get(), shared.stream.get(), n, raw_.data()));
  }

 private:
  dnnl::primitive primitive_;
  Arguments arguments_;
  std::array<dnnl_exec_arg_t, n> raw_;
};

/// An array in the layout that a primitive wants, beside the plain one that everybody else knows.
class Packed {
 public:
  enum class Direction { kPack, kUnpack };

  Packed(const memory::desc& plain, const memory::desc& wanted, Direction direction, const Shared& shared);
  /// Whether the two layouts differ, so that there is anything to do.
  bool differs() const { return !values_.empty(); }
  const float* data() const { return values_.data(); }
  float* data() { return values_.data(); }
  /// Fills the packed array from the plain one, or the plain one from it.
  void pack(const Shared& shared, const float* plain);
  void unpack(const Shared& shared, float* plain);

 private:
  AlignedVector<float> values_;
  std::unique_ptr<Call<2>> reorder_;
};

std::unique_ptr<Products> make_dense(std::shared_ptr<Shared> shared, const DenseSize& size, Purpose purpose);
std::unique_ptr<Products> make_convolution(std::shared_ptr<Shared> shared, const ConvolutionSize& size, DataGradient data);

}  // namespace rectify::onednn
