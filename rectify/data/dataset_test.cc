#include "rectify/data/dataset.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <set>

#include "rectify/data/test_files.h"

namespace rectify {
namespace {

using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string images(std::uint32_t count, std::uint32_t height = 2) {
  return idx_header(8, {count, height, 3}) + std::string(count * height * 3, 'i');
}
std::string labels(const std::string& classes) { return idx_header(8, {static_cast<std::uint32_t>(classes.size())}) + classes; }

/// Five images of 2 x 3 to train and two to test with, of classes 0, 1 and 2, half of the files gzip.
class Folder : public testing::Test {
 protected:
  Folder() {
    folder_.write("train-images-idx3-ubyte.gz", gzipped(images(5)));
    folder_.write("train-labels-idx1-ubyte", labels(std::string("\0\1\0\1\1", 5)));
    folder_.write("t10k-images-idx3-ubyte", images(2));
    folder_.write("t10k-labels-idx1-ubyte.gz", gzipped(labels("\1\2")));
  }
  std::string error() const {
    return error_of([&] { load_dataset(folder_.path().string()); });
  }
  TestFolder folder_;
};

TEST_F(Folder, loads_plain_and_gzip_files_side_by_side) {
  const Dataset data = load_dataset(folder_.path().string());
  EXPECT_EQ(data.name, folder_.path().filename());
  EXPECT_THAT(data.sample_shape, ElementsAre(2, 3));
  EXPECT_EQ(data.sample_size(), 6);
  EXPECT_EQ(data.classes, 3);
  EXPECT_EQ(data.train.count, 5);
  EXPECT_EQ(data.test.count, 2);
  EXPECT_THAT(data.train.labels, ElementsAre(0, 1, 0, 1, 1));
  EXPECT_THAT(data.test.labels, ElementsAre(1, 2));
  EXPECT_THAT(std::get<std::vector<std::uint8_t>>(data.train.values), AllOf(testing::SizeIs(30), Each('i')));
}

TEST_F(Folder, a_trailing_slash_does_not_hide_its_name) {
  EXPECT_EQ(load_dataset(folder_.path().string() + "/").name, folder_.path().filename());
}

TEST_F(Folder, counts_that_differ_name_both_files) {
  folder_.write("train-labels-idx1-ubyte", labels(std::string(4, '\1')));
  EXPECT_THAT(error(), AllOf(HasSubstr("train-images-idx3-ubyte.gz holds 5 samples"), HasSubstr("train-labels-idx1-ubyte holds 4 labels"),
                             StartsWith("[data] ")));
}

TEST_F(Folder, shapes_and_types_that_differ_name_both_files) {
  folder_.write("t10k-images-idx3-ubyte", images(2, 4));
  EXPECT_THAT(error(), AllOf(HasSubstr("shape [2, 3]"), HasSubstr("t10k-images-idx3-ubyte of shape [4, 3]")));
  folder_.write("t10k-images-idx3-ubyte", idx_header(0x0d, {2, 2, 3}) + std::string(48, '\0'));
  EXPECT_THAT(error(), HasSubstr("holds bytes and"));
}

TEST_F(Folder, labels_that_are_no_classes_are_refused) {
  const auto with = [&](const std::string& last) {
    folder_.write("train-labels-idx1-ubyte", idx_header(0x0c, {5}) + std::string(16, '\0') + last);
    return error();
  };
  EXPECT_THAT(with(big_endian_bytes(0xffffffff)), HasSubstr("train-labels-idx1-ubyte: label 4 is -1, wanted a whole number in 0 .. 65535"));
  EXPECT_THAT(with(big_endian_bytes(65536)), HasSubstr("label 4 is 65536"));
  EXPECT_EQ(with(big_endian_bytes(65535)), "");
  folder_.write("train-labels-idx1-ubyte", idx_header(0x0d, {5}) + std::string(16, '\0') + big_endian_bytes(0x3f000000));
  EXPECT_THAT(error(), HasSubstr("label 4 is 0.5"));
  folder_.write("train-labels-idx1-ubyte", images(5));
  EXPECT_THAT(error(), HasSubstr("labels have 3 dimensions, wanted 1"));
}

TEST_F(Folder, images_without_a_shape_and_labels_all_alike_are_refused) {
  folder_.write("t10k-images-idx3-ubyte", labels("\1\1"));
  EXPECT_THAT(error(), HasSubstr("t10k-images-idx3-ubyte: samples have no shape"));
  folder_.write("t10k-images-idx3-ubyte", images(2));
  folder_.write("train-labels-idx1-ubyte", labels(std::string(5, '\0')));
  std::filesystem::remove(folder_.path() / "t10k-labels-idx1-ubyte.gz");
  folder_.write("t10k-labels-idx1-ubyte", labels(std::string(2, '\0')));
  EXPECT_THAT(error(), HasSubstr("every label is 0"));
}

TEST_F(Folder, a_missing_file_is_named_with_the_four_that_are_wanted) {
  std::filesystem::remove(folder_.path() / "t10k-images-idx3-ubyte");
  EXPECT_THAT(error(), AllOf(HasSubstr("has no t10k-images-idx3-ubyte (plain or .gz)"), HasSubstr("train-labels-idx1-ubyte")));
}

TEST_F(Folder, a_corrupt_file_is_named_with_the_byte) {
  folder_.write("t10k-labels-idx1-ubyte.gz", gzipped(labels("\1\2")).substr(0, 20));
  EXPECT_THAT(error(), AllOf(StartsWith("[idx] "), HasSubstr("t10k-labels-idx1-ubyte.gz: byte 20: ")));
}

/// Sets RECTIFY_DATA for as long as it lives.
struct ScopedDataRoot {
  explicit ScopedDataRoot(const std::filesystem::path& root) { setenv("RECTIFY_DATA", root.c_str(), 1); }
  ~ScopedDataRoot() { unsetenv("RECTIFY_DATA"); }
};

TEST_F(Folder, fashion_mnist_is_looked_for_under_RECTIFY_DATA) {
  const TestFolder root;
  const ScopedDataRoot scoped(root.path());
  EXPECT_THAT(error_of([] { load_dataset("fashion-mnist"); }),
              AllOf(StartsWith("[data] "), HasSubstr((root.path() / "fashion-mnist").string()), HasSubstr("package dataset-fashion-mnist"),
                    HasSubstr("--data spirals"), Not(HasSubstr("\n"))));
  std::filesystem::copy(folder_.path(), root.path() / "fashion-mnist");
  EXPECT_EQ(load_dataset("fashion-mnist").name, "fashion-mnist");
  EXPECT_EQ(load_dataset("fashion-mnist").train.count, 5);
}

TEST(FashionMnist, has_its_known_size_and_balanced_classes) {
  const std::string error = error_of([] { load_dataset("fashion-mnist"); });
  if (error.find("not installed") != std::string::npos) GTEST_SKIP() << error;
  const Dataset data = load_dataset("fashion-mnist");
  EXPECT_THAT(data.sample_shape, ElementsAre(28, 28));
  EXPECT_EQ(data.classes, 10);
  EXPECT_EQ(data.train.count, 60000);
  EXPECT_EQ(data.test.count, 10000);
  for (int c = 0; c < 10; ++c) {
    EXPECT_EQ(std::ranges::count(data.train.labels, c), 6000);
    EXPECT_EQ(std::ranges::count(data.test.labels, c), 1000);
  }
}

TEST(LoadDataset, an_unknown_name_is_answered_with_the_nearest) {
  EXPECT_THAT(error_of([] { load_dataset("spiral"); }),
              AllOf(HasSubstr("'spiral'; did you mean spirals?"), HasSubstr("fashion-mnist, spirals, moons")));
  EXPECT_THAT(error_of([] { load_dataset("/no/such/folder"); }), HasSubstr("no folder is called '/no/such/folder'"));
  EXPECT_THAT(error_of([] { load_dataset(""); }), StartsWith("[data] "));
  const TestFolder folder;
  const auto file = folder.write("file", "x");
  EXPECT_THAT(error_of([&] { load_dataset(file.string()); }), HasSubstr("is a file, wanted the folder"));
}

class Points : public testing::TestWithParam<const char*> {};

TEST_P(Points, are_balanced_finite_and_made_from_the_seed_alone) {
  const Dataset a = load_dataset(GetParam(), 3), again = load_dataset(GetParam(), 3), other = load_dataset(GetParam(), 4);
  EXPECT_EQ(a.name, GetParam());
  EXPECT_THAT(a.sample_shape, ElementsAre(2));
  EXPECT_EQ(a.train.count, 6000);
  EXPECT_EQ(a.test.count, 2000);
  EXPECT_EQ(a.train.values, again.train.values);
  EXPECT_EQ(a.train.labels, again.train.labels);
  EXPECT_NE(a.train.values, other.train.values);
  const auto& values = std::get<std::vector<float>>(a.train.values);
  ASSERT_EQ(values.size(), 12000u);
  for (const float v : values) ASSERT_LT(std::abs(v), 3);
  for (int c = 0; c < a.classes; ++c) EXPECT_EQ(std::ranges::count(a.train.labels, c), 6000 / a.classes);
}

/// The share of test points whose nearest training point has their class.
double nearest_neighbour_accuracy(const Dataset& data) {
  const auto& train = std::get<std::vector<float>>(data.train.values);
  const auto& test = std::get<std::vector<float>>(data.test.values);
  int right = 0;
  const int most = 300;
  for (int i = 0; i < most; ++i) {
    const auto distance = [&](int j) { return std::hypot(train[2 * j] - test[2 * i], train[2 * j + 1] - test[2 * i + 1]); };
    int best = 0;
    for (int j = 1; j < static_cast<int>(data.train.count); ++j) best = distance(j) < distance(best) ? j : best;
    right += data.train.labels[best] == data.test.labels[i];
  }
  return right / static_cast<double>(most);
}

TEST_P(Points, can_be_told_apart) { EXPECT_GT(nearest_neighbour_accuracy(load_dataset(GetParam())), 0.95); }

INSTANTIATE_TEST_SUITE_P(All, Points, testing::Values("spirals", "moons"));

TEST(HoldOut, splits_the_training_samples_and_keeps_pairs_together) {
  Dataset data;
  data.sample_shape = {2};
  std::vector<float> values;
  for (int i = 0; i < 100; ++i) {
    values.insert(values.end(), {static_cast<float>(i), static_cast<float>(-i)});
    data.train.labels.push_back(i);
  }
  data.train.count = 100;
  data.train.values = values;
  Dataset other = data;
  hold_out_validation(data, 0.2, 1);
  hold_out_validation(other, 0.2, 2);
  EXPECT_EQ(data.train.count, 80);
  EXPECT_EQ(data.test.count, 20);
  EXPECT_NE(data.test.labels, other.test.labels);
  std::set<int> seen;
  for (const Split& split : {data.train, data.test}) {
    ASSERT_EQ(std::ssize(split.labels), split.count);
    const auto& x = std::get<std::vector<float>>(split.values);
    for (std::int64_t i = 0; i < split.count; ++i) {
      EXPECT_EQ(x[2 * i], split.labels[i]);
      EXPECT_EQ(x[2 * i + 1], -split.labels[i]);
      seen.insert(split.labels[i]);
    }
  }
  EXPECT_EQ(seen.size(), 100u);
}

TEST(Friedman, has_targets_whose_variance_is_mostly_explained_by_five_features) {
  const Dataset data = load_dataset("friedman", 3);
  EXPECT_EQ(data.sample_size(), 10);
  EXPECT_EQ(data.classes, 0);
  EXPECT_EQ(data.target_size, 1);
  EXPECT_TRUE(data.train.labels.empty());
  ASSERT_EQ(data.train.targets.size(), 6000u);
  const auto& x = std::get<std::vector<float>>(data.train.values);
  double mean = 0, square = 0, noise = 0;
  for (int i = 0; i < 6000; ++i) {
    const float* const row = &x[i * 10];
    for (int j = 0; j < 10; ++j) EXPECT_TRUE(row[j] >= 0 && row[j] <= 1);
    const double y = data.train.targets[i];
    const double exact = 10 * std::sin(M_PI * row[0] * row[1]) + 20 * std::pow(row[2] - 0.5, 2) + 10 * row[3] + 5 * row[4];
    mean += y / 6000, square += y * y / 6000, noise += (y - exact) * (y - exact) / 6000;
  }
  EXPECT_NEAR(noise, 1, 0.06);
  EXPECT_NEAR(square - mean * mean, 24.8, 1.5);
  EXPECT_EQ(load_dataset("friedman", 3).test.targets, data.test.targets);
  EXPECT_NE(load_dataset("friedman", 4).test.targets, data.test.targets);
}

TEST(Strokes, are_bright_along_their_direction) {
  const Dataset data = load_dataset("strokes", 3);
  EXPECT_EQ(data.sample_shape, (std::vector<std::int64_t>{12, 12}));
  EXPECT_EQ(data.classes, 4);
  const auto& pixels = std::get<std::vector<float>>(data.train.values);
  ASSERT_EQ(pixels.size(), 6000u * 144);
  // Neighbours in the direction of an image's own stroke are both bright more often than those in the other three.
  const int steps[] = {1, 12, 13, 11};
  std::vector<double> products(16);
  for (std::size_t i = 0; i < 6000; ++i) {
    for (int d = 0; d < 4; ++d) {
      for (int at = 0; at + 13 < 144; ++at) {
        products[data.train.labels[i] * 4 + d] += static_cast<double>(pixels[i * 144 + at]) * pixels[i * 144 + at + steps[d]];
      }
    }
  }
  for (int label = 0; label < 4; ++label) {
    const auto row = products.begin() + label * 4;
    EXPECT_EQ(std::max_element(row, row + 4) - row, label);
  }
  EXPECT_EQ(load_dataset("strokes", 3).test.labels, data.test.labels);
}

TEST(HoldOut, keeps_targets_with_their_samples) {
  Dataset data = load_dataset("friedman");
  const Dataset whole = data;
  hold_out_validation(data, 0.25, 1);
  ASSERT_EQ(data.test.targets.size(), 1500u);
  const auto& kept = std::get<std::vector<float>>(data.test.values);
  const auto& all = std::get<std::vector<float>>(whole.train.values);
  const auto place = std::search(all.begin(), all.end(), kept.begin(), kept.begin() + 10) - all.begin();
  EXPECT_EQ(whole.train.targets.at(place / 10), data.test.targets[0]);
}

TEST(HoldOut, a_share_that_empties_a_split_is_refused) {
  for (const double share : {0.0, 1.0, -0.5, 1e-9, 0.99999, std::nan("")}) {
    Dataset data = load_dataset("moons");
    EXPECT_THAT(error_of([&] { hold_out_validation(data, share, 1); }), StartsWith("[data] a validation share of")) << share;
    EXPECT_EQ(data.train.count, 6000);
  }
}

TEST(KeepFirst, keeps_the_first_samples_with_their_labels_and_the_test_split) {
  Dataset data = load_dataset("moons");
  const Dataset whole = data;
  keep_first(data, 10);
  ASSERT_EQ(data.train.count, 10);
  EXPECT_EQ(data.test.count, whole.test.count);
  const auto& kept = std::get<std::vector<float>>(data.train.values);
  EXPECT_EQ(kept, std::vector(std::get<std::vector<float>>(whole.train.values).begin(),
                              std::get<std::vector<float>>(whole.train.values).begin() + 20));
  EXPECT_EQ(data.train.labels, std::vector(whole.train.labels.begin(), whole.train.labels.begin() + 10));
  keep_first(data, 100);
  EXPECT_EQ(data.train.count, 10);
}

}  // namespace
}  // namespace rectify
