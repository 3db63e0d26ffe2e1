#include "rectify/diagnose/diagnosis.h"

#include <cmath>

#include "rectify/diagnose/measures.h"
#include "rectify/diagnose/verdict.h"

namespace rectify {
namespace {

// Where a measure deserves attention. Sources: keras-contrib's DeadReluDetector (10 % dead units), NeuroScope (25 % saturated); the others
// were set on healthy and faulty runs of 784-8x128-10.
constexpr double kDead = 0.10, kSaturated = 0.25, kOffCentre = 0.5, kOneSignedBatch = 0.5, kNonlinearUse = 0.02, kSpan = 2;

Alarms alarms_of(const RunRecord& run, const Diagnosis& d) {
  const auto far = [](const std::optional<double>& span) { return span && std::abs(*span) > kSpan; };
  Alarms alarms;
  alarms.accuracy = run.state != RunState::kFinished || learning(run) != Learning::kWell;
  alarms.span_start = far(d.gradient_span_start);
  alarms.span_end = far(d.gradient_span_end);
  alarms.saturated = d.worst.saturated.value_or(0) >= kSaturated;
  alarms.dead = d.worst.dead.value_or(0) >= kDead;
  alarms.off_centre = d.worst.off_centre.value_or(0) > kOffCentre;
  alarms.one_signed = d.worst.one_signed_batch.value_or(0) > kOneSignedBatch;
  alarms.nonlinear_use = d.worst.nonlinear_use.value_or(1) < kNonlinearUse;
  return alarms;
}

}  // namespace

Diagnosis diagnose(const RunRecord& run) {
  Diagnosis d;
  for (std::size_t i = 0; i < run.end.layers.size() && i < run.start.layers.size(); ++i) {
    d.layers.push_back(measure(run.start.layers[i], run.end.layers[i], layer_activation(run.end.layers[i].activation)));
  }
  d.worst = worst_of(d.layers);
  d.gradient_span_start = gradient_span(run.start);
  d.gradient_span_end = gradient_span(run.end);
  d.alarms = alarms_of(run, d);
  d.verdict = verdict(run, d);
  return d;
}

}  // namespace rectify
