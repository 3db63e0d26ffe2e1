// All parameters of a network in one contiguous buffer, their gradients in a second.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "rectify/base/aligned.h"
#include "rectify/nn/model.h"

namespace rectify {

/// What a parameter tensor is. Running means and variances are not learnt: their gradients stay 0, so that no optimiser moves them.
enum class ParameterKind { kWeight, kBias, kActivation, kScale, kShift, kRunningMean, kRunningVariance };

/// A parameter tensor: where it lies in the store.
struct ParameterSlot {
  std::string node;
  ParameterKind kind;
  std::int64_t offset;              ///< of the first value in values() and gradients()
  std::vector<std::int64_t> shape;  ///< dense weight: [units, inputs]; convolution: [filters, channels / groups, kernel, kernel]; units of
                                    ///< maxout are piece-major; bias, norms: [units]; activation: [learnt parameters, units]
  std::int64_t size() const;
  /// Of weights: how many inputs an output adds up, and how many outputs an input goes into (per position of the kernel).
  std::int64_t fan_in() const { return size() / shape.front(); }
  std::int64_t fan_out() const { return size() / shape[1]; }
  /// Whether weight decay applies: to weights only.
  bool decays() const { return kind == ParameterKind::kWeight; }
  /// Whether training learns it.
  bool is_learnt() const { return kind != ParameterKind::kRunningMean && kind != ParameterKind::kRunningVariance; }
};

/// The parameters of `model` in logical, row-major layout, each slot beginning at a multiple of 16 values, padding zero. At first scales
/// and running variances are 1, all others 0.
class ParameterStore {
 public:
  explicit ParameterStore(const Model& model);
  /// The slots that such a store has, in the order of the nodes. Errors: [net] see validate().
  static std::vector<ParameterSlot> layout(const Model& model);

  std::span<float> values() { return values_; }
  std::span<const float> values() const { return values_; }
  std::span<float> gradients() { return gradients_; }
  std::span<const float> gradients() const { return gradients_; }
  std::span<const ParameterSlot> slots() const { return slots_; }
  /// The slot of `node` of a kind. Errors: [parameters] there is none.
  const ParameterSlot& slot(std::string_view node, ParameterKind kind) const;
  std::span<float> values(const ParameterSlot& slot) { return std::span(values_).subspan(slot.offset, slot.size()); }
  std::span<float> gradients(const ParameterSlot& slot) { return std::span(gradients_).subspan(slot.offset, slot.size()); }
  /// The number of learnt parameters, padding not counted.
  std::int64_t count() const;

 private:
  std::vector<ParameterSlot> slots_;
  AlignedVector<float> values_;
  AlignedVector<float> gradients_;
};

}  // namespace rectify
