// Rules over records: what went on in a network's activations. Reads records, never a running network.
#pragma once

#include "rectify/record/diagnosis.h"
#include "rectify/record/run.h"

namespace rectify {

/// The measures, alarms and verdict of a run. Works on records of any origin as long as their layers' activations are SPECs, maxout or
/// gated.
Diagnosis diagnose(const RunRecord& run);

}  // namespace rectify
