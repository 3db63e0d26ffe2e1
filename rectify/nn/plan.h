// A model compiled for a batch size: one arena, every primitive created once. Running it allocates nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "rectify/nn/backend.h"
#include "rectify/nn/layer.h"
#include "rectify/nn/losses.h"
#include "rectify/nn/model.h"
#include "rectify/nn/parameter_store.h"
#include "rectify/nn/plan_memory.h"
#include "rectify/record/plan_record.h"
#include "rectify/record/precision.h"
#include "rectify/record/run.h"
#include "rectify/record/stats.h"

namespace rectify {

/// Checks that plans can be made for `precision`. Errors: [precision] not yet.
void check(Precision precision);

/// A model compiled for `batch` samples over the parameters of `store`, which it keeps a reference to. Several plans may share a store;
/// after a change of its values each is told by parameters_changed(). The loss is a mean over the batch.
/// Errors: [plan] a batch out of range, parameters of another model; [precision] not one that plans compute in yet; [memory] the machine
/// has not enough, found before it is allocated.
class Plan {
 public:
  Plan(const Model& model, ParameterStore& store, Backend& backend, std::int64_t batch, Mode mode, const Loss& loss = {},
       Precision precision = Precision::kFloat32);
  ~Plan();

  std::int64_t batch() const;
  /// Where the caller puts the samples, [batch, height, width, channels] or [batch, inputs], and their classes, [batch].
  std::span<float> input();
  std::span<std::int32_t> labels();
  /// Where it puts what a loss without labels compares with, [batch, outputs]; empty for one with labels.
  std::span<float> targets();
  /// [batch, outputs], valid after forward().
  std::span<const float> logits() const;

  void parameters_changed();
  /// Says which pass the next forward() and backward() belong to; at first step 0 of seed 0.
  void set_pass(const PassContext& context);
  /// Computes logits and returns the loss. With `stats` (of make_stats()) also adds to it what the activations see; the results are
  /// bit-identical with and without. Errors: [loss] a label that is no class.
  double forward(NetworkStats* stats = nullptr);
  /// Overwrites the store's gradients with those of the loss of the last forward(). With `stats` also adds the gradient sums and the
  /// signs of the weight gradients. Not for inference plans.
  void backward(NetworkStats* stats = nullptr);
  /// How many samples of the last forward() have their label's logit as the largest (the first of equals).
  std::int64_t correct() const;

  /// Empty statistics for this model's hidden layers (activation, maxout and gated nodes).
  NetworkStats make_stats() const;
  /// After a forward() whose loss was not finite: the first node whose values are not, in the order of computation (step is 0). Runs the
  /// forward pass again, as memory is reused.
  std::optional<NonFinite> find_non_finite_value();
  /// After a backward(): the first parameters in its order whose gradients are not finite.
  std::optional<NonFinite> find_non_finite_gradient() const;
  /// Bytes of the arena.
  std::size_t arena_bytes() const;
  /// What it consists of.
  PlanRecord describe() const;

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace rectify
