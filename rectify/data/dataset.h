// Data sets in memory: samples and labels, split into train, validation and test.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rectify {

/// The most classes that a data set may have.
inline constexpr int kMaxClasses = 65536;

/// Samples and their classes, or their targets. Values are stored as they came (bytes or floats), [count, sample size].
struct Split {
  std::int64_t count = 0;
  std::variant<std::vector<std::uint8_t>, std::vector<float>> values;
  std::vector<std::int32_t> labels;  ///< 0 .. classes - 1, one a sample; empty where there are targets
  std::vector<float> targets;        ///< [count, target size]
};

/// What the targets of a table are.
enum class TargetKind { kNumbers, kClasses, kNone };
/// Which rows of a table are samples to test with.
enum class TestRows { kFifth, kAll };

/// How the rows of a table become samples.
struct TableUse {
  std::vector<std::string> targets;        ///< names of columns
  std::vector<std::string> features = {};  ///< those that are read; empty: all that are no targets
  TargetKind kind = TargetKind::kNumbers;
  TestRows rows = TestRows::kFifth;
};

/// A data set: samples with a class each, or with targets to predict.
struct Dataset {
  std::string name;
  std::vector<std::int64_t> sample_shape;  ///< [28, 28] for Fashion-MNIST, [2] for spirals
  int classes = 0;                         ///< 0 where there are targets
  Split train, test;
  std::int64_t target_size = 0;                ///< how many targets a sample has
  std::vector<std::string> features, targets;  ///< of a table: the names of its columns
  std::string source;                          ///< of a table or a folder: its path as load_dataset() was given it
  /// The product of sample_shape.
  std::int64_t sample_size() const;
};

/// The data set that `what` names: "fashion-mnist", "spirals", "moons", "strokes", "friedman", a table (see load_table()), or a folder with
/// the four IDX files of the MNIST family, plain or .gz. fashion-mnist lies where Debian's package dataset-fashion-mnist puts it,
/// /usr/share/datasets/fashion-mnist; the environment variable RECTIFY_DATA names another folder than /usr/share/datasets. The others are
/// made from `seed`, 6,000 samples to train and 2,000 to test with: spirals (three arms) and moons (two) are points in the plane, strokes
/// images of 12 x 12 in four classes; friedman has ten features and a target. `table` is for tables alone. Errors: [data] targets asked for
/// of something else; unknown name with the nearest; which package brings a missing set; counts or shapes that differ, labels not in 0 ..
/// kMaxClasses - 1, with the files' names; [idx] file, byte offset, reason.
Dataset load_dataset(std::string_view what, std::uint64_t seed = 1, const TableUse& table = {});

/// Moves `share` of the training samples, chosen at random from `seed`, into the test split's place. For choosing hyper-parameters without
/// the test set. Errors: [data] a share that leaves one of the splits empty.
void hold_out_validation(Dataset& data, double share, std::uint64_t seed);

/// Keeps the first samples of the training split, at most so many.
void keep_first(Dataset& data, std::int64_t most);

}  // namespace rectify
