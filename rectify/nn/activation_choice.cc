#include "rectify/nn/activation_choice.h"

#include <map>
#include <mutex>

#include "rectify/activation/from_output.h"

namespace rectify {
namespace {

/// g(y) = f'(x) with f's parameters put in.
std::optional<GatedActivation> slope_from_output(const Activation& f) {
  const std::optional<Expression> slope = derivative_from_output(f);
  if (!slope) return std::nullopt;
  std::vector<Expression> parameters;
  for (const FormulaParameter& p : f.parameters()) parameters.emplace_back(p.value);
  const Expression of_output = substitute(*slope, Expression::x(), parameters);
  if (!depends_on_x(of_output)) return std::nullopt;
  return GatedActivation(Activation(to_text(of_output, {})));
}

}  // namespace

ActivationChoice::ActivationChoice(const std::string& spec) : activation(GatedActivation(spec).gate()) {
  is_relu = activation.name() == "relu" && activation.implementation() == Implementation::kKernel;
  if (activation.learns()) return;
  if (MaskedActivation::fits(activation)) {
    masked.emplace(activation);
    const double left = activation.slope(-1), right = activation.slope(1);
    constant_slope = left == right;
    from_sign_of_output = left >= 0 && right > 0;
  }
  if (!masked) from_output = slope_from_output(activation);
}

const ActivationChoice& activation_choice(const std::string& spec) {
  static std::mutex mutex;
  static std::map<std::string, ActivationChoice> all;  // references into a map stay valid
  const std::lock_guard lock(mutex);
  return all.try_emplace(spec, spec).first->second;
}

}  // namespace rectify
