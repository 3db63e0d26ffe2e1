// What a plan's description says of a node.
#pragma once

#include "rectify/nn/layer.h"
#include "rectify/record/plan_record.h"

namespace rectify {

/// The name, kind and saved values of a node that `takes` the work of another, the rest left empty.
PlanStep describe_step(const Node& node, Saved saved, LeftTo left_to, const ActivationChoice* takes);

}  // namespace rectify
