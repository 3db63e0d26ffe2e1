// Ctrl-C, for verbs that keep what is finished.
#pragma once

#include <atomic>

namespace rectify::cli {

/// Set by the first SIGINT or SIGTERM after catch_interrupts().
const std::atomic<bool>& interrupted();

/// The first signal asks for an end; the next has its usual effect.
void catch_interrupts();

}  // namespace rectify::cli
