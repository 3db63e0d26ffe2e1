#include "rectify/compare/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <set>

#include "rectify/base/error.h"
#include "rectify/base/memory.h"
#include "rectify/compare/specs.h"

namespace rectify {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::atomic<bool> kNeverStop = false;

const Dataset& spirals() {
  static const Dataset kData = load_dataset("spirals");
  return kData;
}

CompareOptions tiny(std::vector<std::string> activations) {
  CompareOptions options;
  options.activations = std::move(activations);
  options.base.net = "2-2x8-3";
  options.base.epochs = 1;
  return options;
}

std::vector<Result> compare_quietly(const CompareOptions& options) {
  ProgressSink silent;
  return compare(options, spirals(), silent, kNeverStop);
}

std::string error_of(const CompareOptions& options) {
  try {
    check(options, spirals());
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(Specs, are_split_at_commas_outside_parentheses) {
  EXPECT_THAT(split_specs("relu"), ElementsAre("relu"));
  EXPECT_THAT(split_specs("relu, elu(alpha=0.5) ,x > 0 ? x : min(x,1)"), ElementsAre("relu", "elu(alpha=0.5)", "x > 0 ? x : min(x,1)"));
  EXPECT_THAT(split_specs("mine = x * sigmoid(b*x); b = 1 learn,tanh"), ElementsAre("mine = x * sigmoid(b*x); b = 1 learn", "tanh"));
}

TEST(Specs, must_not_be_empty) {
  EXPECT_THROW(split_specs(""), Error);
  EXPECT_THROW(split_specs("relu,,elu"), Error);
  EXPECT_THROW(split_specs("relu,"), Error);
}

TEST(Comparison, of_activations_that_change_nothing_is_refused) {
  CompareOptions options = tiny({"relu", "elu"});
  options.base.net = "2-3";
  EXPECT_EQ(error_of(options),
            "[compare] 2-3 is the same network with relu and with elu, wanted one with a hidden layer whose activation is not written out");
  options.activations = {"relu", "relu"};
  EXPECT_EQ(error_of(options), "no error");
}

TEST(Comparison, needs_memory_for_all_trials_that_run_at_once) {
  CompareOptions options = tiny({"relu"});
  options.base.net = "2-30000-3";
  const double one = bytes_needed(options.base, spirals());
  const auto fit = static_cast<int>(static_cast<double>(usable_memory()) / one);
  options.seeds = fit + 1;
  options.threads = fit + 1;
  EXPECT_THAT(error_of(options), HasSubstr("trainings at once need"));
  options.threads = fit / 2;
  EXPECT_EQ(error_of(options), "no error");
}

TEST(Comparison, tells_the_batch_that_a_step_really_has) {
  CompareOptions options = tiny({"relu"});
  options.base.batch = 1'000'000;
  EXPECT_EQ(compare_quietly(options).front().batch, spirals().train.count);
}

TEST(Comparison, gives_results_in_the_order_asked_for) {
  CompareOptions options = tiny({"relu", "maxout", "sigmoid"});
  options.seeds = 2;
  options.base.seed = 5;
  const auto results = compare_quietly(options);
  ASSERT_EQ(results.size(), 6u);
  EXPECT_EQ(results[0].activation, "relu");
  EXPECT_EQ(results[1].activation, "relu");
  EXPECT_EQ(results[2].activation, "maxout");
  EXPECT_EQ(results[0].seed, 5u);
  EXPECT_EQ(results[1].seed, 6u);
  for (const Result& result : results) {
    EXPECT_EQ(result.state, RunState::kFinished);
    EXPECT_EQ(result.diagnosis.layers.size(), 2u);
    EXPECT_GT(result.test_accuracy.value_or(0), 0.2);
    EXPECT_THAT(result.diagnosis.verdict, HasSubstr(result.activation));
  }
  EXPECT_NE(results[0].train_loss, results[1].train_loss);
}

TEST(Comparison, gives_the_same_numbers_with_any_number_of_threads) {
  CompareOptions options = tiny({"relu", "tanh", "prelu", "maxout"});
  options.threads = 1;
  const auto one = compare_quietly(options);
  options.threads = 3;
  const auto three = compare_quietly(options);
  for (std::size_t i = 0; i < one.size(); ++i) {
    EXPECT_EQ(three[i].threads, 1) << "so small a network is worth no more";
    EXPECT_EQ(one[i].train_loss, three[i].train_loss) << one[i].activation;
    EXPECT_EQ(one[i].test_accuracy, three[i].test_accuracy) << one[i].activation;
    EXPECT_EQ(one[i].diagnosis.gradient_span_end, three[i].diagnosis.gradient_span_end) << one[i].activation;
  }
}

/// Remembers what it is told.
class Listener : public ProgressSink {
 public:
  void on_begin(int trial) override { begun.push_back(trial); }
  void on_step(int trial, std::int64_t done, std::int64_t steps) override {
    shares[trial] = static_cast<double>(done) / static_cast<double>(steps);
  }
  void on_epoch(int trial, int, double) override { ++epochs[trial]; }
  void on_end(int trial) override { ended.insert(trial); }

  std::vector<int> begun;
  std::map<int, double> shares;
  std::map<int, int> epochs;
  std::set<int> ended;
};

TEST(Comparison, begins_with_the_longest_trial_and_tells_how_all_go) {
  CompareOptions options = tiny({"relu", "maxout(k=4)"});
  options.threads = 1;
  options.base.epochs = 2;
  Listener listener;
  compare(options, spirals(), listener, kNeverStop);
  EXPECT_THAT(listener.begun, ElementsAre(1, 0));
  EXPECT_EQ(listener.shares[0], 1);
  EXPECT_EQ(listener.epochs[1], 2);
  EXPECT_EQ(listener.ended.size(), 2u);
}

/// Asks for an end when the first trial has ended.
class Stopper : public ProgressSink {
 public:
  void on_end(int) override { stop = true; }
  std::atomic<bool> stop = false;
};

TEST(Comparison, keeps_what_was_finished_when_it_is_stopped) {
  CompareOptions options = tiny({"relu", "tanh", "elu"});
  options.threads = 1;
  Stopper stopper;
  const auto results = compare(options, spirals(), stopper, stopper.stop);
  EXPECT_EQ(results[0].state, RunState::kFinished);
  EXPECT_EQ(results[1].state, RunState::kInterrupted);
  EXPECT_EQ(results[2].state, RunState::kInterrupted);
  EXPECT_EQ(results[2].activation, "elu");
}

TEST(Comparison, lets_a_trial_diverge_alone) {
  CompareOptions options = tiny({"x^2 * exp(x)", "tanh"});
  options.base.learning_rate = 30;
  options.base.net = "2-4x16-3";
  const auto results = compare_quietly(options);
  EXPECT_EQ(results[0].state, RunState::kNonFinite);
  ASSERT_TRUE(results[0].non_finite);
  EXPECT_GE(results[0].non_finite->step, 1);
  EXPECT_EQ(results[1].state, RunState::kFinished);
}

TEST(Comparison, is_checked_before_any_trial) {
  EXPECT_EQ(error_of(tiny({"relu"})), "no error");
  EXPECT_THAT(error_of(tiny({"relu", "rleu"})), HasSubstr("did you mean relu"));
  EXPECT_THAT(error_of(tiny({})), HasSubstr("[compare]"));
  CompareOptions options = tiny({"relu"});
  options.base.net = "3-8-3";
  EXPECT_THAT(error_of(options), HasSubstr("3 inputs"));
  options = tiny({"relu"});
  options.seeds = 0;
  EXPECT_THAT(error_of(options), HasSubstr("0 seeds"));
  options.seeds = 3;
  options.base.seed = std::numeric_limits<std::uint64_t>::max() - 2;
  EXPECT_EQ(error_of(options), "no error");
  ++options.base.seed;
  EXPECT_THAT(error_of(options), HasSubstr("3 seeds from 18446744073709551614 on"));
}

TEST(Comparison, knows_the_name_of_a_formula_also_where_it_did_not_run) {
  CompareOptions options = tiny({"relu", "mine = x * sigmoid(x)", "elu(alpha=2)", "maxout(k=3)", "x * tanh(x)"});
  options.threads = 1;
  Stopper stopper;
  const auto results = compare(options, spirals(), stopper, stopper.stop);
  EXPECT_EQ(results[1].name, "mine");
  EXPECT_EQ(results[1].activation, "mine = x * sigmoid(x)");
  for (const int i : {0, 2, 3, 4}) EXPECT_EQ(results[i].name, options.activations[i]);
}

TEST(Comparison, has_a_network_for_any_data_and_task) {
  TrainOptions options;
  EXPECT_EQ(default_net(spirals(), options), "2-8x128-3");
  EXPECT_EQ(default_net(load_dataset("friedman"), options), "10-8x128-1");
  options.task = Task::kAutoencoder;
  EXPECT_EQ(default_net(spirals(), options), "2-8x128-2");
}

Result with_accuracy(double accuracy, RunState state = RunState::kFinished) {
  Result result;
  result.activation = "relu";
  result.state = state;
  result.test_accuracy = accuracy;
  result.diagnosis.gradient_span_end = accuracy;
  result.diagnosis.layers.resize(1);
  result.diagnosis.layers[0].dead = accuracy;
  result.diagnosis.worst.dead = accuracy;
  result.diagnosis.alarms.dead = accuracy > 0.8;
  result.diagnosis.verdict = "relu learned.";
  return result;
}

TEST(Seeds, are_averaged_into_a_row) {
  const std::vector<Result> results{with_accuracy(0.75), with_accuracy(0.875), with_accuracy(0.5), with_accuracy(0.5)};
  const auto rows = mean_over_seeds(results, 2);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].seeds, 2);
  EXPECT_EQ(rows[0].test_accuracy, 0.8125);
  EXPECT_EQ(rows[0].diagnosis.layers[0].dead, 0.8125);
  EXPECT_EQ(rows[0].diagnosis.worst.dead, 0.8125);
  EXPECT_TRUE(rows[0].diagnosis.alarms.dead);
  EXPECT_FALSE(rows[1].diagnosis.alarms.dead);
  EXPECT_FALSE(rows[0].train_loss);
}

TEST(Seeds, say_whose_sentence_stands_below_their_mean) {
  std::vector<Result> results{with_accuracy(0.75), with_accuracy(0.875)};
  results[0].seed = 3;
  EXPECT_EQ(mean_over_seeds(results, 2)[0].diagnosis.verdict, "Seed 3: relu learned.");
  EXPECT_EQ(mean_over_seeds(results, 1)[0].diagnosis.verdict, "relu learned.");
}

TEST(Seeds, that_did_not_finish_are_left_out_and_told) {
  std::vector<Result> results{with_accuracy(0.1, RunState::kNonFinite), with_accuracy(0.5)};
  results[1].seed = 7;
  const auto rows = mean_over_seeds(results, 2);
  EXPECT_EQ(rows[0].test_accuracy, 0.5);
  EXPECT_EQ(rows[0].diagnosis.verdict, "Seed 7: relu learned. Of 2 seeds 1 finished; the row is their mean.");
  EXPECT_EQ(mean_over_seeds(std::span(results).first(1), 1)[0].state, RunState::kNonFinite);
}

}  // namespace
}  // namespace rectify
