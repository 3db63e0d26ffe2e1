#include "rectify/train/trainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "rectify/base/error.h"
#include "rectify/base/memory.h"
#include "rectify/base/threads.h"
#include "rectify/nn/cost.h"
#include "rectify/nn/plan_memory.h"
#include "rectify/train/evaluation.h"

namespace rectify {
namespace {

using testing::HasSubstr;

const std::atomic<bool> kGoOn = false;

/// Counts what it is told, and may ask to stop.
class Counter : public Observer {
 public:
  void on_step(std::int64_t done, std::int64_t steps) override {
    EXPECT_EQ(done, ++steps_seen);
    steps_announced = steps;
    if (done == stop_after) stop = true;
  }
  void on_epoch(int epoch, double loss) override {
    EXPECT_EQ(epoch, ++epochs_seen);
    last_loss = loss;
  }
  std::int64_t steps_seen = 0, steps_announced = 0, stop_after = -1;
  int epochs_seen = 0;
  double last_loss = 0;
  std::atomic<bool> stop = false;
};

const Dataset& moons() {
  static const Dataset data = load_dataset("moons");
  return data;
}

TrainOptions small() {
  TrainOptions options;
  options.net = "2-2x16-2";
  options.epochs = 2;
  options.batch = 64;
  options.learning_rate = 0.05;
  return options;
}

struct Outcome {
  RunRecord record;
  std::vector<float> weights;
};

Outcome run(const TrainOptions& options, const Dataset& data = moons()) {
  set_team_size(1);  // such small products gain nothing from more
  Observer silent;
  ParameterStore store(parse_network(options.net, options.activation));
  Outcome outcome{train(options, data, Standardisation(data), silent, kGoOn, &store), {}};
  outcome.weights.assign(store.values().begin(), store.values().end());
  return outcome;
}

TEST(Train, learns_the_moons) {
  TrainOptions options = small();
  options.epochs = 6;
  for (const char* activation : {"relu", "tanh", "maxout", "prelu", "x * sigmoid(x)"}) {
    options.activation = activation;
    const RunRecord record = run(options).record;
    EXPECT_EQ(record.state, RunState::kFinished);
    EXPECT_GT(record.test_accuracy.value(), 0.95) << activation;
    EXPECT_EQ(record.train_loss.size(), 6u);
    EXPECT_LT(record.train_loss.back(), record.train_loss.front()) << activation;
  }
}

TEST(Train, explains_most_of_a_target_that_can_be_explained) {
  TrainOptions options = small();
  options.net = "10-2x32-1";
  options.epochs = 8;
  static const Dataset friedman = load_dataset("friedman");
  const RunRecord record = run(options, friedman).record;
  EXPECT_EQ(record.task, Task::kRegression);
  EXPECT_EQ(record.loss, "mse");
  EXPECT_FALSE(record.test_accuracy);
  EXPECT_GT(record.r_squared.value(), 0.9);
  EXPECT_LT(record.r_squared.value(), 0.97) << "the noise cannot be explained";
  EXPECT_NEAR(record.test_loss.value(), 1 - *record.r_squared, 0.05) << "the targets' variance is 1, but for chance";
}

TEST(Train, gives_an_input_back_as_far_as_its_narrowest_layer_lets_it) {
  TrainOptions options = small();
  options.task = Task::kAutoencoder;
  options.activation = "linear";
  options.epochs = 4;
  options.net = "2-2-2";
  EXPECT_GT(run(options).record.r_squared.value(), 0.999);
  options.net = "2-1-2";
  EXPECT_LT(run(options).record.r_squared.value(), 0.8);
}

TEST(Train, learns_classes_with_every_loss) {
  TrainOptions options = small();
  options.epochs = 4;
  for (const char* loss : {"cross-entropy,smoothing=0.1", "bce", "mse"}) {
    options.loss = Loss::parse(loss);
    const RunRecord record = run(options).record;
    EXPECT_GT(record.test_accuracy.value(), 0.95) << loss;
    EXPECT_EQ(record.loss, loss);
    EXPECT_GT(record.test_loss.value(), 0);
  }
}

/// Images [3, 4, 4] of which one channel is bright: its number is the class.
Dataset colours() {
  Dataset data;
  data.name = "colours";
  data.sample_shape = {3, 4, 4};
  data.classes = 3;
  for (Split* split : {&data.train, &data.test}) {
    split->count = 300;
    std::vector<float> values;
    for (int sample = 0; sample < 300; ++sample) {
      split->labels.push_back(sample % 3);
      for (int i = 0; i < 48; ++i) values.push_back(i / 16 == sample % 3 && i % 7 == sample % 7 ? 4.0f : 0.0f);
    }
    split->values = std::move(values);
  }
  return data;
}

// A 1 x 1 convolution and a mean over positions see nothing but channels, which the data have first and plans last.
TEST(Train, learns_images_whose_channels_come_first) {
  TrainOptions options;
  options.net = "3x4x4 conv8k1 bn globalpool 3";
  options.epochs = 6;
  options.batch = 30;
  options.learning_rate = 0.1;
  for (const char* activation : {"relu", "maxout"}) {
    options.activation = activation;
    EXPECT_GT(*run(options, colours()).record.test_accuracy, 0.98) << activation;
  }
}

TEST(Train, augments_the_images_of_training_steps_alone) {
  const Dataset data = colours();
  TrainOptions options;
  options.net = "3x4x4 conv8 globalpool 3";
  options.epochs = 1;
  options.batch = 30;
  const Outcome plain = run(options, data);
  options.augmentation = Augmentation::parse("flip,shift=1");
  const Outcome augmented = run(options, data), again = run(options, data);
  EXPECT_NE(plain.weights, augmented.weights);
  EXPECT_EQ(augmented.weights, again.weights);
  EXPECT_EQ(augmented.record.augmentation, "flip,shift=1");
  ASSERT_FALSE(plain.record.start.layers.empty());
  EXPECT_EQ(plain.record.start.layers[0].sums.x, augmented.record.start.layers[0].sums.x) << "the probe sees images as they are";
}

TEST(Train, runs_every_preset) {
  TrainOptions options;
  options.epochs = 1;
  options.batch = 10;
  Dataset data;
  data.name = "noise";
  data.sample_shape = {8, 8};
  data.classes = 2;
  data.train.count = data.test.count = 20;
  std::vector<std::uint8_t> bytes;
  for (int i = 0; i < 20 * 64; ++i) bytes.push_back(static_cast<std::uint8_t>(i * 37 % 251));
  data.train.values = data.test.values = bytes;
  for (int i = 0; i < 20; ++i) data.train.labels.push_back(i % 2), data.test.labels.push_back(i % 2);
  Observer silent;
  for (const std::string& net : preset_names()) {
    options.net = net;
    const RunRecord record = train(options, data, Standardisation(data), silent, kGoOn);
    EXPECT_EQ(record.state, RunState::kFinished) << net;
    EXPECT_TRUE(record.test_accuracy) << net;
    EXPECT_GT(describe_plan(options, data).arena_bytes, 0) << net;
  }
}

TEST(Train, with_adam_learns_the_spirals) {
  TrainOptions options = small();
  const Dataset spirals = load_dataset("spirals");
  options.net = "2-3x32-" + std::to_string(spirals.classes);
  options.epochs = 15;
  options.learning_rate = 0.01;
  options.optimiser = OptimiserOptions::parse("adam");
  options.activation = "elu";
  EXPECT_GT(run(options, spirals).record.test_accuracy.value(), 0.9);
}

TEST(Train, records_what_was_asked_and_seen) {
  const RunRecord record = run(small()).record;
  EXPECT_EQ(record.activation, "relu");
  EXPECT_EQ(record.net, "2-2x16-2");
  EXPECT_EQ(record.data, "moons");
  EXPECT_EQ(record.batch, 64);
  EXPECT_EQ(record.classes, 2);
  EXPECT_FALSE(record.non_finite);
  EXPECT_TRUE(record.learnt.empty());
  EXPECT_GT(record.seconds_per_epoch, 0);
  EXPECT_GT(record.ns_per_element.value(), 0);
  const std::int64_t count = moons().train.count, probed = std::min(count, std::int64_t{2048});
  for (const NetworkStats* stats : {&record.start, &record.end}) {
    ASSERT_EQ(stats->layers.size(), 2u);
    EXPECT_EQ(stats->layers[1].name, "hidden 2");
    EXPECT_EQ(stats->layers[1].sums.samples, probed);
    EXPECT_EQ(stats->layers[1].gradient_count, probed * 16);
    EXPECT_GT(stats->layers[1].gradient_square, 0);
  }
  EXPECT_NE(record.start.layers[0].sums.y, record.end.layers[0].sums.y);
}

// Steps 1, 17, 33, ... are recorded; the smaller last batch of an epoch is trained and may be among them.
TEST(Train, records_one_step_in_sixteen_and_trains_the_last_batch) {
  const TrainOptions options = small();
  Counter counter;
  const RunRecord record = train(options, moons(), Standardisation(moons()), counter, kGoOn);
  const std::int64_t count = moons().train.count, batches = (count + 63) / 64;
  EXPECT_NE(count % 64, 0);
  EXPECT_EQ(counter.steps_seen, 2 * batches);
  EXPECT_EQ(counter.steps_announced, 2 * batches);
  EXPECT_EQ(counter.epochs_seen, 2);
  EXPECT_EQ(counter.last_loss, record.train_loss.back());
  std::int64_t samples = 0;
  for (std::int64_t step = 0; step < 2 * batches; step += 16) samples += step % batches == batches - 1 ? count % 64 : 64;
  EXPECT_EQ(record.during.layers[0].sums.samples, samples);
}

TEST(Train, shows_an_observer_the_parameters_and_the_loss_of_each_step) {
  class Follower : public Observer {
   public:
    void on_update(const ParameterStore& parameters, double loss) override {
      last.assign(parameters.values().begin(), parameters.values().end());
      sum += loss, ++steps;
    }
    std::vector<float> last;
    double sum = 0;
    int steps = 0;
  } follower;
  TrainOptions options = small();
  options.epochs = 1;
  options.batch = 60;  // which divides the samples, so that the mean over steps is that over samples
  const RunRecord record = train(options, moons(), Standardisation(moons()), follower, kGoOn);
  EXPECT_EQ(follower.steps, 100);
  EXPECT_NEAR(follower.sum / follower.steps, record.train_loss.at(0), 1e-12);
  EXPECT_EQ(follower.last, run(options).weights);
}

TEST(Train, gives_the_same_weights_again_and_others_for_another_seed) {
  TrainOptions options = small();
  const Outcome first = run(options);
  EXPECT_EQ(first.weights, run(options).weights);
  options.seed = 2;
  EXPECT_NE(first.weights, run(options).weights);
}

TEST(Train, gives_the_same_weights_with_recording_on_and_off) {
  for (const char* activation : {"relu", "prelu", "maxout", "sigmoid", "x * tanh(softplus(x))"}) {
    TrainOptions options = small();
    options.activation = activation;
    const Outcome on = run(options);
    options.recording = Recording::kOff;
    const Outcome off = run(options);
    EXPECT_EQ(on.weights, off.weights) << activation;
    EXPECT_EQ(on.record.train_loss, off.record.train_loss) << activation;
    EXPECT_TRUE(off.record.during.layers.empty());
  }
}

TEST(Train, gives_the_same_weights_for_any_number_of_threads) {
  const std::vector<const char*> activations{"relu", "tanh", "maxout"};
  const auto on_threads = [&](int threads) {
    std::vector<std::vector<float>> weights(activations.size());
    run_jobs(static_cast<int>(activations.size()), threads, [&](int i) {
      TrainOptions options = small();
      options.activation = activations[i];
      weights[i] = run(options).weights;
    });
    return weights;
  };
  const auto one = on_threads(1);
  EXPECT_EQ(one, on_threads(2));
  EXPECT_EQ(one, on_threads(3));
}

TEST(Train, gives_the_same_weights_again_for_the_same_team) {
  TrainOptions options = small();
  options.net = "2-2x256-2";
  options.batch = 500;
  options.epochs = 1;
  const auto with_team = [&](int threads) {
    set_team_size(threads);
    Observer silent;
    ParameterStore store(parse_network(options.net, options.activation));
    EXPECT_EQ(train(options, moons(), Standardisation(moons()), silent, kGoOn, &store).threads, threads);
    set_team_size(1);
    return std::vector<float>(store.values().begin(), store.values().end());
  };
  const auto one = with_team(1), two = with_team(2);
  EXPECT_EQ(two, with_team(2));
  for (std::size_t i = 0; i < one.size(); ++i) ASSERT_NEAR(one[i], two[i], 1e-4) << i;
}

TEST(Train, is_worth_more_threads_for_large_networks_only) {
  const auto worth = [](const char* net, std::int64_t batch, const Dataset& data) {
    TrainOptions options;
    options.net = net;
    options.batch = batch;
    return threads_worth(options, data, 4);
  };
  EXPECT_EQ(worth("2-2x128-2", 128, moons()), 1);
  EXPECT_EQ(worth("2-3x2048-2", 256, moons()), 4);
  EXPECT_EQ(worth("3x4x4 conv8 globalpool 3", 30, colours()), 1);
  const Model network = parse_network("1x8x8 conv4 pool 6 2", "relu");
  EXPECT_EQ(step_multiplications(network, 10), 3 * 10 * (4 * 9 * 64 + 64 * 6 + 6 * 2));
}

TEST(Train, tells_what_learnt_parameters_became) {
  TrainOptions options = small();
  options.activation = "prelu";
  const RunRecord record = run(options).record;
  ASSERT_EQ(record.learnt.size(), 2u);
  ASSERT_EQ(record.learnt[0].size(), 1u);
  EXPECT_NE(record.learnt[0][0], 0.25);
  EXPECT_NEAR(record.learnt[0][0], 0.25, 0.5);
}

TEST(Train, ends_where_the_loss_explodes_and_tells_the_place) {
  TrainOptions options = small();
  options.learning_rate = 1e30;
  const RunRecord record = run(options).record;
  EXPECT_EQ(record.state, RunState::kNonFinite);
  ASSERT_TRUE(record.non_finite);
  EXPECT_GE(record.non_finite->step, 2);
  EXPECT_LE(record.non_finite->step, 5);
  EXPECT_THAT(record.non_finite->layer, testing::AnyOf(HasSubstr("hidden"), HasSubstr("dense"), HasSubstr("output")));
  EXPECT_THAT(record.non_finite->direction, testing::AnyOf("forward", "backward"));
  EXPECT_FALSE(record.test_accuracy);
  EXPECT_EQ(record.start.layers.size(), 2u);
}

TEST(Train, tells_that_an_update_overflowed) {
  TrainOptions options = small();
  options.learning_rate = 3e38;
  options.optimiser = OptimiserOptions::parse("sgd,momentum=0");
  options.init.gain = 1e3;  // gradients above 1
  const RunRecord record = run(options).record;
  ASSERT_TRUE(record.non_finite);
  EXPECT_EQ(record.non_finite->direction, "update");
  EXPECT_EQ(record.non_finite->step, 1);
  EXPECT_THAT(record.non_finite->layer, testing::AnyOf(HasSubstr("dense"), HasSubstr("output")));
}

// At x < 0 the value of this function is 0, and its slope 0 / 0.
TEST(Train, tells_that_a_gradient_was_not_finite) {
  TrainOptions options = small();
  options.activation = "sqrt(max(x, 0))";
  const RunRecord record = run(options).record;
  ASSERT_TRUE(record.non_finite);
  EXPECT_EQ(record.non_finite->direction, "backward");
  EXPECT_EQ(record.non_finite->step, 1);
  EXPECT_EQ(record.non_finite->layer, "dense 2");
}

TEST(Train, stops_when_told) {
  Counter counter;
  counter.stop_after = 3;
  const RunRecord record = train(small(), moons(), Standardisation(moons()), counter, counter.stop);
  EXPECT_EQ(record.state, RunState::kInterrupted);
  EXPECT_EQ(counter.steps_seen, 3);
  EXPECT_TRUE(record.train_loss.empty());
  EXPECT_FALSE(record.test_accuracy);
}

TEST(Train, takes_any_batch_up_to_the_whole_split) {
  TrainOptions options = small();
  options.epochs = 1;
  for (const std::int64_t batch : {std::int64_t{7}, moons().train.count - 1, moons().train.count}) {
    options.batch = batch;
    EXPECT_EQ(run(options).record.state, RunState::kFinished) << batch;
  }
}

TEST(Check, explains_what_does_not_fit) {
  const auto message = [](auto change) -> std::string {
    TrainOptions options = small();
    change(options);
    try {
      check(options, moons());
      return "no error";
    } catch (const Error& e) {
      return e.what();
    }
  };
  EXPECT_EQ(message([](TrainOptions&) {}), "no error");
  EXPECT_EQ(message([](TrainOptions& o) { o.net = "10-2x16-2"; }),
            "[train] the net has 10 inputs, the data set moons 2: write --net 2-2x16-2");
  EXPECT_EQ(message([](TrainOptions& o) { o.net = "2-2x16-10"; }),
            "[train] the net has 10 outputs, the data set moons 2 classes: write --net 2-2x16-2");
  EXPECT_EQ(message([](TrainOptions& o) { o.task = Task::kAutoencoder, o.net = "2-9-3"; }),
            "[train] the net has 3 outputs, autoencoder on moons needs 2: write --net 2-9-2");
  EXPECT_EQ(message([](TrainOptions& o) { o.net = "1-8-1"; }), "[train] the net has 1 input, the data set moons 2: write --net 2-8-1");
  EXPECT_EQ(message([](TrainOptions& o) { o.net = "2 8 1"; }),
            "[train] the net has 1 output, the data set moons 2 classes: end the net with 2 outputs");
  EXPECT_EQ(message([](TrainOptions& o) { o.precision = Precision::kBFloat16; }),
            "[precision] nothing is computed in bfloat16 yet: write --precision float32");
  EXPECT_THAT(message([](TrainOptions& o) { o.optimiser.clip = -1; }), HasSubstr("gradients are clipped to the length -1"));
  EXPECT_THAT(message([](TrainOptions& o) { o.batch = 0; }), HasSubstr("[train] the batch is 0, wanted 1 or more"));
  EXPECT_EQ(message([](TrainOptions& o) { o.batch = 1'000'000; }), "no error") << "a step then sees all samples";
  EXPECT_EQ(message([](TrainOptions& o) { o.epochs = 0; }), "[train] 0 epochs are asked for, at least 1 is needed: write --epochs 5");
  for (const double rate : {0.0, -1.0, std::nan(""), HUGE_VAL}) {
    EXPECT_THAT(message([&](TrainOptions& o) { o.learning_rate = rate; }), HasSubstr("[train] the learning rate is"));
  }
  if (usable_memory() < 25'000'000'000) {  // else the net fits
    EXPECT_THAT(message([](TrainOptions& o) { o.net = "2-46000-46000-2"; }), HasSubstr("needs 23.7 GiB, this machine has"));
  }
  EXPECT_THAT(message([](TrainOptions& o) { o.activation = "rellu"; }), HasSubstr("[activation]"));
  EXPECT_EQ(message([](TrainOptions& o) { o.net = "2 8 bn 2", o.batch = 1; }),
            "[train] \"norm 1\" takes the variance of one value of each channel, wanted two or more: write another --batch");
  EXPECT_THAT(message([](TrainOptions& o) { o.net = "2 8 bn 2", o.batch = moons().train.count - 1; }),
              HasSubstr("of each channel in the last batch, which has one sample, wanted"));
}

TEST(Check, counts_the_memory_of_the_evaluation) {
  Dataset few = moons(), none = moons();
  few.test.count = 1, none.test.count = 0;
  TrainOptions options = small();
  options.batch = 1;
  EXPECT_LT(bytes_needed(options, few), bytes_needed(options, moons()));
  EXPECT_LT(bytes_needed(options, none), bytes_needed(options, few));
}

TEST(Evaluation, takes_as_many_samples_at_once_as_fit_into_a_quarter_of_a_gibibyte) {
  EXPECT_EQ(evaluation_batch(parse_network("784-8x128-10", "relu"), 10'000), 500);
  EXPECT_EQ(evaluation_batch(parse_network("784-8x128-10", "relu"), 7), 7);
  const Model large = parse_network("1x64x64 conv64 conv64 globalpool 3", "relu");
  const std::int64_t batch = evaluation_batch(large, 10'000);
  EXPECT_GT(batch, 50);
  EXPECT_LT(batch, 250);
  EXPECT_LE(least_plan_bytes(large, batch, Mode::kInference), 256u << 20);
  EXPECT_EQ(evaluation_batch(parse_network("1x1024x1024 conv512 conv512 globalpool 3", "relu"), 10'000), 1);
}

TEST(Check, tells_images_of_another_shape) {
  Dataset images = moons();
  TrainOptions options = small();
  const auto message = [&](const std::string& net) {
    options.net = net;
    try {
      check(options, images);
      return std::string("no error");
    } catch (const Error& e) {
      return std::string(e.what());
    }
  };
  images.sample_shape = {2, 4, 4};
  images.classes = 2;
  EXPECT_EQ(message("8x2x2 conv4 2"), "[train] the net reads images of 8x2x2, those of moons are 2x4x4: write its input so");
  EXPECT_EQ(message("2x4x4 conv4 2"), "no error");
  EXPECT_EQ(message("32 4 2"), "no error") << "an image may be read as a vector";
}

TEST(Cost, of_an_activation_is_a_positive_time) {
  EXPECT_GT(measure_ns_per_element(Activation("relu"), {64, 32}), 0);
  EXPECT_GT(measure_ns_per_element(Activation("prelu"), {64, 32}), 0);
}

}  // namespace
}  // namespace rectify
