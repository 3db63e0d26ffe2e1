// The gated family: a value times an activation of another, GLU, ReGLU, GEGLU, SwiGLU and bilinear among them.
//
//   const rectify::GatedActivation swiglu("swiglu");
//   swiglu.forward(ab, y, {rows, cols});     // y = a * silu(b), where a row of ab is a's cols values and then b's
#pragma once

#include <string_view>

#include "rectify/activation/activation.h"

namespace rectify {

/// Which half of a row of 2 cols values goes through the activation. The second in PyTorch, JAX, Keras and ggml; the first where a network
/// stores "gate" before "up".
enum class GateHalf { kSecond, kFirst };

/// Whether `name` is one of the family's own: "glu", "reglu", "geglu", "swiglu" or "bilinear".
bool is_gated_name(std::string_view name);

/// y = a * f(b). Immutable, cheap to copy.
class GatedActivation {
 public:
  /// The one that has the name, "glu", "reglu", "geglu", "swiglu" or "bilinear", or that of any other SPEC as f.
  /// Errors: as Activation's.
  explicit GatedActivation(std::string_view name_or_gate);
  explicit GatedActivation(Activation gate) : gate_(std::move(gate)) {}

  /// f.
  const Activation& gate() const { return gate_; }

  /// y = a * f(b) for n values. y may be a or b.
  void forward(const float* a, const float* b, float* y, std::size_t n) const;
  /// da = dy * f(b), db = dy * a * f'(b). da and db may be any of a, b and dy, but not each other.
  void grad_from_input(const float* a, const float* b, const float* dy, float* da, float* db, std::size_t n) const;

  /// The same from both in one array: ab is [rows, 2 cols], y is [rows, cols] and overlaps nothing.
  void forward(const float* ab, float* y, Extent extent, GateHalf half = GateHalf::kSecond) const;
  /// dab, laid out like ab, may be ab.
  void grad_from_input(const float* ab, const float* dy, float* dab, Extent extent, GateHalf half = GateHalf::kSecond) const;

  /// The same with given parameters of f, one for all or one a column of y; b is the second half.
  void forward(const float* ab, float* y, Extent extent, ParameterView p) const;
  void grad_from_input(const float* ab, const float* dy, float* dab, Extent extent, ParameterView p) const;
  /// Adds the sums over rows of dy * a * df/dp_j(b) to dp, laid out like the parameters.
  void grad_parameters(const float* ab, const float* dy, float* dp, Extent extent, ParameterView p) const;

 private:
  Activation gate_;
};

}  // namespace rectify
