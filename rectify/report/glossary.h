// The words that the lecture's page needs throughout.
#pragma once

#include <span>

#include "rectify/record/study.h"

namespace rectify {

/// Each with its meaning, as a sentence without a full stop, in the order in which they build on each other.
std::span<const StudyTerm> glossary();

}  // namespace rectify
