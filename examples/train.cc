// Trains a small network and saves it. Usage: train [FILE]
#include <atomic>
#include <cstdio>
#include <utility>

#include "rectify/nn/presets.h"
#include "rectify/report/output_file.h"
#include "rectify/train/network_file.h"
#include "rectify/train/trainer.h"

int main(int argc, char** argv) {
  rectify::TrainOptions options;
  options.net = "2-32-32-2";
  options.activation = "elu";
  options.epochs = 5;
  options.optimiser = rectify::OptimiserOptions::parse("adamw,decay=0.01");
  const rectify::Dataset data = rectify::load_dataset("moons");
  const rectify::Standardisation standardisation(data);
  rectify::ParameterStore weights(rectify::describe_network(options.net, options.activation, rectify::task_of(data, options)));
  rectify::Observer silent;
  const std::atomic<bool> stop = false;
  const rectify::RunRecord run = rectify::train(options, data, standardisation, silent, stop, &weights);
  std::printf("test accuracy %.3f\n", run.test_accuracy.value_or(0));
  if (argc > 1) {
    rectify::write_whole(argv[1], rectify::network_file(rectify::trained_network(options, data, standardisation, std::move(weights))));
  }
  return run.test_accuracy.value_or(0) > 0.9 ? 0 : 1;
}
