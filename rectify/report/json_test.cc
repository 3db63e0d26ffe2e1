#include "rectify/report/json.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

namespace rectify {
namespace {

using nlohmann::json;

TEST(Json, has_the_keys_of_schema_1_and_null_for_what_is_undefined) {
  Result result;
  result.activation = "relu";
  result.seed = 18446744073709551615u;
  result.state = RunState::kFinished;
  result.test_accuracy = 0.1 + 0.2;
  result.diagnosis.gradient_span_start = -INFINITY;
  result.diagnosis.gradient_span_end = -2.5;
  result.diagnosis.layers.resize(1);
  result.diagnosis.layers[0].name = "hidden 1";
  result.diagnosis.layers[0].dead = 0.25;
  result.diagnosis.layers[0].grad_rms = NAN;
  result.diagnosis.verdict = "relu learned.";

  const json whole = json::parse(to_json(std::vector{result}));
  EXPECT_EQ(whole["schema"], 1);
  ASSERT_EQ(whole["runs"].size(), 1u);
  const json& run = whole["runs"][0];
  EXPECT_EQ(run["activation"], "relu");
  EXPECT_EQ(run["seed"], 18446744073709551615u);
  EXPECT_EQ(run["test_accuracy"].get<double>(), 0.1 + 0.2);
  EXPECT_TRUE(run.at("train_loss").is_null());
  EXPECT_TRUE(run.at("seconds_per_epoch").is_null());
  EXPECT_TRUE(run.at("gradient_span_start").is_null());
  EXPECT_EQ(run.at("gradient_span_end"), -2.5);
  EXPECT_EQ(run.at("verdict"), "relu learned.");
  const json& layer = run.at("layers").at(0);
  EXPECT_EQ(layer.at("name"), "hidden 1");
  EXPECT_EQ(layer.at("dead"), 0.25);
  for (const char* key :
       {"saturated", "inactive", "dead_start", "revived", "off_centre", "one_signed", "one_signed_batch", "nonlinear_use", "grad_rms"}) {
    EXPECT_TRUE(layer.at(key).is_null()) << key;
  }
}

TEST(Json, tells_how_each_run_ended) {
  Result interrupted, failed, diverged;
  failed.error = "[nn] no memory";
  diverged.state = RunState::kNonFinite;
  diverged.non_finite = NonFinite{7, "hidden 2", "forward"};
  const json runs = json::parse(to_json(std::vector{interrupted, failed, diverged}))["runs"];
  EXPECT_EQ(runs[0]["state"], "interrupted");
  EXPECT_EQ(runs[1]["state"], "failed");
  EXPECT_EQ(runs[1]["error"], "[nn] no memory");
  EXPECT_EQ(runs[2]["state"], "not finite");
  EXPECT_EQ(runs[2]["non_finite"], (json{{"step", 7}, {"layer", "hidden 2"}, {"direction", "forward"}}));
}

TEST(Json, tells_what_was_asked_and_what_a_task_without_classes_gave) {
  Result result;
  result.task = Task::kRegression;
  result.loss = "mse";
  result.optimizer = "adamw,decay=0.1";
  result.schedule = "cosine,warmup=0.1";
  result.clip = 2;
  result.augmentation = "flip";
  result.r_squared = 0.75;
  const json run = json::parse(to_json(std::vector{result}))["runs"][0];
  EXPECT_EQ(run["task"], "regression");
  EXPECT_EQ(run["loss"], "mse");
  EXPECT_EQ(run["optimizer"], "adamw,decay=0.1");
  EXPECT_EQ(run["schedule"], "cosine,warmup=0.1");
  EXPECT_EQ(run["clip"], 2);
  EXPECT_EQ(run["augment"], "flip");
  EXPECT_EQ(run["r_squared"], 0.75);
  EXPECT_TRUE(run["test_accuracy"].is_null() && run["test_loss"].is_null());
}

TEST(Json, survives_names_that_are_no_text) {
  Result result;
  result.data = "data\xff";
  EXPECT_NO_THROW(json::parse(to_json(std::vector{result})));
}

TEST(Json, holds_a_portrait) {
  Portrait portrait;
  portrait.name = "relu";
  portrait.upper = INFINITY;
  portrait.kinks = {0};
  portrait.second = 0.5;
  portrait.curve = {{-1, 0, 0}, {1, 1, 1}};
  const json whole = json::parse(to_json(portrait));
  EXPECT_TRUE(whole["upper"].is_null());
  EXPECT_EQ(whole["second_moment"], 0.5);
  EXPECT_EQ(whole["kinks"], json({0.0}));
  EXPECT_EQ(whole["curve"][1], json({1.0, 1.0, 1.0}));
}

}  // namespace
}  // namespace rectify
