#include <gtest/gtest.h>

#include <string>

#include "rectify/base/threads.h"
#include "rectify/nn/initialise.h"
#include "rectify/nn/plan.h"
#include "rectify/nn/test_allocations.h"

namespace rectify {
namespace {

/// How often a step allocates after a first one.
long allocations_in_a_step(const std::string& net, const std::string& activation, Backend& backend, bool recording) {
  const Model model = parse_network(net, activation);
  ParameterStore store(model);
  initialise(model, {}, 1, store);
  Plan plan(model, store, backend, 16, Mode::kTraining);
  NetworkStats stats = plan.make_stats();
  NetworkStats* const seen = recording ? &stats : nullptr;
  const auto step = [&] {
    plan.parameters_changed();
    plan.forward(seen);
    plan.backward(seen);
  };
  step();
  const long before = allocations;
  step();
  return allocations - before;
}

TEST(PlanMemory, a_step_allocates_nothing) {
  const auto backend = make_reference_backend();
  for (const char* net : {"20-3x24-10", "1x8x8 conv4 bn pool conv6 avgpool dropout0.3 ln 8 alphadropout0.1 10"}) {
    for (const char* activation : {"relu", "tanh", "prelu", "maxout", "swiglu", "x * tanh(softplus(x))"}) {
      EXPECT_EQ(allocations_in_a_step(net, activation, *backend, false), 0) << net << " " << activation;
      EXPECT_EQ(allocations_in_a_step(net, activation, *backend, true), 0) << net << " " << activation;
    }
  }
}

// oneDNN keeps each call's arguments in a map of its own.
TEST(PlanMemory, a_step_with_onednn_allocates_only_what_a_call_of_it_does) {
  set_team_size(1);
  const auto backend = make_onednn_backend();
  const long products = 4, per_call = 16;
  for (const char* activation : {"relu", "maxout"}) {
    const std::string net = "20-3x24-10";
    EXPECT_LE(allocations_in_a_step(net, activation, *backend, false), products * per_call) << activation;
    EXPECT_EQ(allocations_in_a_step(net, activation, *backend, false), allocations_in_a_step(net, activation, *backend, true))
        << activation;
  }
}

}  // namespace
}  // namespace rectify
