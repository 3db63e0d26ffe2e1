#include "rectify/report/plan_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rectify {
namespace {

TEST(PlanText, tells_of_each_step_and_the_total) {
  PlanRecord plan;
  plan.batch = 64;
  plan.steps = {{.name = "input", .kind = "input", .shape = "1x28x28", .value_bytes = 64 * 784 * 4},
                {.name = "conv 1", .kind = "conv2d 3x3", .shape = "32x28x28", .parameters = 320, .value_bytes = 6422528, .saved = "input"},
                {.name = "hidden 1",
                 .kind = "activation relu",
                 .shape = "32x28x28",
                 .value_bytes = 6422528,
                 .in_place = true,
                 .saved = "mask",
                 .saved_bytes = 200704}};
  plan.parameter_bytes = 2560;
  plan.arena_bytes = std::int64_t{3} << 30;
  plan.arena_bytes_without_reuse = std::int64_t{5} << 30;
  EXPECT_EQ(plan_text(plan),
            "step      what                 output   weights     bytes  saved for backward\n"
            "input     input               1x28x28             196 KiB\n"
            "conv 1    conv2d 3x3         32x28x28       320  6.12 MiB  input\n"
            "hidden 1  activation relu    32x28x28            in place  mask +196 KiB\n"
            "\n320 weights, with their gradients 2.5 KiB\n"
            "batch of 64 in float32: 3 GiB for values, gradients and what is saved; 5 GiB if nothing shared its place\n");
}

TEST(PlanText, tells_how_the_network_is_trained) {
  PlanRecord plan;
  plan.training.emplace();
  plan.training->epochs = 1;
  plan.training->batch = 32;
  plan.training->optimizer = "adamw";
  plan.training->schedule = "one-cycle";
  plan.training->clip = 2;
  plan.training->learning_rate = 0.001;
  EXPECT_THAT(plan_text(plan), testing::EndsWith("\ntrained with 1 epoch, batch 32, adamw, clip 2, lr 0.001 one-cycle\n"));
}

}  // namespace
}  // namespace rectify
