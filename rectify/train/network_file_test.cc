#include "rectify/train/network_file.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <utility>

#include "rectify/base/error.h"
#include "rectify/base/threads.h"
#include "rectify/data/test_files.h"
#include "rectify/nn/model_toml.h"
#include "rectify/train/safetensors.h"

namespace rectify {
namespace {

using testing::HasSubstr;

struct Trained {
  TrainOptions options;
  Dataset data;
  RunRecord record;
  TrainedNetwork network;
};

Trained trained(const std::string& net, Dataset data, const std::string& activation = "relu") {
  set_team_size(1);
  TrainOptions options;
  options.net = net;
  options.activation = activation;
  options.epochs = 2;
  options.learning_rate = 0.05;
  const Standardisation standardisation(data);
  ParameterStore weights(describe_network(net, activation, task_of(data, options)));
  Observer silent;
  const std::atomic<bool> go_on = false;
  RunRecord record = train(options, data, standardisation, silent, go_on, &weights);
  TrainedNetwork network = trained_network(options, data, standardisation, std::move(weights));
  return {options, std::move(data), std::move(record), std::move(network)};
}

Trained trained(const std::string& net, const char* data_name, const std::string& activation = "relu") {
  return trained(net, load_dataset(data_name), activation);
}

TEST(NetworkFile, gives_back_a_network_that_does_the_same) {
  const TestFolder folder;
  for (const char* activation : {"relu", "mine = x * sigmoid(b * x); b = 1 learn", "maxout", "swiglu"}) {
    const Trained before = trained("2-16-16-2", "moons", activation);
    const TrainedNetwork after = read_network(folder.write("net", network_file(before.network)));
    EXPECT_EQ(after.model, before.network.model);
    EXPECT_TRUE(std::ranges::equal(after.parameters.values(), before.network.parameters.values()));
    EXPECT_EQ(after.activation, activation);
    const TestRecord record = test(after, before.data);
    EXPECT_EQ(record.accuracy, before.record.test_accuracy);
    EXPECT_EQ(record.loss, before.record.test_loss);
  }
}

TEST(NetworkFile, holds_running_statistics_and_convolutions) {
  const TestFolder folder;
  Trained before = trained("1x1x2 conv4k1 bn 8 2", "moons");
  EXPECT_EQ(read_network(folder.write("net", network_file(before.network))).model, before.network.model);
}

TEST(Test, tells_a_sample_for_which_there_is_no_number) {
  Trained before = trained("2-8-2", "moons");
  auto& values = std::get<std::vector<float>>(before.data.test.values);
  values[2 * 7] = values[2 * 7 + 1] = 3e38f;
  for (float& weight : before.network.parameters.values()) weight *= 100;
  try {
    test(before.network, before.data);
    ADD_FAILURE() << "NaN passed";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("it gives no number for sample 8 of moons"));
  }
}

TEST(NetworkFile, gives_back_a_residual_network_that_does_the_same) {
  const TestFolder folder;
  Dataset data = load_dataset("moons");
  data.sample_shape = {1, 1, 2};
  for (Split* split : {&data.train, &data.test}) split->count = 300;
  const Trained before = trained("resnet-20", data);
  const TrainedNetwork after = read_network(folder.write("net", network_file(before.network)));
  EXPECT_EQ(after.model, before.network.model);
  EXPECT_TRUE(std::ranges::equal(after.parameters.values(), before.network.parameters.values()));
  const TestRecord record = test(after, data);
  EXPECT_EQ(record.accuracy, before.record.test_accuracy);
  EXPECT_EQ(record.loss, before.record.test_loss);
}

// A parameter's name is NODE.KIND, and data have a mean and a scale as norms do.
TEST(NetworkFile, keeps_apart_what_nodes_and_data_are_called) {
  const TestFolder folder;
  Trained before = trained("2 8 bn 2", "moons");
  Model model = before.network.model;
  for (Node& node : model.nodes) {
    if (node.kind == NodeKind::kBatchNorm) node.name = "target";
    if (node.kind == NodeKind::kInput) node.name = "in";
    for (std::string& input : node.inputs) input = input == "norm 1" ? "target" : input == "input" ? "in" : input;
  }
  ParameterStore store(model);
  std::ranges::copy(before.network.parameters.values(), store.values().begin());
  before.network.model = model;
  before.network.parameters = std::move(store);
  const TrainedNetwork after = read_network(folder.write("net", network_file(before.network)));
  EXPECT_EQ(after.model, model);
  EXPECT_TRUE(std::ranges::equal(after.parameters.values(), before.network.parameters.values()));
  EXPECT_EQ(test(after, before.data).loss, before.record.test_loss);
}

TEST(NetworkFile, keeps_precision_and_the_columns_of_a_table) {
  const TestFolder folder;
  std::string table = "size,rooms,price\n";
  for (int i = 0; i < 50; ++i) table += fmt::format("{},{},{}\n", i, i % 3, 10 * i);
  const auto file = folder.write("houses.csv", table);
  const Trained before = trained("2-4-1", load_dataset(file.string(), 1, {{"price"}}));
  EXPECT_EQ(before.record.rms_errors.size(), 1u);
  const TrainedNetwork after = read_network(folder.write("net", network_file(before.network)));
  EXPECT_EQ(after.precision, Precision::kFloat32);
  EXPECT_THAT(after.features, testing::ElementsAre("size", "rooms"));
  EXPECT_THAT(after.targets, testing::ElementsAre("price"));
  EXPECT_EQ(test(after, before.data).rms_errors, before.record.rms_errors);
  const auto other = folder.write("other.csv", "size,doors,price\n1,2,3\n");
  EXPECT_THAT(error_of([&] { test(after, load_dataset(other.string(), 1, {.targets = {"price"}, .rows = TestRows::kAll})); }),
              testing::ContainsRegex("trained with the features size, rooms, in this order; .*other.csv has size, doors$"));
}

TEST(NetworkFile, finds_its_data_again_and_tells_others_in_their_place) {
  const TestFolder folder;
  Dataset moons = load_dataset("moons");
  EXPECT_EQ(trained("2-4-2", moons).network.data, "moons");
  moons.source = "mine/moons";  // as of a folder
  const TrainedNetwork network = read_network(folder.write("net", network_file(trained("2-4-2", moons).network)));
  EXPECT_EQ(network.data, "mine/moons");
  check_trained_on(network, moons);
  std::get<std::vector<float>>(moons.test.values).back() += 1;
  try {
    check_trained_on(network, moons);
    ADD_FAILURE();
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(),
                 "[network] mine/moons holds other data than those that the network was trained on: write --data mine/moons to test it on "
                 "these");
  }
}

TEST(NetworkFile, holds_the_network_that_was_trained_whatever_became_of_its_text) {
  const TestFolder folder;
  const std::string net = folder.write("net.toml", to_toml(parse_network("2-4-2", "tanh"))).string();
  TrainOptions options;
  options.net = net;
  options.net_text = network_text(net);
  options.epochs = 1;
  folder.write("net.toml", to_toml(parse_network("2-4-2", "sigmoid")));
  const Dataset moons = load_dataset("moons");
  const Standardisation standardisation(moons);
  ParameterStore weights(network_of(options, task_of(moons, options)));
  Observer silent;
  const std::atomic<bool> go_on = false;
  train(options, moons, standardisation, silent, go_on, &weights);
  EXPECT_EQ(trained_network(options, moons, standardisation, std::move(weights)).model, parse_network("2-4-2", "tanh"));
}

TEST(Test, counts_confusions_and_lists_predictions) {
  const Trained t = trained("2-16-2", "moons");
  const TestRecord record = test(t.network, t.data);
  ASSERT_EQ(record.predictions.size(), 2000u);
  std::int64_t all = 0, right = 0;
  for (int r = 0; r < 2; ++r) all += record.confusion[r][0] + record.confusion[r][1], right += record.confusion[r][r];
  EXPECT_EQ(all, 2000);
  EXPECT_DOUBLE_EQ(static_cast<double>(right) / 2000, *record.accuracy);
  for (int i = 0; i < 2000; ++i) {
    EXPECT_EQ(record.predictions[i].label, t.data.test.labels[i]);
    EXPECT_GE(record.predictions[i].values[0], 0.5f);
  }
}

TEST(Test, predicts_targets_in_their_own_units) {
  const TestFolder folder;
  const Trained t = trained("10-32-1", "friedman");
  const TestRecord record = test(read_network(folder.write("net", network_file(t.network))), t.data);
  EXPECT_EQ(record.r_squared, t.record.r_squared);
  double error = 0, mean = 0, square = 0;
  for (std::size_t i = 0; i < record.predictions.size(); ++i) {
    const double wanted = t.data.test.targets[i];
    EXPECT_NEAR(record.predictions[i].wanted[0], wanted, 1e-4);
    error += std::pow(record.predictions[i].values[0] - wanted, 2);
    mean += wanted, square += wanted * wanted;
  }
  const auto n = static_cast<double>(record.predictions.size());
  EXPECT_NEAR(1 - error / (square - mean * mean / n), *record.r_squared, 1e-4);
}

TEST(NetworkFile, whose_arrays_are_no_numbers_or_whose_outputs_do_not_fit_is_refused) {
  const TestFolder folder;
  Trained t = trained("2-4-2", "moons");
  const auto message = [&] { return error_of([&] { read_network(folder.write("net", network_file(t.network))); }); };
  const float before = std::exchange(t.network.parameters.values(t.network.parameters.slot("dense 1", ParameterKind::kBias))[2], NAN);
  EXPECT_THAT(message(), HasSubstr("has the array \"dense 1.bias\" with nan at place 2, wanted numbers"));
  t.network.parameters.values(t.network.parameters.slot("dense 1", ParameterKind::kBias))[2] = before;
  t.network.features = {"x"};
  EXPECT_THAT(message(), HasSubstr("names 1 features, its model has 2 inputs"));
}

TEST(Test, tells_predictions_alone_of_data_without_answers) {
  const TestFolder folder;
  std::string houses = "size,rooms,price\n", unpriced = "rooms,size\n";
  for (int i = 0; i < 50; ++i) {
    houses += fmt::format("{},{},{}\n", i, i % 3, 10 * i);
    unpriced += fmt::format("{},{}\n", i % 3, i);
  }
  const auto file = folder.write("houses.csv", houses), without = folder.write("unpriced.csv", unpriced);
  for (const Task task : {Task::kRegression, Task::kClassification}) {
    const char* const target = task == Task::kRegression ? "price" : "rooms";
    const std::vector<std::string> features =
        task == Task::kRegression ? std::vector<std::string>{"size", "rooms"} : std::vector<std::string>{"size"};
    const TableUse use{.targets = {target}, .features = features, .kind = target_kind(task), .rows = TestRows::kAll};
    TableUse training = use;
    training.rows = TestRows::kFifth;
    const Trained t = trained(task == Task::kRegression ? "2-4-1" : "1-4-3", load_dataset(file.string(), 1, training));
    const TestRecord known = test(t.network, load_dataset(file.string(), 1, use));
    const TestRecord unknown =
        test(t.network, load_dataset(without.string(), 1, {.features = features, .kind = TargetKind::kNone, .rows = TestRows::kAll}));
    EXPECT_TRUE(known.loss);
    EXPECT_FALSE(unknown.loss || unknown.accuracy || unknown.r_squared);
    EXPECT_TRUE(unknown.rms_errors.empty() && unknown.confusion.empty());
    ASSERT_EQ(unknown.predictions.size(), 50u);
    for (int i = 0; i < 50; ++i) {
      EXPECT_EQ(unknown.predictions[i].said, known.predictions[i].said);
      EXPECT_EQ(unknown.predictions[i].values, known.predictions[i].values);
      EXPECT_FALSE(unknown.predictions[i].label);
      EXPECT_TRUE(unknown.predictions[i].wanted.empty());
    }
  }
}

TEST(Test, refuses_data_of_another_kind) {
  const Trained t = trained("2-4-2", "moons");
  EXPECT_EQ(error_of([&] { test(t.network, load_dataset("friedman")); }),
            "[network] the network reads samples of shape [2], friedman has [10]");
  EXPECT_EQ(error_of([&] { test(t.network, load_dataset("spirals")); }),
            "[network] the network was trained for classification with 2 outputs, spirals has 3");
}

TEST(NetworkFile, that_is_none_is_refused_with_the_reason) {
  const TestFolder folder;
  const Trained t = trained("2-4-2", "moons");
  const std::string whole = network_file(t.network);
  const auto message = [&](const std::string& bytes) { return error_of([&] { read_network(folder.write("net", bytes)); }); };
  const auto changed = [&](std::string from, const std::string& to) {
    std::string bytes = whole;
    const auto at = bytes.find(from);
    EXPECT_NE(at, std::string::npos);
    return bytes.replace(at, from.size(), to);
  };
  EXPECT_EQ(message(whole), "");
  EXPECT_THAT(message(to_safetensors({}, {})), HasSubstr("holds no network of Rectify: it has no metadata \"rectify.version\""));
  EXPECT_THAT(message(changed("\"rectify.version\":\"1\"", "\"rectify.version\":\"9\"")),
              HasSubstr("is of version 9, this program reads 1"));
  EXPECT_THAT(message(changed("dense 1.weight", "dense 2.weight")), HasSubstr("has no array \"dense 1.weight\""));
  EXPECT_THAT(message(changed("\"shape\":[4,2]", "\"shape\":[2,4]")), HasSubstr("of shape [2, 4], wanted [4, 2]"));
  EXPECT_THAT(message(changed("classification", "classificatiom")), HasSubstr("did you mean classification?"));
  EXPECT_THAT(message(changed("\"rectify.sample_shape\":\"2\"", "\"rectify.sample_shape\":\"3\"")),
              HasSubstr("samples of shape [3], its model 2"));
  EXPECT_THAT(message(changed("\"rectify.seed\":\"1\"", "\"rectify.seed\":\"x\"")), HasSubstr("\"rectify.seed\" = \"x\", wanted a whole"));
  EXPECT_THAT(message(changed("\"classification\"", "\"autoencoder\"   ")),
              HasSubstr("net: cross-entropy compares with classes, autoencoder has none"));
  EXPECT_THAT(message(changed("'relu'", "'rleu'")), HasSubstr("net: \"hidden 1\": unknown activation \"rleu\""));
  EXPECT_THAT(message(changed("\"dtype\":\"F32\"", "\"dtype\":\"I32\"")), HasSubstr("of type I32, wanted F32"));
  EXPECT_THAT(message(changed("units = 4", "units = 5")), HasSubstr("wanted [5"));
  EXPECT_THAT(message(whole.substr(0, whole.size() - 1)), HasSubstr("[safetensors]"));
}

}  // namespace
}  // namespace rectify
