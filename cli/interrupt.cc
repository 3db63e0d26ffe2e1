#include "interrupt.h"

#include <signal.h>

namespace rectify::cli {
namespace {

std::atomic<bool> stop = false;  // a signal handler reaches nothing but globals
static_assert(std::atomic<bool>::is_always_lock_free);

}  // namespace

const std::atomic<bool>& interrupted() { return stop; }

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = [](int) { stop = true; };
  action.sa_flags = SA_RESETHAND | SA_RESTART;
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
}

}  // namespace rectify::cli
