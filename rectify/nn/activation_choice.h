// An activation with the ways back that it allows, and the cheapest of them.
#pragma once

#include <optional>
#include <string>

#include "rectify/activation/activation.h"
#include "rectify/activation/from_output.h"
#include "rectify/activation/gated.h"
#include "rectify/activation/mask.h"

namespace rectify {

/// What is known of an activation when a plan chooses what to save of it. From the output goes only an activation that learns nothing.
struct ActivationChoice {
  explicit ActivationChoice(const std::string& spec);

  Activation activation;                          ///< of a gated node: the gate
  bool is_relu = false;                           ///< the catalogue's
  bool constant_slope = false;                    ///< f' is one number
  bool from_sign_of_output = false;               ///< f'(x) = f'(y)
  std::optional<MaskedActivation> masked;         ///< where f' is decided by x > 0
  std::optional<GradientFromOutput> from_output;  ///< where y tells f'(x) and no mask does
};

/// The choice for a SPEC, made on first use and kept, as every plan asks for it and it takes milliseconds. Safe to call from any thread.
/// Errors: those of Activation.
const ActivationChoice& activation_choice(const std::string& spec);

}  // namespace rectify
