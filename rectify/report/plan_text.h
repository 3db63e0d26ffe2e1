// A plan as text: what each step computes, takes and keeps.
#pragma once

#include <string>

#include "rectify/record/plan_record.h"

namespace rectify {

/// A line a step and the totals, at most 80 columns unless a name is long.
std::string plan_text(const PlanRecord& plan);

}  // namespace rectify
