#include "rectify/diagnose/verdict.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "rectify/activation/gated.h"
#include "rectify/diagnose/measures.h"
#include "rectify/record/text.h"
#include "rectify/theory/moments.h"

namespace rectify {
namespace {

// Beyond these a gradient that has passed the layers counts as lost or grown out of hand.
constexpr double kLostSpan = -2, kGrownSpan = 2;

/// "88.4 %", as the table writes it: 100 only where nothing is wrong. Of tasks without classes "R^2 0.93".
std::string accuracy_text(const RunRecord& run) {
  if (run.task != Task::kClassification) return fmt::format("R^2 {:.2f}", run.r_squared.value_or(0));
  if (!run.test_accuracy) return "unknown";
  return *run.test_accuracy == 1 ? "100 %" : fmt::format("{:.1f} %", std::min(99.9, 100 * *run.test_accuracy));
}

/// What a network that has learned nothing reaches.
std::string chance_text(const RunRecord& run) {
  if (run.task != Task::kClassification) return "the mean of the targets has 0";
  return fmt::format("chance is {}", percent_text(1.0 / std::max(1, run.classes)));
}

std::string layer_count(std::size_t n, std::string_view what) { return fmt::format("{} {}{}", n, what, n == 1 ? "" : "s"); }

/// What makes the gradient shrink in an activation: the ceiling of its slope, and that the slope is not at its ceiling.
std::string slope_clause(const RunRecord& run, const Activation& f) {
  const Facts& facts = f.facts();
  std::string clause;
  if (facts.sup_slope < 0.95) clause = fmt::format("its slope never exceeds {}", short_text(facts.sup_slope));
  const auto rms = run.start.layers.empty() ? std::nullopt : rms_slope(run.start.layers.back());
  if (rms && *rms < 0.5 * facts.sup_slope) {
    clause += fmt::format("{}its rms slope at the start is {}", clause.empty() ? "" : " and ", short_text(*rms));
  }
  return clause.empty() ? "" : clause + ", so ";
}

std::string lost_gradient(const RunRecord& run, const Diagnosis& d, const std::optional<Activation>& f) {
  const double span = *d.gradient_span_start;
  const std::size_t steps = d.layers.size() - 1;
  std::string text;
  if (d.worst.saturated) {
    text += *d.worst.saturated < 0.05 ? fmt::format("it is not saturated ({}), ", percent_text(*d.worst.saturated))
                                      : fmt::format("{} of a layer's units are saturated, ", percent_text(*d.worst.saturated));
  }
  if (f) text += slope_clause(run, *f);
  if (std::isinf(span)) return text + "no gradient reaches the first hidden layer";
  const double each = std::pow(10, span / static_cast<double>(steps));
  return text + fmt::format("each step back passes on {} of the gradient; {} leave {}", percent_text(each), layer_count(steps, "step"),
                            span_text(span));
}

/// The gain that `init` sets, if it is auto with one.
std::optional<double> given_gain(const std::string& init) {
  const std::string key = "auto,gain=";
  if (!init.starts_with(key)) return std::nullopt;
  return std::strtod(init.c_str() + key.size(), nullptr);
}

/// A remedy for a gradient that shrinks or grows, in the words of the command line; empty where no gain is one.
std::string gain_remedy(const RunRecord& run, const std::optional<Activation>& f) {
  if (!f) return "";
  const double second = gaussian_moments(*f).slope_second;
  if (!(second > 0) || !std::isfinite(second)) return "";
  const double gain = 1 / std::sqrt(second);
  if (const auto given = given_gain(run.init); given && std::abs(*given / gain - 1) < 0.01) {
    return " Fewer layers, or an activation whose slope stays near 1 (relu, elu), would keep it.";
  }
  return fmt::format(" `--init auto,gain={:.3g}` (1/sqrt(E f'^2)) keeps the gradient's size from layer to layer.", gain);
}

/// Whether the layers' function is a straight line through every input it saw.
bool is_linear(const Diagnosis& d) {
  return !d.layers.empty() &&
         std::all_of(d.layers.begin(), d.layers.end(), [](const auto& l) { return l.nonlinear_use && *l.nonlinear_use == 0; });
}

std::string linear_map(const Diagnosis& d) {
  return fmt::format("its {} are together one linear map (non-linear use 0), so depth adds nothing.",
                     layer_count(d.layers.size(), "hidden layer"));
}

/// Whether every unit of every layer is dead at the end, as with functions that are flat in steps.
bool all_dead(const Diagnosis& d) {
  return !d.layers.empty() && std::all_of(d.layers.begin(), d.layers.end(), [](const auto& l) { return l.dead && *l.dead == 1; });
}

/// Whether f' is 0 wherever it is defined, as of functions that are flat in steps.
bool has_no_slope(const Activation& f) { return f.facts().sup_slope == 0; }

/// The largest share of units that are saturated before training.
double saturated_at_start(const RunRecord& run) {
  double most = 0;
  for (const LayerStats& layer : run.start.layers) {
    most = std::max(most, measure(layer, layer, layer_activation(layer.activation)).saturated.value_or(0));
  }
  return most;
}

std::string saturation(const RunRecord& run, const Diagnosis& d, const std::optional<Activation>& f) {
  std::string text = fmt::format("{} of a layer's units are saturated: their inputs are so large that the slope is flat",
                                 percent_text(*d.worst.saturated));
  const double before = saturated_at_start(run);
  if (before >= *d.worst.saturated / 2) return text + ", and were so before training. Smaller initial weights keep them out of there.";
  text += fmt::format(". Before training it was {}: a smaller --lr keeps them out of there.", percent_text(before));
  if (const double span = d.gradient_span_start.value_or(0); span < kLostSpan) {
    text +=
        fmt::format(" The gradient began at {} from the last hidden layer to the first besides.", span_text(span)) + gain_remedy(run, f);
  }
  return text;
}

std::string mostly_dead(const LayerMeasures& layer) {
  if (layer.dead_start.value_or(0) > 0.9) {
    return fmt::format(
        "{} of {}'s units are dead, {} before training already, so next to nothing passes. Initial weights and biases that let units fire "
        "(`--init auto`, no negative bias) or leaky_relu keep units alive.",
        percent_text(*layer.dead), layer.name, percent_text(*layer.dead_start));
  }
  return fmt::format(
      "{} of {}'s units are dead at the end, so next to nothing passes. A smaller --lr, a small positive bias (`--init auto,bias=0.1`) or "
      "leaky_relu keeps units alive.",
      percent_text(*layer.dead), layer.name);
}

/// What those `alarms` tell that are not of accuracy, saturation or the gradient before training.
std::string concerns(const Diagnosis& d, const Alarms& alarms) {
  std::vector<std::string> all;
  if (alarms.dead) all.push_back(fmt::format("{} of a layer's units are dead", percent_text(*d.worst.dead)));
  if (alarms.nonlinear_use) {
    all.push_back(fmt::format("a layer is nearly a linear map (non-linear use {})", percent_text(*d.worst.nonlinear_use)));
  }
  if (alarms.off_centre) {
    all.push_back(fmt::format("{} of a layer's mean square output is its squared mean", percent_text(*d.worst.off_centre)));
  }
  if (alarms.one_signed) {
    all.push_back(fmt::format("over a mini-batch {} of a layer's units push all their weights the same way",
                              percent_text(*d.worst.one_signed_batch)));
  }
  if (alarms.span_end) {
    all.push_back(fmt::format("the gradient ends at {} from the last hidden layer to the first", span_text(*d.gradient_span_end)));
  }
  return fmt::format("{}", fmt::join(all, "; "));
}

std::string why_not(const RunRecord& run, const Diagnosis& d, const std::optional<Activation>& f) {
  if (is_linear(d)) return linear_map(d);
  if (d.alarms.saturated) return saturation(run, d, f);
  if (f && has_no_slope(*f)) {
    return "the slope is 0 at every input that the layers see, so only the output layer can learn.";
  }
  const auto dead = std::max_element(d.layers.begin(), d.layers.end(), [](const auto& a, const auto& b) { return a.dead < b.dead; });
  if (f && dead->dead.value_or(0) > 0.9) return mostly_dead(*dead);
  const double start = d.gradient_span_start.value_or(0), end = d.gradient_span_end.value_or(0);
  if (start < kLostSpan) return lost_gradient(run, d, f) + "." + gain_remedy(run, f);
  if (start > kGrownSpan) {
    return fmt::format("the gradient grows {} from the last hidden layer back to the first.{}", span_text(start), gain_remedy(run, f));
  }
  if (end < kLostSpan || end > kGrownSpan) {
    return fmt::format(
        "the gradient began at {} from the last hidden layer to the first and ended at {}: training itself drove it there. A smaller --lr "
        "is worth a try.",
        span_text(start), span_text(end));
  }
  if (const std::string seen = concerns(d, d.alarms); !seen.empty()) {
    return seen + ". None of it alone stops a network: look at the learning rate and the number of epochs too.";
  }
  return "the activations show no reason: look at the learning rate, the number of epochs and the data.";
}

std::string dead_clause(const Diagnosis& d) {
  const LayerMeasures& worst = d.worst;
  if (worst.dead_start.value_or(0) + worst.dead.value_or(0) == 0) return "no unit is dead";
  std::string text = fmt::format("at worst {} of a layer's units are dead at the start and {} at the end",
                                 percent_text(worst.dead_start.value_or(0)), percent_text(worst.dead.value_or(0)));
  if (worst.revived.value_or(0) > 0) text += fmt::format(" (up to {} came back to life)", percent_text(*worst.revived));
  return text;
}

std::string sign_clause(const Diagnosis& d) {
  const LayerMeasures& worst = d.worst;
  if (worst.one_signed.value_or(0) < 0.5) return "";
  std::string text =
      fmt::format(" Its layers' inputs have one sign on {} of the samples, so each sample pushes all weights of a unit the same way",
                  percent_text(*worst.one_signed));
  if (worst.one_signed_batch) {
    const std::string share = percent_text(*worst.one_signed_batch);
    text += d.alarms.one_signed ? fmt::format("; even over a mini-batch {} of the units stay one-signed", share)
                                : fmt::format("; over a mini-batch this mixes ({} of the units stay one-signed)", share);
  }
  return text + ".";
}

std::string span_clause(const Diagnosis& d) {
  if (!d.gradient_span_start || d.layers.size() < 2) return "";
  const std::string span = span_text(*d.gradient_span_start);
  const std::string times = span == "x1" ? "" : span.starts_with('x') ? span.substr(1) + " times " : span + " ";
  return fmt::format("; before training the gradient arrives at the first hidden layer {}as large as at the last", times);
}

std::string learnt_clause(const RunRecord& run, const Activation& f) {
  std::string text;
  std::size_t slot = 0;
  for (const FormulaParameter& p : f.parameters()) {
    if (p.learn == Learn::kNo) continue;
    double low = INFINITY, high = -INFINITY;
    for (const auto& layer : run.learnt) {
      if (slot < layer.size()) low = std::min(low, layer[slot]), high = std::max(high, layer[slot]);
    }
    if (const std::string from = short_text(low), to = short_text(high); low <= high) {
      text += from == to ? fmt::format(" The learnt {} (mean of a layer) is {} in every layer.", p.name, from)
                         : fmt::format(" The learnt {} (mean of a layer) lies between {} and {}.", p.name, from, to);
    }
    ++slot;
  }
  return text;
}

bool is_maxout_layer(const LayerStats& layer) { return layer.activation.starts_with("maxout"); }

std::string how(const RunRecord& run, const Diagnosis& d, const std::optional<Activation>& f) {
  if (is_linear(d)) {
    return linear_map(d);
  }
  if (!f && !is_maxout_layer(run.end.layers.front())) {
    return fmt::format("{}{}; a gated layer pays with twice the parameters.{}", dead_clause(d), span_clause(d), sign_clause(d));
  }
  if (!f) {
    return fmt::format("{} of a layer's pieces are never chosen at worst{}; it pays with several times the parameters.",
                       percent_text(d.worst.dead.value_or(0)), span_clause(d));
  }
  if (all_dead(d)) return "but the slope is 0 at every input that the layers see, so only the output layer learned.";
  std::string text;
  switch (f->facts().saturates) {
    case Saturates::kBoth:
      text = fmt::format("at worst {} of a layer's units are saturated{}.", percent_text(d.worst.saturated.value_or(0)), span_clause(d));
      break;
    case Saturates::kNone: text = fmt::format("its slope is flat on neither side, so {}{}.", dead_clause(d), span_clause(d)); break;
    default: text = fmt::format("{}{}.", dead_clause(d), span_clause(d));
  }
  const std::string signs = sign_clause(d);
  Alarms untold = d.alarms;
  untold.dead = d.alarms.dead && f->facts().saturates == Saturates::kBoth;
  untold.one_signed = d.alarms.one_signed && signs.empty();
  const std::string rest = concerns(d, untold);
  return text + signs + learnt_clause(run, *f) + (rest.empty() ? "" : " Yet " + rest + ".");
}

/// Whether hidden layers multiply two maps of their input of which neither is bounded: swiglu and its like, but glu.
bool has_squaring_layers(const NetworkStats& stats) {
  if (stats.layers.size() < 2) return false;
  std::string_view gate = stats.layers.front().activation;
  constexpr std::string_view kBegin = "gated(";
  if (gate.starts_with(kBegin)) {
    gate.remove_prefix(kBegin.size());
    gate.remove_suffix(1);
  } else if (!is_gated_name(gate)) {
    return false;
  }
  return !std::isfinite(GatedActivation(gate).gate().facts().upper);
}

/// What made a number not finite.
std::string divergence(const RunRecord& run, const Diagnosis& d, const std::optional<Activation>& f) {
  const NonFinite& place = *run.non_finite;
  const std::string where =
      fmt::format("at step {} the first number that was not finite stood in {}, {}.", place.step, place.layer, place.direction);
  if (has_squaring_layers(run.start)) {
    return where +
           " A gated layer multiplies two maps of its input, so each squares by how much a sample is too large: write layer norms, as in "
           "--net \"784 128 ln 128 ln 10\".";
  }
  if (place.step == 1 && place.direction == "forward") {
    return where +
           " Nothing had been learned yet: the function is not finite at inputs that the layer sees, or the initial weights are too large.";
  }
  if (d.gradient_span_start.value_or(0) > kGrownSpan) {
    return where + fmt::format(" The gradient grows {} from the last hidden layer back to the first.", span_text(*d.gradient_span_start)) +
           gain_remedy(run, f);
  }
  return where + fmt::format(" Try a smaller --lr, such as {}.", short_text(run.learning_rate / 10));
}

}  // namespace

Learning learning(const RunRecord& run) {
  const double chance = 1.0 / std::max(1, run.classes);
  // The way from chance to faultless: below a tenth of it is nothing, below half of it little.
  const double way =
      run.task == Task::kClassification ? (run.test_accuracy.value_or(0) - chance) / std::max(1e-9, 1 - chance) : run.r_squared.value_or(0);
  return way < 0.1 ? Learning::kNone : way < 0.5 ? Learning::kLittle : Learning::kWell;
}

std::string verdict(const RunRecord& run, const Diagnosis& d) {
  const std::string& name = run.name.empty() ? run.activation : run.name;
  if (run.state == RunState::kInterrupted)
    return fmt::format("{} was interrupted after {} of {} epochs.", name, run.train_loss.size(), run.epochs);
  const NetworkStats& seen = run.end.layers.empty() ? run.start : run.end;
  const auto f = seen.layers.empty() ? std::nullopt : layer_activation(seen.layers.front().activation);
  if (run.state == RunState::kNonFinite && run.non_finite) return fmt::format("{} diverged: {}", name, divergence(run, d, f));
  if (run.task != Task::kClassification && !run.r_squared) {
    return fmt::format("{} was trained; how well cannot be told, as there are no test samples or their targets are all the same.", name);
  }
  const Learning how_well = learning(run);
  if (how_well != Learning::kWell) {
    return fmt::format("{} {} ({}, {}): {}", name, how_well == Learning::kNone ? "did not learn" : "learned little", accuracy_text(run),
                       chance_text(run), d.layers.empty() ? "it has no hidden layer." : why_not(run, d, f));
  }
  if (d.layers.empty()) return fmt::format("The network learned ({}); it has no hidden layer.", accuracy_text(run));
  return fmt::format("{} learned ({}): {}", name, accuracy_text(run), how(run, d, f));
}

}  // namespace rectify
