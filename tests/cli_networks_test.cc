// compare and train, on small networks and generated data.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "cli_run.h"

namespace rectify {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

const std::string kTiny = " --data spirals --net 2-3x16-3 --epochs 2 ";

class Networks : public testing::Test {
 protected:
  std::string file(const std::string& name) const { return (scratch_ / name).string(); }
  const Scratch scratch_;
};

TEST_F(Networks, compare_prints_a_row_and_a_sentence_each_and_writes_the_same_as_json) {
  const Outcome outcome =
      rectify_program("compare" + kTiny + "--activation 'linear, sigmoid, relu, elu(alpha=0.5), maxout' --json " + file("a.json"));
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "");
  for (const std::string& line : lines_of(outcome.out)) EXPECT_LE(line.size(), 80u) << line;
  EXPECT_THAT(outcome.out, HasSubstr("The data's own off-centre value is"));
  EXPECT_THAT(outcome.out, HasSubstr("one seed, one learning rate: this shows mechanisms, it is no ranking\n"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("\x1b")));

  const json whole = json::parse(text_of(file("a.json")));
  EXPECT_EQ(whole["schema"], 1);
  ASSERT_EQ(whole["runs"].size(), 5u);
  const std::vector<std::string> activations{"linear", "sigmoid", "relu", "elu(alpha=0.5)", "maxout"};
  for (std::size_t i = 0; i < 5; ++i) {
    const json& run = whole["runs"][i];
    EXPECT_EQ(run["activation"], activations[i]);
    EXPECT_EQ(run["state"], "finished");
    EXPECT_EQ(run["layers"].size(), 3u);
    EXPECT_GT(run["test_accuracy"], 0.2);
    EXPECT_GT(run["seconds_per_epoch"], 0);
    EXPECT_TRUE(run["gradient_span_start"].is_number());
    EXPECT_THAT(outcome.out, HasSubstr("\n" + activations[i]));
    EXPECT_THAT(run["verdict"].get<std::string>(), testing::StartsWith(activations[i]));
  }
  const auto layer = [&](int run) { return whole["runs"][run]["layers"][0]; };
  EXPECT_TRUE(layer(0)["saturated"].is_null());
  EXPECT_EQ(layer(0)["nonlinear_use"], 0);
  EXPECT_EQ(layer(1)["saturated"], 0);
  EXPECT_TRUE(layer(2)["inactive"].is_number());
  EXPECT_TRUE(layer(4)["nonlinear_use"].is_null());
  EXPECT_EQ(whole["runs"][2]["layers"][1]["one_signed"], 1);
}

TEST_F(Networks, the_same_seed_gives_the_same_numbers_with_any_number_of_threads) {
  std::vector<json> runs;
  for (const char* threads : {"1", "3"}) {
    rectify_program("compare" + kTiny + "--activation tanh,relu,prelu --threads " + threads + " --json " + file("a.json"));
    runs.push_back(json::parse(text_of(file("a.json")))["runs"]);
    for (json& run : runs.back()) run.erase("seconds_per_epoch"), run.erase("ns_per_element");
  }
  EXPECT_EQ(runs[0], runs[1]);
}

TEST_F(Networks, seeds_are_averaged_in_the_table_and_apart_in_the_json) {
  const Outcome outcome = rectify_program("compare" + kTiny + "--activation relu --seeds 3 --seed 4 --json " + file("a.json"));
  EXPECT_THAT(outcome.out, testing::ContainsRegex("seeds[ \n]4-6\n"));
  EXPECT_THAT(outcome.out, HasSubstr("mean of 3 seeds"));
  const json runs = json::parse(text_of(file("a.json")))["runs"];
  ASSERT_EQ(runs.size(), 3u);
  EXPECT_EQ(runs[2]["seed"], 6);
  EXPECT_NE(runs[0]["train_loss"], runs[1]["train_loss"]);
}

TEST_F(Networks, train_shows_every_layer) {
  const Outcome outcome = rectify_program("train" + kTiny + "--activation 'mine = x * sigmoid(b*x); b = 1 learn'");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  for (const char* layer : {"\n hidden 1 ", "\n hidden 2 ", "\n hidden 3 "}) EXPECT_THAT(outcome.out, HasSubstr(layer));
  EXPECT_THAT(rectify_program("compare" + kTiny + "--activation relu").out, Not(HasSubstr("hidden 1 ")));
  EXPECT_THAT(rectify_program("compare -v" + kTiny + "--activation relu").out, HasSubstr("\n hidden 1 "));
}

TEST_F(Networks, a_preset_brings_its_settings_unless_an_option_says_otherwise) {
  const auto settings = [](const std::string& arguments) {
    const Outcome plan = rectify_program("train --data spirals --plan " + arguments);
    EXPECT_EQ(plan.status, 0) << plan.err;
    return lines_of(plan.out).back();
  };
  const std::string own = settings("mlp");
  EXPECT_EQ(settings("--net mlp"), own);
  EXPECT_NE(own, settings("2-512-256-3"));
  EXPECT_EQ(settings("2-512-256-3"), "trained with 5 epochs, batch 128, sgd, lr 0.01 cosine");
  EXPECT_EQ(settings("mlp --epochs 3 --batch 50 --optimizer adam --schedule step"), "trained with 3 epochs, batch 50, adam, lr 0.001 step");
  EXPECT_THAT(settings("mlp --lr 0.5"), HasSubstr(", lr 0.5 "));
  EXPECT_THAT(settings("2-8-3 --optimizer rmsprop"), HasSubstr("rmsprop, lr 0.001 cosine"));
  EXPECT_THAT(settings("2-8-3 --optimizer rmsprop --lr 0.01"), HasSubstr("rmsprop, lr 0.01 cosine"));
  EXPECT_THAT(lines_of(rectify_program("train mlp --data friedman --plan").out).back(),
              HasSubstr("with 5 epochs, batch 128, sgd, lr 0.01"));
  const Outcome training = rectify_program("train mlp --data moons --epochs 1");
  EXPECT_THAT(training.out, testing::StartsWith("moons, mlp, 1 epoch, "));
}

TEST_F(Networks, other_tasks_than_classification_report_what_they_explain) {
  const Outcome regression =
      rectify_program("train --data friedman --epochs 3 --net 10-2x32-1 --optimizer adamw --lr 0.01 --json " + file("a.json"));
  EXPECT_EQ(regression.status, 0) << regression.err;
  EXPECT_THAT(regression.out, HasSubstr("R^2"));
  json run = json::parse(text_of(file("a.json")))["runs"][0];
  EXPECT_EQ(run["task"], "regression");
  EXPECT_EQ(run["optimizer"], "adamw");
  EXPECT_GT(run["r_squared"], 0.8);
  EXPECT_TRUE(run["test_accuracy"].is_null());
  const Outcome autoencoder = rectify_program("train --data moons --task autoencoder --epochs 3 --net 2-16-2 --json " + file("a.json"));
  EXPECT_EQ(autoencoder.status, 0) << autoencoder.err;
  EXPECT_GT(json::parse(text_of(file("a.json")))["runs"][0]["r_squared"], 0.5);
  EXPECT_THAT(rectify_program("compare" + kTiny + "--activation relu --loss cross-entropy,smoothing=0.1").out, HasSubstr("smoothing=0.1"));
}

TEST_F(Networks, a_saved_network_does_on_its_test_data_what_training_said) {
  const std::string net = file("net.safetensors");
  const Outcome training = rectify_program("train --data moons --net 2-16-2 --epochs 2 --save " + net + " --json " + file("a.json"));
  EXPECT_EQ(training.status, 0) << training.err;
  const json run = json::parse(text_of(file("a.json")))["runs"][0];
  const Outcome tested = rectify_program("test " + net + " --predictions " + file("p.csv") + " --json " + file("t.json"));
  EXPECT_EQ(tested.status, 0) << tested.err;
  EXPECT_THAT(tested.out, HasSubstr("2-16-2, relu, classification trained on moons; 2000 test samples of moons\naccuracy "));
  EXPECT_THAT(tested.out, HasSubstr("confusion: a row a class"));
  const json test = json::parse(text_of(file("t.json")));
  EXPECT_EQ(test["accuracy"], run["test_accuracy"]);
  EXPECT_EQ(test["loss"], run["test_loss"]);
  const auto lines = lines_of(text_of(file("p.csv")));
  ASSERT_EQ(lines.size(), 2001u);
  EXPECT_EQ(lines[0], "sample,label,predicted,share");
  int right = 0;
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::size_t comma = lines[i].find(',');
    right += lines[i][comma + 1] == lines[i][comma + 3];
  }
  EXPECT_EQ(right, std::lround(2000 * test["accuracy"].get<double>()));
}

TEST_F(Networks, a_saved_regression_is_tested_in_its_own_units) {
  const std::string net = file("net.safetensors");
  EXPECT_EQ(rectify_program("train --data friedman --net 10-16-1 --epochs 1 --save " + net).status, 0);
  const Outcome tested = rectify_program("test " + net + " --predictions " + file("p.csv"));
  EXPECT_THAT(tested.out, testing::ContainsRegex("R\\^2 0\\.[0-9]+\nrms error of target 1 [0-9.]+\nloss"));
  EXPECT_EQ(lines_of(text_of(file("p.csv")))[0], "sample,target 1,predicted target 1");
}

TEST_F(Networks, a_table_is_predicted_in_the_units_of_its_target) {
  std::ofstream table(file("houses.csv"));
  table << "size;rooms;price\n";
  for (int i = 0; i < 400; ++i) table << i << ';' << i % 7 << ';' << 1000 * i + 5000 * (i % 7) << '\n';
  table.close();
  const std::string houses = file("houses.csv"), net = file("net.safetensors");
  const Outcome training = rectify_program("train --data " + houses + " --target price --net 2-32-1 --epochs 60 --batch 32 --save " + net +
                                           " --json " + file("a.json"));
  EXPECT_EQ(training.status, 0) << training.err;
  EXPECT_THAT(training.out, HasSubstr("rms error of price on the test samples: relu "));
  const json run = json::parse(text_of(file("a.json")))["runs"][0];
  EXPECT_EQ(run["task"], "regression");
  EXPECT_EQ(run["targets"], json({"price"}));
  EXPECT_GT(run["r_squared"], 0.99);
  EXPECT_LT(run["rms_errors"][0], 12000) << "a tenth of the prices' deviation";
  EXPECT_GT(run["rms_errors"][0], 1);
  const Outcome held_out = rectify_program("test " + net + " --json " + file("t.json"));
  EXPECT_EQ(held_out.status, 0) << held_out.err;
  EXPECT_THAT(held_out.out, testing::ContainsRegex("; 80[ \n]test[ \n]samples[ \n]of"));
  EXPECT_EQ(json::parse(text_of(file("t.json")))["rms_errors"], run["rms_errors"]);
  const Outcome whole = rectify_program("test " + net + " --data " + houses + " --predictions " + file("p.csv"));
  EXPECT_THAT(whole.out, testing::ContainsRegex("; 400[ \n]test[ \n]samples[ \n]of"));
  EXPECT_EQ(lines_of(text_of(file("p.csv")))[0], "sample,price,predicted price");

  std::ofstream(file("new.csv")) << "price,street,rooms,size\n5000,Elm Street,1,0\n";
  const Outcome other = rectify_program("test " + net + " --data " + file("new.csv") + " --predictions " + file("p.csv"));
  EXPECT_EQ(other.status, 0) << other.err << "columns are found by their names";
  EXPECT_THAT(text_of(file("p.csv")), testing::StartsWith("sample,price,predicted price\n0,5000,"));
  const std::string priced = text_of(file("p.csv"));
  std::ofstream(file("new.csv")) << "rooms,size\n1,0\n";
  const Outcome unpriced = rectify_program("test " + net + " --data " + file("new.csv") + " --predictions " + file("p.csv"));
  EXPECT_EQ(unpriced.status, 0) << unpriced.err;
  EXPECT_THAT(unpriced.out, HasSubstr("no targets in the data, so nothing to compare with"));
  EXPECT_EQ(text_of(file("p.csv")), "sample,predicted price\n0," + priced.substr(priced.rfind(',') + 1));

  EXPECT_EQ(rectify_program("train --data " + houses + " --task autoencoder --net 3-8-3 --epochs 1").status, 0);
  const Outcome classes = rectify_program("train --data " + houses + " --task classification --target rooms --net 2-16-7 --epochs 1");
  EXPECT_THAT(classes.out, HasSubstr("acc%"));
}

TEST_F(Networks, a_table_that_changed_is_not_taken_for_the_one_that_was_learnt) {
  const auto write_table = [this](double slope) {
    std::ofstream table(file("t.csv"));
    table << "x,y\n";
    for (int i = 0; i < 50; ++i) table << i << "," << slope * i << "\n";
  };
  write_table(2);
  const std::string in_folder = "cd " + file(".") + "; $rectify ";
  EXPECT_EQ(shell(in_folder + "train --data t.csv --target y --net 1-4-1 --epochs 1 --save net").status, 0);
  EXPECT_EQ(shell(in_folder + "test net").status, 0);
  write_table(-3);
  const Outcome other = shell(in_folder + "test net");
  EXPECT_EQ(other.status, 1);
  EXPECT_THAT(other.err, HasSubstr("t.csv holds other data than those that the network was trained on"));
  EXPECT_EQ(shell(in_folder + "test net --data t.csv").status, 0);
}

TEST_F(Networks, a_table_that_makes_no_sense_is_told_in_a_line) {
  std::ofstream(file("a.csv")) << "size,price\n1,2\nlarge,4\n";
  const auto told = [&](const std::string& arguments, int status, const std::string& message) {
    const Outcome outcome = rectify_program("train --data " + file("a.csv") + arguments);
    EXPECT_EQ(outcome.status, status);
    EXPECT_THAT(outcome.err, HasSubstr(message));
    EXPECT_EQ(lines_of(outcome.err).size(), 1u) << outcome.err;
  };
  told(" --target price", 1, "a.csv, line 3: size is \"large\", wanted a number");
  told("", 2, "is to be predicted? Write --target price; there are size, price");
  told(" --target prices", 2, "did you mean price?");
  EXPECT_THAT(rectify_program("train --data moons --target x").err, HasSubstr("moons is no table, whose name ends in .csv"));
}

TEST_F(Networks, a_file_that_is_no_network_or_other_data_are_told_in_a_line) {
  std::ofstream(file("no")) << "no network";
  const Outcome no = rectify_program("test " + file("no"));
  EXPECT_EQ(no.status, 1);
  EXPECT_THAT(no.err, HasSubstr("rectify: [safetensors] " + file("no") + ", byte 0: a header of"));
  EXPECT_EQ(lines_of(no.err).size(), 1u);
  EXPECT_EQ(rectify_program("train --data moons --net 2-4-2 --epochs 1 --save " + file("net")).status, 0);
  EXPECT_THAT(rectify_program("test " + file("net") + " --data friedman").err,
              HasSubstr("[network] the network reads samples of shape [2]"));
}

TEST_F(Networks, no_file_is_written_over_another) {
  const Outcome twice = rectify_program("train --data moons --epochs 1 --json " + file("a") + " --save " + file("./a"));
  EXPECT_EQ(twice.status, 2);
  EXPECT_THAT(twice.err, HasSubstr("--json and --save are the same file"));
  const Outcome whole = shell("cd " + file(".") + "; $rectify train --data moons --epochs 1 --json a --save " + file("a"));
  EXPECT_THAT(whole.err, HasSubstr("are the same file")) << "one path is relative, and neither file is there";
  EXPECT_EQ(rectify_program("train --data moons --net 2-4-2 --epochs 1 --save " + file("net")).status, 0);
  const std::string before = text_of(file("net"));
  EXPECT_EQ(rectify_program("test " + file("net") + " --predictions " + file("net")).status, 2);
  EXPECT_EQ(text_of(file("net")), before);
}

TEST_F(Networks, a_training_that_ends_with_no_number_saves_nothing_and_fails) {
  const Outcome outcome = rectify_program("train --data moons --lr 1e30 --net 2-8-2 --save " + file("net"));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err,
              testing::MatchesRegex("rectify: the training ended at step [0-9]+, where a value was not finite: .*net is not written\n"));
  EXPECT_FALSE(std::filesystem::exists(file("net")));
}

TEST_F(Networks, generated_data_are_tested_with_the_seed_of_the_training) {
  EXPECT_EQ(rectify_program("train --data moons --net 2-16-2 --epochs 2 --seed 7 --save " + file("net") + " --json " + file("a")).status,
            0);
  EXPECT_EQ(rectify_program("test " + file("net") + " --json " + file("b")).status, 0);
  EXPECT_EQ(json::parse(text_of(file("b")))["accuracy"], json::parse(text_of(file("a")))["runs"][0]["test_accuracy"]);
  EXPECT_EQ(rectify_program("test " + file("net") + " --seed 1 --json " + file("c")).status, 0);
  EXPECT_NE(json::parse(text_of(file("c")))["loss"], json::parse(text_of(file("b")))["loss"]);
}

TEST_F(Networks, data_without_a_net_get_one_that_fits) {
  const Outcome outcome = rectify_program("train --data moons --epochs 1");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("moons, 2-8x128-2,"));
}

TEST_F(Networks, a_loss_that_is_not_finite_is_told_in_its_row_and_the_others_run) {
  const Outcome outcome = rectify_program("compare" + kTiny + "--lr 30 --activation 'x^2 * exp(x), tanh' --json " + file("a.json"));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, testing::ContainsRegex("not finite at step [0-9]+: [a-z0-9 ]+, (forward|backward|update)!"));
  const json runs = json::parse(text_of(file("a.json")))["runs"];
  EXPECT_EQ(runs[0]["state"], "not finite");
  EXPECT_TRUE(runs[0]["test_accuracy"].is_null());
  EXPECT_GE(runs[0]["non_finite"]["step"], 1);
  EXPECT_EQ(runs[1]["state"], "finished");
}

TEST_F(Networks, plan_prints_steps_and_memory_and_trains_nothing) {
  const Outcome outcome = rectify_program("train --data spirals --epochs 1000000 --net '2 8 dropout0.5 8 3' --activation relu --plan");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("dropout 1  dropout 0.5               8            in place\n"));
  EXPECT_THAT(outcome.out, HasSubstr("\n123 weights, with their gradients "));
  EXPECT_THAT(outcome.out, HasSubstr("batch of 128 in float32: "));
}

TEST_F(Networks, image_networks_train_and_are_explained_layer_by_layer) {
  std::ofstream(file("net.toml")) << "[[node]]\nname = 'in'\nkind = 'input'\nshape = [2]\n"
                                     "[[node]]\nname = 'd'\nkind = 'dense'\nunits = 16\n"
                                     "[[node]]\nname = 'n'\nkind = 'batch_norm'\n"
                                     "[[node]]\nname = 'a'\nkind = 'activation'\n"
                                     "[[node]]\nname = 'out'\nkind = 'dense'\nunits = 3\n";
  for (const std::string& net : {file("net.toml"), std::string("'2x1x1 conv8 bn poolk1 8 3'"), std::string("mlp")}) {
    const Outcome outcome = rectify_program("train --data spirals --epochs 1 --activation elu --net " + net);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("elu "));
  }
  EXPECT_THAT(rectify_program("train --data spirals --net resnet20").err, HasSubstr("did you mean resnet-20?"));
  EXPECT_THAT(rectify_program("train --data spirals --net lenet").err, HasSubstr("lenet reads images"));
  EXPECT_EQ(rectify_program("train --data spirals --epochs 1 --net 2-8-3 --activation swiglu").status, 0);
}

TEST_F(Networks, an_unwritable_path_is_found_before_training) {
  const Outcome outcome = rectify_program("compare --data spirals --epochs 1000000 --json " + file("no/such/folder.json"));
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("[output] cannot write " + file("no/such/folder.json") + ": No such file or directory"));
}

TEST_F(Networks, a_corrupt_file_is_named_with_its_offset) {
  const std::filesystem::path folder = scratch_ / "set";
  std::filesystem::create_directory(folder);
  for (const char* name : {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}) {
    std::ofstream(folder / (name + std::string(".gz"))) << "\x1f\x8bno gzip";
  }
  const Outcome outcome = rectify_program("compare --data " + folder.string());
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, testing::ContainsRegex("\\[idx\\] .*-ubyte\\.gz.*byte"));
}

TEST_F(Networks, a_missing_set_names_its_package) {
  const Outcome outcome = shell("RECTIFY_DATA=/nonexistent $rectify compare");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("dataset-fashion-mnist"));
  EXPECT_THAT(outcome.err, HasSubstr("--data spirals"));
}

TEST_F(Networks, an_interrupt_keeps_the_finished_rows) {
  std::string many = "relu";
  for (int i = 0; i < 99; ++i) many += ",relu";
  const Outcome outcome = shell("$rectify compare --data spirals --net 2-4-3 --epochs 200 --threads 1 --activation " + many + " --json " +
                                file("a.json") + " & sleep 2; kill -INT $!; wait $!");
  EXPECT_EQ(outcome.status, 130);
  EXPECT_NE(outcome.out.find("\nrelu "), std::string::npos);
  EXPECT_NE(outcome.out.find("\nInterrupted before the end: relu.\n"), std::string::npos);
  const json runs = json::parse(text_of(file("a.json")))["runs"];
  EXPECT_GT(runs.size(), 0u);
  EXPECT_LT(runs.size(), 100u);
  for (const json& run : runs) EXPECT_EQ(run["state"], "finished");
}

TEST_F(Networks, an_interrupt_before_any_row_leaves_the_file_as_it_was) {
  std::ofstream(file("a.json")) << "old";
  const Outcome outcome =
      shell("$rectify train --data spirals --net 2-4-3 --epochs 2000000000 --json " + file("a.json") + " & sleep 1; kill -INT $!; wait $!");
  EXPECT_EQ(outcome.status, 130);
  EXPECT_EQ(text_of(file("a.json")), "old");
  EXPECT_THAT(outcome.err, HasSubstr("no training was finished: " + file("a.json") + " is not written"));
}

TEST_F(Networks, an_interrupt_keeps_the_network_as_it_is) {
  std::ofstream(file("a.safetensors")) << "old";
  const Outcome outcome = shell("$rectify train --data spirals --net 2-4-3 --epochs 2000000000 --save " + file("a.safetensors") +
                                " & sleep 1; kill -INT $!; wait $!");
  EXPECT_EQ(outcome.status, 130);
  EXPECT_EQ(text_of(file("a.safetensors")), "old");
  EXPECT_THAT(outcome.err, testing::ContainsRegex("interrupted after [0-9]+ of 2000000000 epochs: .*a.safetensors.unfinished has the"));
  const Outcome test = rectify_program("test " + file("a.safetensors.unfinished"));
  EXPECT_EQ(test.status, 0) << test.err;
  EXPECT_THAT(test.out, HasSubstr("accuracy"));
}

TEST_F(Networks, a_full_output_is_a_failure_that_does_not_lose_the_numbers) {
  const Outcome outcome =
      shell("$rectify compare --data spirals --net 2-4-3 --epochs 1 --activation relu --json " + file("a.json") + " > /dev/full");
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("cannot write the output: No space left on device"));
  EXPECT_EQ(json::parse(text_of(file("a.json")))["runs"].size(), 1u);
}

TEST_F(Networks, a_named_formula_is_called_by_its_name) {
  const std::string spec = "mine = x * sigmoid(b*x); b = 1 learn";
  const Outcome outcome =
      rectify_program("compare --data spirals --net 2-4-3 --epochs 1 --seeds 2 --activation '" + spec + "' --json " + file("a.json"));
  EXPECT_THAT(outcome.out, testing::ContainsRegex("\nmine  +[0-9]"));
  EXPECT_THAT(outcome.out, HasSubstr("\nSeed 1: mine"));
  EXPECT_EQ(json::parse(text_of(file("a.json")))["runs"][1]["activation"], spec);
}

TEST_F(Networks, progress_and_colour_come_on_a_terminal_only) {
  const std::string command = "$rectify compare --data spirals --net 2-8x16-3 --activation sigmoid --epochs 1";
  const auto on_terminal = [](const std::string& inner) { return shell("export rectify; script -qec '" + inner + "' /dev/null"); };
  const Outcome coloured = on_terminal(command);
  EXPECT_THAT(coloured.out, HasSubstr("0 %"));
  EXPECT_THAT(coloured.out, HasSubstr("\r["));
  EXPECT_THAT(coloured.out, HasSubstr("\x1b[1;31m"));
  const Outcome plain = on_terminal("NO_COLOR=1 " + command);
  EXPECT_THAT(plain.out, HasSubstr("\r["));
  EXPECT_THAT(plain.out, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace rectify
