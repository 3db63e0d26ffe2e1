#include "rectify/diagnose/diagnosis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "rectify/diagnose/measures.h"
#include "rectify/diagnose/verdict.h"
#include "rectify/record/text.h"
#include "rectify/theory/moments.h"

namespace rectify {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr int kSamples = 4096, kUnits = 32;

/// The middles of kSamples equal shares of a standard normal distribution.
const std::vector<double>& normal_quantiles() {
  static const std::vector<double> kQuantiles = [] {
    std::vector<double> z;
    for (int i = 0; i < kSamples; ++i) {
      double low = -9, high = 9;
      for (int step = 0; step < 60; ++step) {
        const double middle = (low + high) / 2;
        (0.5 * std::erfc(-middle / std::sqrt(2)) < (i + 0.5) / kSamples ? low : high) = middle;
      }
      z.push_back(low);
    }
    return z;
  }();
  return kQuantiles;
}

/// A layer whose unit u saw x = mean(u) + spread * z over samples, z standard normal.
template <class Mean>
LayerStats layer_of(const std::string& name, const std::string& spec, const Mean& mean, double spread, double gradient_rms) {
  const Activation f(spec);
  LayerStats layer{name, spec, UnitSums::zeros(kUnits)};
  layer.sums.samples = kSamples;
  for (int u = 0; u < kUnits; ++u) {
    for (const double z : normal_quantiles()) {
      const double x = mean(u) + spread * z, y = f.value(x), d = f.slope(x);
      layer.sums.x[u] += x;
      layer.sums.xx[u] += x * x;
      layer.sums.y[u] += y;
      layer.sums.yy[u] += y * y;
      layer.sums.xy[u] += x * y;
      layer.sums.dd[u] += d * d;
      layer.sums.zero[u] += d == 0;
      layer.sums.flat[u] += std::abs(d) < f.facts().flat_threshold;
    }
  }
  layer.gradient_square = gradient_rms * gradient_rms * kSamples * kUnits;
  layer.gradient_count = kSamples * kUnits;
  layer.input_samples = kSamples;
  layer.gradient_units = 100;
  return layer;
}

/// A run of `layers` equal layers, the gradient shrinking by `factor` at each step back.
RunRecord run_of(const std::string& spec, double accuracy, double factor, double mean = 0, double spread = 1, int layers = 8) {
  RunRecord run;
  run.activation = spec;
  run.classes = 10;
  run.epochs = 5;
  run.learning_rate = 0.01;
  run.init = "auto";
  run.test_accuracy = accuracy;
  run.train_loss = {2, 1, 1, 1, 1};
  for (int i = 0; i < layers; ++i) {
    run.start.layers.push_back(layer_of(
        "hidden " + std::to_string(i + 1), spec, [=](int) { return mean; }, spread, std::pow(factor, layers - i)));
  }
  run.end = run.start;
  return run;
}

TEST(Measures, gradient_span_is_first_over_last) {
  const Diagnosis d = diagnose(run_of("sigmoid", 0.1, 0.392));
  ASSERT_TRUE(d.gradient_span_start);
  EXPECT_NEAR(*d.gradient_span_start, 7 * std::log10(0.392), 1e-12);
  EXPECT_TRUE(d.alarms.span_start);
}

TEST(Measures, two_sided_functions_saturate_and_one_sided_are_inactive) {
  const Diagnosis tanh = diagnose(run_of("tanh", 0.9, 1, 0, 60));
  EXPECT_GT(*tanh.worst.saturated, 0.9);
  EXPECT_FALSE(tanh.worst.inactive);
  EXPECT_TRUE(tanh.alarms.saturated);
  const Diagnosis relu = diagnose(run_of("relu", 0.9, 1));
  EXPECT_FALSE(relu.worst.saturated);
  EXPECT_NEAR(*relu.worst.inactive, 0.5, 0.01);
  EXPECT_FALSE(relu.alarms.saturated);
  const Diagnosis leaky = diagnose(run_of("leaky_relu", 0.9, 1));
  EXPECT_FALSE(leaky.worst.saturated);
  EXPECT_FALSE(leaky.worst.inactive);
}

TEST(Measures, dead_revived_and_alive_units) {
  RunRecord run = run_of("relu", 0.9, 1, 0, 1, 1);
  // At the start units 0-7 are dead, at the end units 0-3 and 8.
  run.start.layers[0] = layer_of(
      "hidden 1", "relu", [](int u) { return u < 8 ? -50.0 : 0.0; }, 1, 1);
  run.end.layers[0] = layer_of(
      "hidden 1", "relu", [](int u) { return u < 4 || u == 8 ? -50.0 : 0.0; }, 1, 1);
  const LayerMeasures m = diagnose(run).layers[0];
  EXPECT_DOUBLE_EQ(*m.dead_start, 8.0 / kUnits);
  EXPECT_DOUBLE_EQ(*m.dead, 5.0 / kUnits);
  EXPECT_DOUBLE_EQ(*m.revived, 4.0 / kUnits);
  EXPECT_THAT(diagnose(run).verdict,
              HasSubstr("at worst 25 % of a layer's units are dead at the start and 16 % at the end (up to 12 % came back to life)"));
}

TEST(Measures, the_worst_layer_is_each_columns_own) {
  RunRecord run = run_of("relu", 0.9, 1, 0, 1, 2);
  run.start.layers[1] = layer_of(
      "hidden 2", "relu", [](int u) { return u < 8 ? -50.0 : 0.0; }, 1, 1);
  run.end.layers[0] = layer_of(
      "hidden 1", "relu", [](int u) { return u < 4 ? -50.0 : 0.0; }, 1, 1);
  const LayerMeasures worst = diagnose(run).worst;
  EXPECT_DOUBLE_EQ(*worst.dead_start, 8.0 / kUnits);
  EXPECT_DOUBLE_EQ(*worst.dead, 4.0 / kUnits);
  EXPECT_DOUBLE_EQ(*worst.revived, 8.0 / kUnits);
}

TEST(Measures, only_maxout_is_maxout) {
  EXPECT_TRUE(layer_activation("maxoutish = x * sigmoid(x)"));
  EXPECT_FALSE(layer_activation("maxout(k=3)"));
}

TEST(Measures, off_centre_and_nonlinear_use_agree_with_theory) {
  const Diagnosis sigmoid = diagnose(run_of("sigmoid", 0.9, 1));
  EXPECT_NEAR(*sigmoid.worst.off_centre, 0.852, 0.01);
  EXPECT_NEAR(*sigmoid.worst.nonlinear_use, 1 - gaussian_moments(Activation("sigmoid")).linear_share, 0.01);
  const Diagnosis relu = diagnose(run_of("relu", 0.9, 1));
  EXPECT_NEAR(*relu.worst.off_centre, 0.318, 0.01);
  EXPECT_NEAR(*relu.worst.nonlinear_use, 0.267, 0.02);
  EXPECT_EQ(*diagnose(run_of("linear", 0.8, 1)).worst.nonlinear_use, 0);
  EXPECT_EQ(*diagnose(run_of("relu", 0.8, 1, 50)).worst.nonlinear_use, 0) << "a ReLU that is always on is a straight line";
}

TEST(Measures, maxout_has_neither_slope_nor_line) {
  RunRecord run = run_of("relu", 0.9, 1, 0, 1, 2);
  run.activation = "maxout";
  for (NetworkStats* stats : {&run.start, &run.end}) {
    for (LayerStats& layer : stats->layers) {
      layer.activation = "maxout";
      layer.sums.zero.assign(2 * kUnits, 0);
      layer.sums.zero[3] = kSamples;
    }
  }
  const Diagnosis d = diagnose(run);
  EXPECT_FALSE(d.worst.saturated || d.worst.inactive || d.worst.nonlinear_use);
  EXPECT_DOUBLE_EQ(*d.worst.dead, 1.0 / (2 * kUnits));
  EXPECT_THAT(d.verdict, HasSubstr("2 % of a layer's pieces are never chosen"));
}

TEST(Measures, gated_layers_have_dead_units_and_no_pieces) {
  for (const char* gate : {"swiglu", "gated(x * sigmoid(x))"}) {
    RunRecord run = run_of("relu", 0.9, 1, 0, 1, 2);
    run.activation = "swiglu";
    for (NetworkStats* stats : {&run.start, &run.end}) {
      for (LayerStats& layer : stats->layers) {
        layer.activation = gate;
        layer.sums.zero.assign(kUnits, 0);
        layer.sums.zero[3] = kSamples;
      }
    }
    const Diagnosis d = diagnose(run);
    EXPECT_FALSE(d.worst.saturated || d.worst.inactive || d.worst.nonlinear_use);
    EXPECT_DOUBLE_EQ(*d.worst.dead, 1.0 / kUnits);
    EXPECT_THAT(d.verdict, HasSubstr("of a layer's units are dead at the start"));
    EXPECT_THAT(d.verdict, HasSubstr("a gated layer pays with twice the parameters"));
  }
}

TEST(Verdict, sigmoid_loses_its_gradient_without_saturating) {
  const RunRecord run = run_of("sigmoid", 0.1, 0.392);
  const Diagnosis d = diagnose(run);
  EXPECT_EQ(learning(run), Learning::kNone);
  EXPECT_EQ(d.verdict,
            "sigmoid did not learn (10.0 %, chance is 10 %): it is not saturated (0 %), its slope never exceeds 0.25, so each step back "
            "passes on 39 % of the gradient; 7 steps leave 1/700. `--init auto,gain=4.72` (1/sqrt(E f'^2)) keeps the gradient's size from "
            "layer to layer.");
}

TEST(Verdict, numbers_follow_the_run) {
  const RunRecord run = run_of("sigmoid", 0.12, 0.2, 0, 1, 5);
  const Diagnosis d = diagnose(run);
  EXPECT_THAT(d.verdict, HasSubstr("12.0 %"));
  EXPECT_THAT(d.verdict, HasSubstr("passes on 20 % of the gradient; 4 steps leave 1/620"));
}

TEST(Verdict, explains_linear_relu_tanh_and_prelu) {
  EXPECT_THAT(diagnose(run_of("linear", 0.84, 1)).verdict, HasSubstr("its 8 hidden layers are together one linear map (non-linear use 0)"));
  RunRecord relu = run_of("relu", 0.88, 1.05);
  for (LayerStats& layer : relu.end.layers) layer.one_signed_samples = kSamples, layer.one_signed_units = 3;
  EXPECT_EQ(diagnose(relu).verdict,
            "relu learned (88.0 %): no unit is dead; before training the gradient arrives at the first hidden layer 1.4 times as large as "
            "at the last. Its layers' inputs have one sign on 100 % of the samples, so each sample pushes all weights of a unit the same "
            "way; over a mini-batch this mixes (3 % of the units stay one-signed).");
  EXPECT_THAT(diagnose(run_of("tanh", 0.88, 1)).verdict, HasSubstr("at worst 0 % of a layer's units are saturated"));
  RunRecord prelu = run_of("prelu", 0.88, 1);
  prelu.learnt = {{0.31}, {0.12}, {0.2}};
  EXPECT_THAT(diagnose(prelu).verdict, HasSubstr("learnt slope (mean of a layer) lies between 0.12 and 0.31"));
}

TEST(Verdict, explains_failures) {
  RunRecord dead = run_of("relu", 0.1, 1);
  dead.end.layers[2] = layer_of(
      "hidden 3", "relu", [](int) { return -50.0; }, 1, 0);
  EXPECT_THAT(diagnose(dead).verdict, HasSubstr("100 % of hidden 3's units are dead at the end"));
  EXPECT_TRUE(diagnose(dead).alarms.dead);

  RunRecord diverged = run_of("relu", 0.1, 1);
  diverged.state = RunState::kNonFinite;
  diverged.non_finite = NonFinite{12, "dense 3", "forward"};
  diverged.test_accuracy.reset();
  EXPECT_EQ(diagnose(diverged).verdict,
            "relu diverged: at step 12 the first number that was not finite stood in dense 3, forward. Try a smaller --lr, such as 0.001.");
  EXPECT_TRUE(diagnose(diverged).alarms.accuracy);

  diverged.non_finite->step = 1;
  EXPECT_THAT(diagnose(diverged).verdict, HasSubstr("Nothing had been learned yet"));
  RunRecord grown = run_of("elu", 0.1, 2);
  grown.state = RunState::kNonFinite;
  grown.non_finite = NonFinite{3, "dense 1", "backward"};
  EXPECT_THAT(diagnose(grown).verdict,
              HasSubstr("The gradient grows x130 from the last hidden layer back to the first. `--init auto,gain=1.22`"));

  for (const auto& [gated, squares] : {std::pair{"swiglu", true}, {"bilinear", true}, {"gated(relu)", true}, {"glu", false}}) {
    RunRecord run = run_of("relu", 0.1, 1);
    for (LayerStats& layer : run.start.layers) layer.activation = gated;
    run.state = RunState::kNonFinite;
    run.non_finite = NonFinite{1, "hidden 8", "forward"};
    EXPECT_EQ(diagnose(run).verdict.find("write layer norms") != std::string::npos, squares) << gated;
  }

  RunRecord interrupted = run_of("relu", 0.1, 1);
  interrupted.state = RunState::kInterrupted;
  interrupted.train_loss = {2.3, 1.1};
  EXPECT_EQ(diagnose(interrupted).verdict, "relu was interrupted after 2 of 5 epochs.");

  EXPECT_THAT(diagnose(run_of("tanh", 0.1, 1, 0, 60)).verdict, HasSubstr("units are saturated: their inputs are so large"));
  EXPECT_THAT(diagnose(run_of("elu", 0.1, 2)).verdict, HasSubstr("the gradient grows x130 from the last hidden layer back to the first"));
  EXPECT_THAT(diagnose(run_of("relu", 0.1, 1)).verdict, HasSubstr("the activations show no reason"));
}

/// A network that learned little and whose last layer raises every alarm but those of saturation and span.
RunRecord alarming_run(double accuracy) {
  RunRecord run = run_of("relu", accuracy, 1);
  run.end.layers.back() = layer_of(
      "hidden 8", "relu", [](int u) { return u < 8 ? -50.0 : 20.0; }, 1, 1);
  run.end.layers.back().one_signed_samples = kSamples;
  run.end.layers.back().one_signed_units = 57;
  return run;
}

TEST(Verdict, names_every_alarm_of_the_row) {
  const Diagnosis d = diagnose(alarming_run(0.3));
  ASSERT_TRUE(d.alarms.dead && d.alarms.off_centre && d.alarms.one_signed && d.alarms.nonlinear_use);
  EXPECT_THAT(d.verdict, HasSubstr("relu learned little (30.0 %, chance is 10 %): 25 % of a layer's units are dead"));
  EXPECT_THAT(d.verdict, HasSubstr("a layer is nearly a linear map (non-linear use " + percent_text(*d.worst.nonlinear_use) + ")"));
  EXPECT_THAT(d.verdict, HasSubstr(percent_text(*d.worst.off_centre) + " of a layer's mean square output is its squared mean"));
  EXPECT_THAT(d.verdict, HasSubstr("over a mini-batch 57 % of a layer's units push all their weights the same way"));
  EXPECT_THAT(d.verdict, Not(HasSubstr("no reason")));

  const Diagnosis well = diagnose(alarming_run(0.9));
  EXPECT_THAT(well.verdict, HasSubstr("even over a mini-batch 57 % of the units stay one-signed"));
  EXPECT_THAT(well.verdict, HasSubstr("Yet a layer is nearly a linear map"));
  EXPECT_THAT(well.verdict, HasSubstr("squared mean"));

  RunRecord clipped = run_of("relu6", 0.9, 1);
  clipped.end.layers[0] = layer_of(
      "hidden 1", "relu6", [](int u) { return u < 8 ? -50.0 : 3.0; }, 1, 1);
  EXPECT_THAT(diagnose(clipped).verdict, HasSubstr("25 % of a layer's units are dead")) << "though relu6 is told of saturation";
}

TEST(Verdict, tells_what_training_saturated_from_what_began_so) {
  RunRecord run = run_of("sigmoid", 0.1, 0.392);
  for (LayerStats& layer : run.end.layers) {
    layer = layer_of(
        layer.name, "sigmoid", [](int) { return 0.0; }, 500, 1);
  }
  const std::string verdict = diagnose(run).verdict;
  EXPECT_THAT(verdict, HasSubstr("100 % of a layer's units are saturated: their inputs are so large that the slope is flat. Before "
                                 "training it was 0 %: a smaller --lr keeps them out of there."));
  EXPECT_THAT(verdict, HasSubstr("The gradient began at 1/700 from the last hidden layer to the first besides."));
  run.start = run.end;
  EXPECT_THAT(diagnose(run).verdict, HasSubstr("and were so before training. Smaller initial weights"));
}

TEST(Verdict, units_that_underflowed_are_saturated_and_not_mended_by_a_bias) {
  RunRecord run = run_of("tanh", 0.1, 1);
  for (LayerStats& layer : run.end.layers) {
    layer = layer_of(
        layer.name, "tanh", [](int) { return 500.0; }, 1, 0);
  }
  const Diagnosis d = diagnose(run);
  ASSERT_EQ(*d.worst.dead, 1);
  EXPECT_THAT(d.verdict, HasSubstr("100 % of a layer's units are saturated"));
  EXPECT_THAT(d.verdict, Not(HasSubstr("bias")));
}

TEST(Verdict, units_that_began_dead_are_not_blamed_on_the_rate) {
  const std::string verdict = diagnose(run_of("relu", 0.1, 1, -50)).verdict;
  EXPECT_THAT(verdict, HasSubstr("100 % of hidden 1's units are dead, 100 % before training already"));
  EXPECT_THAT(verdict, Not(HasSubstr("--lr")));
}

TEST(Verdict, learnt_values_that_print_alike_are_no_range) {
  RunRecord run = run_of("prelu", 0.9, 1);
  run.learnt = {{0.2499}, {0.25}, {0.2502}};
  EXPECT_THAT(diagnose(run).verdict, HasSubstr("The learnt slope (mean of a layer) is 0.25 in every layer."));
}

TEST(Verdict, tells_of_the_share_explained_where_there_are_no_classes) {
  RunRecord run = run_of("relu", 0, 1);
  run.task = Task::kRegression;
  run.test_accuracy.reset();
  run.r_squared = 0.934;
  EXPECT_THAT(diagnose(run).verdict, HasSubstr("relu learned (R^2 0.93): "));
  EXPECT_FALSE(diagnose(run).alarms.accuracy);
  run.r_squared = 0.02;
  EXPECT_THAT(diagnose(run).verdict, HasSubstr("relu did not learn (R^2 0.02, the mean of the targets has 0): "));
  EXPECT_TRUE(diagnose(run).alarms.accuracy);
  run.r_squared.reset();
  EXPECT_THAT(diagnose(run).verdict, HasSubstr("relu was trained; how well cannot be told"));
}

TEST(Verdict, does_not_suggest_what_was_tried_or_what_is_refused) {
  RunRecord run = run_of("softsign", 0.1, 0.3);
  run.init = "auto,gain=2.1";
  EXPECT_THAT(diagnose(run).verdict, HasSubstr("Fewer layers"));
  EXPECT_THAT(diagnose(run_of("sine", 0.1, 0.3)).verdict, HasSubstr("--init auto,gain=0.0471"));
}

TEST(Verdict, flat_steps_and_little_learning_are_told) {
  EXPECT_THAT(diagnose(run_of("sign(x)", 0.7, 1)).verdict, HasSubstr("the slope is 0 at every input that the layers see"));
  EXPECT_THAT(diagnose(run_of("relu", 0.3, 1)).verdict, HasSubstr("relu learned little (30.0 %, chance is 10 %)"));
}

TEST(Verdict, a_linear_network_that_fails_is_told_why) {
  EXPECT_EQ(diagnose(run_of("linear", 0.15, 1)).verdict,
            "linear did not learn (15.0 %, chance is 10 %): its 8 hidden layers are together one linear map (non-linear use 0), so depth "
            "adds nothing.");
}

TEST(Verdict, networks_without_hidden_layers_are_said_so) {
  RunRecord run = run_of("relu", 0.84, 1, 0, 1, 1);
  run.start.layers.clear();
  run.end.layers.clear();
  EXPECT_THAT(diagnose(run).verdict, HasSubstr("it has no hidden layer"));
  EXPECT_FALSE(diagnose(run).gradient_span_start);
}

}  // namespace
}  // namespace rectify
