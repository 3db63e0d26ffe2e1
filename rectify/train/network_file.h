// A trained network: all that is needed to run it again, to a file and back.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "rectify/data/batches.h"
#include "rectify/nn/model.h"
#include "rectify/nn/parameter_store.h"
#include "rectify/record/test.h"
#include "rectify/train/task.h"
#include "rectify/train/trainer.h"

namespace rectify {

/// A network with what its inputs and outputs mean.
struct TrainedNetwork {
  Model model;
  ParameterStore parameters;
  Problem problem;
  Precision precision = Precision::kFloat32;
  Standardisation input;
  TargetStandardisation target;  ///< of regression, else empty
  std::vector<std::int64_t> sample_shape;
  std::vector<std::string> features, targets;  ///< the columns of a table
  std::string net, activation, data;           ///< as the training was asked for
  std::string data_digest;                     ///< of a table or a folder, which may change; else empty
  std::uint64_t seed = 1;                      ///< of the training, and of data that are made from it
};

/// What train() made of `parameters` with `options` on `data`.
TrainedNetwork trained_network(const TrainOptions& options, const Dataset& data, const Standardisation& standardisation,
                               ParameterStore parameters);

/// The file of a network: safetensors, with the model as TOML and the task in the metadata, the parameters as "NODE.weight" and so on, and
/// the standardisation as "input.data_mean", "input.data_scale", "target.data_mean", "target.data_scale", which no node's parameter is
/// called.
std::string network_file(const TrainedNetwork& network);

/// The network in a file that network_file() describes. Errors: [safetensors] the file; [network] it holds no network of Rectify or one of
/// another version, or its arrays do not fit its model; [net] a model that makes no sense.
TrainedNetwork read_network(const std::filesystem::path& file);

/// Checks that `data`, read from where the network's came from, are still the same. Errors: [network] they are not.
void check_trained_on(const TrainedNetwork& network, const Dataset& data);

/// What a network says of data.test, with the calling thread's team; of data with neither classes nor targets, its predictions alone.
/// Errors: [network] data of another shape, or with other classes or targets than its task's.
TestRecord test(const TrainedNetwork& network, const Dataset& data);

}  // namespace rectify
