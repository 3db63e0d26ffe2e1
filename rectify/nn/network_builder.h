// Builds a model node by node, each reading the one before unless told otherwise.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "rectify/nn/model.h"

namespace rectify {

/// Which norm comes between an affine map and its activation.
enum class NormKind { kNone, kBatch, kLayer };

/// A model in the making. What the hidden layers have for an activation is a SPEC, maxout, or one of the gated family.
class NetworkBuilder {
 public:
  NetworkBuilder(const Shape& input, std::string_view activation);

  /// Adds a node that reads the last one unless it names its inputs; "pool 1" becomes "pool 1.2" where there is one. Returns its name, the
  /// last from now on.
  std::string add(Node node);
  /// Adds a hidden layer: the affine map `map` (dense, or conv2d where it has a kernel), the norm, and the activation; or the maxout or
  /// gated layer in the place of map and activation. Counts one up and names them "conv 2", "norm 2", "hidden 2". Returns the last one's
  /// name.
  std::string hidden(Node map, NormKind norm = NormKind::kNone);
  /// The activation on what is there, where it is a function of one variable; else nothing. Returns the last node's name.
  std::string activate(const std::string& name);
  /// A flatten, where the last node gives an image.
  void flatten();
  /// The outputs, behind a flatten where that is needed.
  void output(std::int64_t units);

  const std::string& last() const { return model_.nodes.back().name; }
  int hidden_layers() const { return count_; }
  Model finish() &&;

 private:
  Model model_;
  std::set<std::string> names_{"input"};
  std::string activation_;
  int pieces_ = 0;  // of maxout, else 0
  bool is_gated_;
  int count_ = 0;
};

}  // namespace rectify
