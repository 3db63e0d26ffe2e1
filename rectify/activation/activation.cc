#include "rectify/activation/activation.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <mutex>

#include "rectify/activation/catalogue.h"
#include "rectify/activation/facts.h"
#include "rectify/activation/spec.h"
#include "rectify/activation/tiles.h"
#include "rectify/base/error.h"
#include "rectify/base/nearest.h"
#include "rectify/formula/derivative.h"

namespace rectify {

struct Activation::Impl {
  std::string name, spec;
  Formula formula;
  Expression slope;
  Program program;  // f, f', df/dp_0, ...
  std::vector<double> defaults;
  std::vector<float> defaults_f32;
  std::optional<CatalogueMatch> kernel;
  std::shared_ptr<const TileKernels> tiles;
  mutable std::once_flag facts_once;
  mutable Facts facts;

  /// The hand-written kernels of the current target, or null.
  const Kernels* kernels() const {
    if (!kernel || kernel->family == nullptr || kernel->family->kernels == nullptr) return nullptr;
    const Kernels& k = kernel->family->kernels()[kernel->index];
    return k.forward != nullptr ? &k : nullptr;
  }
};

namespace {

std::vector<std::string> all_names() {
  std::vector<std::string> names = catalogue_names();
  for (const CatalogueEntry& entry : layer_catalogue()) names.emplace_back(entry.name);
  return names;
}

[[noreturn]] void unknown_activation(std::string_view name) {
  for (const CatalogueEntry& entry : layer_catalogue()) {
    if (entry.name != name) continue;
    // What works on whole rows stands at a network's end, where the loss computes it.
    const bool of_rows = name.ends_with("softmax");
    fail("activation", fmt::format("{} is a layer of its own, not a function of x: {}", name,
                                   of_rows ? "the cross-entropy loss applies it to a network's outputs"
                                           : "hidden layers take it, as in `rectify train --activation " + std::string(name) + "`"));
  }
  fail("activation", fmt::format("unknown activation \"{}\"{}", name, did_you_mean(name, all_names())));
}

void check_parameters(const Activation::Impl& impl);

void finish(Activation::Impl& impl) {
  const auto& parameters = impl.formula.parameters;
  if (!depends_on_x(impl.formula.body)) {
    fail("activation", fmt::format("\"{}\" does not depend on x; parameters are given by name, as in leaky_relu(slope=0.2)", impl.spec));
  }
  if (parameters.size() > kMostParameters) {
    fail("activation", fmt::format("{} parameters, at most {} are possible", parameters.size(), kMostParameters));
  }
  impl.slope = derivative(impl.formula.body);
  std::vector<Expression> expressions{impl.formula.body, impl.slope};
  for (std::size_t j = 0; j < parameters.size(); ++j) expressions.push_back(derivative(impl.formula.body, static_cast<int>(j)));
  impl.program = lower(expressions);
  for (const FormulaParameter& p : parameters) {
    impl.defaults.push_back(p.value);
    impl.defaults_f32.push_back(static_cast<float>(p.value));
  }
  check_parameters(impl);
  impl.tiles = std::make_shared<const TileKernels>(expressions, parameters);
}

/// Refuses bounds that leave nothing between them: the function would be a constant.
void check_bounds(const Activation::Impl& impl) {
  const auto& parameters = impl.formula.parameters;
  const auto find = [&](std::string_view name) {
    return std::find_if(parameters.begin(), parameters.end(), [&](const FormulaParameter& p) { return p.name == name; });
  };
  const auto low = find("min"), high = find("max");
  if (low == parameters.end() || high == parameters.end() || low->value < high->value) return;
  fail("activation",
       fmt::format("min = {} has to be below max = {} in \"{}\"; give a lower min or a higher max", low->value, high->value, impl.spec));
}

/// Refuses parameter values that no float holds, bounds the wrong way round, and those for which value or slope are not finite beside 0.
void check_parameters(const Activation::Impl& impl) {
  check_bounds(impl);
  const auto& parameters = impl.formula.parameters;
  for (const FormulaParameter& p : parameters) {
    const auto value = static_cast<float>(p.value);
    if (std::isfinite(value) && (value != 0 || p.value == 0)) continue;
    fail("activation",
         fmt::format("{} = {} in \"{}\" is out of the range of floats, which is from 1.4e-45 to 3.4e38", p.name, p.value, impl.spec));
  }
  const auto is_number = [&](double x) {
    return std::isfinite(evaluate(impl.program, x, impl.defaults, 0)) && std::isfinite(evaluate(impl.program, x, impl.defaults, 1));
  };
  // Named functions are numbers on both sides of 0 for the parameters they should have, a typed one may be log(a * x).
  const bool right = is_number(1), left = is_number(-1);
  if (parameters.empty() || (impl.kernel ? right && left : right || left)) return;
  std::string settings;
  for (const FormulaParameter& p : parameters) settings += fmt::format("{}{} = {}", settings.empty() ? "" : ", ", p.name, p.value);
  fail("activation", fmt::format("\"{}\" is not finite at {} for {}: give another value", impl.spec,
                                 right  ? "x = -1"
                                 : left ? "x = 1"
                                        : "x = 1 and x = -1",
                                 settings));
}

/// Values of a parameter for which a kernel is about as good as at its default. Beyond them it multiplies what has underflowed or overflows
/// where the function does not; the tile evaluator goes over to double there.
struct TrustedParameter {
  std::string_view activation, name;
  double least, most;
  bool any_sign;  ///< whether its size counts
};
constexpr TrustedParameter kTrusted[] = {
    {"elu", "alpha", 1e-20, 1e6, true}, {"celu", "alpha", 1e-20, 8, false}, {"softplus", "beta", 0.1, 1e38, true}};

bool has_trusted_parameters(const Activation::Impl& impl) {
  return std::ranges::all_of(kTrusted, [&](const TrustedParameter& trusted) {
    return trusted.activation != impl.name || std::ranges::all_of(impl.formula.parameters, [&](const FormulaParameter& p) {
             const double value = trusted.any_sign ? std::abs(p.value) : p.value;
             return p.name != trusted.name || (value >= trusted.least && value <= trusted.most);
           });
  });
}

std::shared_ptr<const Activation::Impl> from_catalogue(const CatalogueMatch& match, const NamedSpec& spec) {
  auto impl = std::make_shared<Activation::Impl>();
  const Formula standard = *resolve_name(match.entry->name);
  impl->name = match.entry->name;
  impl->formula = standard;
  for (const std::string_view setting : spec.settings) set_parameter(impl->formula, impl->name, setting);
  impl->spec = impl->name + settings_text(impl->formula, standard);
  impl->kernel = match;
  finish(*impl);
  if (!has_trusted_parameters(*impl)) impl->kernel->family = nullptr;
  return impl;
}

std::shared_ptr<const Activation::Impl> from_text(std::string_view text) {
  auto impl = std::make_shared<Activation::Impl>();
  impl->spec = text;
  impl->formula = parse_formula(text, resolve_name, all_names());
  impl->name = impl->formula.name.empty() ? std::string(text) : impl->formula.name;
  finish(*impl);
  return impl;
}

std::shared_ptr<const Activation::Impl> make(std::string_view text) {
  text = trim(text);
  if (const auto spec = take_apart(text); spec && text != "x") {
    const auto match = find_in_catalogue(spec->name);
    if (match) return from_catalogue(*match, *spec);
    if (!is_function_name(spec->name)) unknown_activation(spec->name);  // else the parser says how a function is called
  }
  return from_text(text);
}

}  // namespace

Activation::Activation(std::string_view spec) : impl_(make(spec)) {}

Activation::Activation(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

const std::string& Activation::name() const { return impl_->name; }
const std::string& Activation::spec() const { return impl_->spec; }
const Formula& Activation::formula() const { return impl_->formula; }
const Expression& Activation::derivative() const { return impl_->slope; }
const Program& Activation::program() const { return impl_->program; }
std::span<const FormulaParameter> Activation::parameters() const { return impl_->formula.parameters; }

bool Activation::learns() const {
  return std::any_of(parameters().begin(), parameters().end(), [](const FormulaParameter& p) { return p.learn == Learn::kYes; });
}

const Facts& Activation::facts() const {
  std::call_once(impl_->facts_once, [this] { impl_->facts = compute_facts(impl_->program, impl_->defaults); });
  return impl_->facts;
}

double Activation::value(double x) const { return evaluate(impl_->program, x, impl_->defaults, 0); }
double Activation::slope(double x) const { return evaluate(impl_->program, x, impl_->defaults, 1); }
Bounded Activation::value_bounded(double x) const { return evaluate_bounded(impl_->program, x, impl_->defaults, 0); }
Bounded Activation::slope_bounded(double x) const { return evaluate_bounded(impl_->program, x, impl_->defaults, 1); }
double Activation::parameter_slope(double x, int j) const { return evaluate(impl_->program, x, impl_->defaults, 2 + j); }

void Activation::forward(const float* x, float* y, std::size_t n) const { forward(x, y, {1, n}, {impl_->defaults_f32.data()}); }

void Activation::grad_from_input(const float* x, const float* dy, float* dx, std::size_t n) const {
  grad_from_input(x, dy, dx, {1, n}, {impl_->defaults_f32.data()});
}

void Activation::forward(const float* x, float* y, Extent extent, ParameterView p) const {
  if (const Kernels* k = impl_->kernels()) return k->forward(x, y, extent, p);
  impl_->tiles->forward(x, y, extent, p);
}

void Activation::grad_from_input(const float* x, const float* dy, float* dx, Extent extent, ParameterView p) const {
  if (const Kernels* k = impl_->kernels()) return k->grad_from_input(x, dy, dx, extent, p);
  impl_->tiles->grad_from_input(x, dy, dx, extent, p);
}

void Activation::grad_parameters(const float* x, const float* dy, float* dp, Extent extent, ParameterView p) const {
  if (parameters().empty()) return;
  if (const Kernels* k = impl_->kernels()) return k->grad_parameters(x, dy, dp, extent, p);
  impl_->tiles->grad_parameters(x, dy, dp, extent, p);
}

void Activation::forward_recording(const float* x, float* y, Extent extent, ParameterView p, const ColumnSums& sums) const {
  if (const Kernels* k = impl_->kernels()) return k->forward_recording(x, y, extent, p, sums);
  impl_->tiles->forward_recording(x, y, extent, p, sums);
}

Implementation Activation::implementation() const { return impl_->kernels() != nullptr ? Implementation::kKernel : Implementation::kTiles; }

Activation Activation::as_tiles() const {
  auto copy = std::make_shared<Impl>();
  copy->name = impl_->name;
  copy->spec = impl_->spec;
  copy->formula = impl_->formula;
  finish(*copy);
  return Activation(std::move(copy));
}

int histogram_bin(float x) {
  constexpr int kZero = 24, kLowest = -12, kHighest = 11, kBias = 127;
  if (std::isnan(x)) return kZero;
  // The exponent of a float's bits is floor(log2 |x|), below the lowest for subnormals and above the highest for infinity.
  const int exponent = static_cast<int>(std::bit_cast<std::uint32_t>(x) >> 23 & 0xff) - kBias;
  const int from_zero = std::clamp(exponent, kLowest - 1, kHighest) - kLowest + 1;
  return x < 0 ? kZero - from_zero : kZero + from_zero;
}

namespace {

/// Where two functions are compared that have these kinks: between neighbours and on both sides of each. Narrow pieces lie there.
std::vector<double> places_at(std::vector<double> kinks) {
  std::sort(kinks.begin(), kinks.end());
  std::vector<double> places;
  for (std::size_t i = 0; i < kinks.size(); ++i) {
    const double beside = 1e-3 * (1 + std::abs(kinks[i]));
    places.insert(places.end(), {kinks[i] - beside, kinks[i] + beside});
    if (i > 0 && kinks[i] - kinks[i - 1] > 1e-9 * (1 + std::abs(kinks[i]))) places.push_back((kinks[i - 1] + kinks[i]) / 2);
  }
  return places;
}

}  // namespace

std::optional<std::string> known_as(const Activation& activation) {
  // Steps keep clear of kinks, where conventions may differ. Far out formulas of the same function may overflow.
  std::vector<double> places;
  for (double x = -20.1; x < 20; x += 0.0718281828) places.push_back(x);
  for (double x = 21.3; x < 1e6; x *= 1.37) places.insert(places.end(), {x, -x});
  const auto same = [](double x, double a, double b) {
    return (std::isnan(a) && std::abs(x) > 21) || std::abs(a - b) <= 1e-12 * std::max(1.0, std::abs(b));
  };
  const auto same_at = [&](const Activation& known, const std::vector<double>& all) {
    return std::all_of(all.begin(), all.end(), [&](double x) {
      return same(x, activation.value(x), known.value(x)) && same(x, activation.slope(x), known.slope(x));
    });
  };
  for (const std::string& name : catalogue_names()) {
    if (name == activation.name()) continue;
    const Activation known(name);
    if (!same_at(known, places)) continue;
    std::vector<double> kinks = activation.facts().kinks;
    kinks.insert(kinks.end(), known.facts().kinks.begin(), known.facts().kinks.end());
    if (same_at(known, places_at(std::move(kinks)))) return name;
  }
  return std::nullopt;
}

}  // namespace rectify
