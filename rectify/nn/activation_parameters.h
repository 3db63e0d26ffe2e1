// The parameters of an activation in a network: those that training changes and those that stay.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "rectify/nn/layer.h"

namespace rectify {

/// Columns of the array [rows, columns] whose columns have parameters of their own.
std::int64_t columns_of(ParameterSharing sharing, const Shape& shape);

/// The tensor of those parameters of `activation` that training changes, [learnt, columns] or [learnt, 1] where they are shared; none where
/// it changes none. `shape` is that of the activation's values.
std::vector<ParameterShape> learnt_shape(const Activation& activation, ParameterSharing sharing, const Shape& shape);

/// All parameters of a node's activation as its kernels read them, the learnt ones copied from the store.
class ActivationParameters {
 public:
  /// Places its arrays in the arena of `setup`; the columns are those of columns_of().
  ActivationParameters(const LayerSetup& setup, const Activation& activation);

  bool learns() const { return !learnt_.empty(); }
  bool are_shared() const { return sharing_ == ParameterSharing::kShared; }
  std::size_t count() const { return constants_.size(); }

  /// Reads the learnt ones anew.
  void changed();
  /// All of them, one for each or one for each column.
  ParameterView view() const;
  /// Parameter j of each column.
  std::span<const float> of_columns(std::size_t j) const { return all_.subspan(j * columns_, columns_); }

  /// Writes the gradients of the learnt ones: add(sums) adds to an array laid out as the view's.
  template <class Add>
  void take_gradients(const Add& add) {
    clear();
    add(sums_.data());
    write();
  }

 private:
  void clear();
  void write();

  ParameterSharing sharing_;
  std::vector<bool> is_learnt_;
  std::vector<float> constants_;       // the parameters of the SPEC
  std::size_t columns_ = 0;            // parameters of a kind: 1 where they are shared
  std::span<float> learnt_;            // [learnt parameters, columns_] in the store; empty where nothing learns
  std::span<float> learnt_gradients_;  // the same
  std::span<float> all_;               // [parameters, columns_]
  std::span<float> sums_;
};

}  // namespace rectify
