// Data sets in memory: samples and labels, split into train, validation and test.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rectify {

/// Samples and their classes. Values are stored as they came (bytes or floats), [count, sample size].
struct Split {
  std::int64_t count = 0;
  std::variant<std::vector<std::uint8_t>, std::vector<float>> values;
  std::vector<std::int32_t> labels;  ///< 0 .. classes - 1, one a sample
};

/// A classification data set.
struct Dataset {
  std::string name;
  std::vector<std::int64_t> sample_shape;  ///< [28, 28] for Fashion-MNIST, [2] for spirals
  int classes = 0;
  Split train, test;
  std::int64_t sample_size() const;
};

/// The data set that `what` names: "fashion-mnist", "spirals", "moons", or a folder with the four IDX files of the MNIST family, plain or .gz.
/// spirals and moons are made from `seed`.
/// Errors: [data] unknown name with the nearest; which package brings a missing set; [idx] file, byte offset, reason.
Dataset load_dataset(std::string_view what, std::uint64_t seed = 1);

/// Moves the last `share` of the training samples, chosen at random from `seed`, into the test split's place. For choosing hyper-parameters
/// without the test set. share in (0, 1).
void hold_out_validation(Dataset& data, double share, std::uint64_t seed);

}  // namespace rectify
