#include "rectify/nn/activation_choice.h"

#include <map>
#include <mutex>

namespace rectify {

ActivationChoice::ActivationChoice(const std::string& spec) : activation(GatedActivation(spec).gate()) {
  is_relu = activation.name() == "relu" && activation.implementation() == Implementation::kKernel;
  if (activation.learns()) return;
  if (MaskedActivation::fits(activation)) {
    masked.emplace(activation);
    const double left = activation.slope(-1), right = activation.slope(1);
    constant_slope = left == right;
    from_sign_of_output = left >= 0 && right > 0;
  }
  if (!masked) from_output = GradientFromOutput::of(activation);
}

const ActivationChoice& activation_choice(const std::string& spec) {
  static std::mutex mutex;
  static std::map<std::string, ActivationChoice> all;  // references into a map stay valid
  const std::lock_guard lock(mutex);
  return all.try_emplace(spec, spec).first->second;
}

}  // namespace rectify
