// The derivative from the output: what backward needs where the input is not kept.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "rectify/activation/activation.h"

namespace rectify {

/// f' as an expression of the output over the same parameters, in which x stands for y = f(x); none where the output does not determine the
/// derivative, or does and no closed form is found. Derived from the formula: along a chain of invertible operations, by pieces where a
/// comparison splits it, and by a few known forms (softsign's (1 - |y|)^2); then held to f' at 2000 places at the parameters' values, so
/// that it is right for these and what is near them.
///
/// A fact, not what networks are diagnosed with: 1 - y^2 is 0 in single precision where tanh' is not (|x| > 9.01).
std::optional<Expression> derivative_from_output(const Activation& activation);

/// derivative_from_output() as text in y: "y * (1 - y)".
std::optional<std::string> derivative_from_output_text(const Activation& activation);
std::optional<std::string> derivative_from_output_latex(const Activation& activation);

class TileKernels;

/// The backward pass from the output, with the parameters of the SPEC. Immutable, cheap to copy.
class GradientFromOutput {
 public:
  /// None where derivative_from_output() is none.
  static std::optional<GradientFromOutput> of(const Activation& activation);

  /// dx = dy * f'(x) for n values, given y = f(x). dx may be y or dy.
  void run(const float* y, const float* dy, float* dx, std::size_t n) const;

 private:
  explicit GradientFromOutput(const Expression& slope);

  std::shared_ptr<const TileKernels> kernels_;
};

}  // namespace rectify
