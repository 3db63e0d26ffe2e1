#include "rectify/data/batches.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "rectify/base/random.h"

namespace rectify {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::FloatEq;

/// Data of `shape` whose training split has these values; sample i has label i.
template <class T>
Dataset dataset(std::vector<std::int64_t> shape, std::vector<T> values) {
  Dataset data;
  data.sample_shape = std::move(shape);
  data.train.count = std::ssize(values) / data.sample_size();
  for (std::int32_t i = 0; i < data.train.count; ++i) data.train.labels.push_back(i);
  data.train.values = std::move(values);
  return data;
}

/// 40 images of 5 x 7 random pixels.
Dataset random_images() {
  Random random(1, 1);
  std::vector<std::uint8_t> pixels(40 * 35);
  for (auto& pixel : pixels) pixel = static_cast<std::uint8_t>(random.bits());
  return dataset({5, 7}, pixels);
}

std::vector<float> all_samples(const Dataset& data, const Standardisation& standardisation) {
  std::vector<float> x(data.train.count * data.sample_size());
  for (std::int64_t i = 0; i < data.train.count; ++i) standardisation.apply(data.train, i, &x[i * data.sample_size()]);
  return x;
}

TEST(Standardisation, images_share_one_mean_and_scale) {
  const Dataset data = random_images();
  const Standardisation standardisation(data);
  EXPECT_EQ(standardisation.means().size(), 1u);
  double sum = 0, squares = 0;
  const auto x = all_samples(data, standardisation);
  for (const float v : x) {
    sum += v;
    squares += static_cast<double>(v) * v;
  }
  EXPECT_NEAR(sum / static_cast<double>(x.size()), 0, 1e-6);
  EXPECT_NEAR(squares / static_cast<double>(x.size()), 1, 1e-6);
}

TEST(Standardisation, images_of_bytes_and_of_floats_agree) {
  const Dataset bytes = random_images();
  const auto& pixels = std::get<std::vector<std::uint8_t>>(bytes.train.values);
  const Dataset floats = dataset({5, 7}, std::vector<float>(pixels.begin(), pixels.end()));
  const Standardisation a(bytes), b(floats);
  EXPECT_THAT(a.means(), ElementsAre(FloatEq(b.means()[0])));
  EXPECT_THAT(a.scales(), ElementsAre(FloatEq(b.scales()[0])));
}

TEST(Standardisation, exact_for_more_bytes_than_a_block_sum_holds) {
  std::vector<std::uint8_t> pixels(300'000, 255);
  for (std::size_t i = 0; i < pixels.size() / 2; ++i) pixels[i] = 253;
  const Standardisation standardisation(dataset({100, 100}, pixels));
  EXPECT_THAT(standardisation.means(), ElementsAre(254));
  EXPECT_THAT(standardisation.scales(), ElementsAre(1));
}

TEST(Standardisation, each_feature_of_a_table_has_its_own_and_constants_scale_1) {
  const Dataset data = dataset<float>({3}, {1, 10, 0.1f, 3, 30, 0.1f, 1, 10, 0.1f, 3, 30, 0.1f});
  const Standardisation standardisation(data);
  EXPECT_THAT(standardisation.means(), ElementsAre(2, 20, 0.1f));
  EXPECT_THAT(standardisation.scales(), ElementsAre(1, FloatEq(0.1f), 1));
  EXPECT_THAT(all_samples(data, standardisation), ElementsAre(-1, -1, 0, 1, 1, 0, -1, -1, 0, 1, 1, 0));
  const Standardisation of_bytes(dataset<std::uint8_t>({2}, {1, 7, 3, 7}));
  EXPECT_THAT(of_bytes.means(), ElementsAre(2, 7));
  EXPECT_THAT(of_bytes.scales(), ElementsAre(1, 1));
}

TEST(Standardisation, tiny_and_huge_features_stay_finite) {
  for (const float size : {1e-44f, 1e-38f, 1e-20f, 1e20f, 1e38f}) {
    const Dataset data = dataset<float>({1}, {size, -size, 0});
    for (const float v : all_samples(data, Standardisation(data))) EXPECT_LE(std::abs(v), 2) << size;
  }
}

TEST(TargetStandardisation, gives_each_target_mean_0_and_variance_1) {
  Dataset data;
  data.train.count = 4;
  data.train.targets = {1, 7, 3, 7, 5, 7, 7, 7};
  data.target_size = 2;
  const TargetStandardisation standardisation(data);
  float out[2];
  standardisation.apply(data.train, 2, out);
  EXPECT_NEAR(out[0], 1 / std::sqrt(5.0), 1e-6);
  EXPECT_EQ(out[1], 0) << "a constant target";
}

TEST(EpochOrder, visits_each_sample_once_in_an_order_of_its_own) {
  const auto order = epoch_order(1000, 5, 2);
  EXPECT_EQ(std::set(order.begin(), order.end()).size(), 1000u);
  EXPECT_EQ(order, epoch_order(1000, 5, 2));
  EXPECT_NE(order, epoch_order(1000, 5, 3));
  EXPECT_NE(order, epoch_order(1000, 6, 2));
}

TEST(CopyBatch, takes_samples_and_labels_in_order_whatever_their_place_in_the_batch) {
  const Dataset data = random_images();
  const Standardisation standardisation(data);
  const auto expected = all_samples(data, standardisation);
  const auto order = epoch_order(data.train.count, 1, 0);
  for (const std::int64_t size : {1, 3, 7, 16, 40}) {
    for (std::int64_t begin = 0; begin < data.train.count; begin += size) {
      const std::int64_t count = std::min(size, data.train.count - begin);
      std::vector<float> x(count * 35 + 1, -99);
      std::vector<std::int32_t> labels(count + 1, -99);
      copy_batch(data.train, standardisation, order, begin, count, x.data(), labels.data());
      for (std::int64_t i = 0; i < count; ++i) {
        ASSERT_EQ(labels[i], static_cast<std::int32_t>(order[begin + i]));
        for (std::int64_t j = 0; j < 35; ++j) ASSERT_EQ(x[i * 35 + j], expected[order[begin + i] * 35 + j]);
      }
      ASSERT_EQ(x.back(), -99);
      ASSERT_EQ(labels.back(), -99);
    }
  }
}

TEST(OffCentre, is_0_for_centred_data_1_for_constant_and_counts_only_the_first) {
  const Dataset centred = dataset<float>({1}, {-1, 1, -1, 1, -1, 1});
  const Standardisation identity(centred);
  ASSERT_THAT(identity.scales(), Each(1));
  EXPECT_EQ(off_centre(centred.train, identity), 0);
  EXPECT_DOUBLE_EQ(off_centre(dataset<float>({1}, {3, 3, 3}).train, identity), 1);
  EXPECT_DOUBLE_EQ(off_centre(centred.train, identity, 1), 1);
  EXPECT_DOUBLE_EQ(off_centre(centred.train, identity, 3), 1.0 / 9);
  EXPECT_EQ(off_centre(dataset<float>({1}, {0, 0}).train, identity), 0);
}

TEST(OffCentre, sums_over_features) {
  // Samples (1, 0), (0, 1): the mean (1/2, 1/2) has squared norm 1/2, each sample 1.
  const Standardisation identity(dataset<float>({2}, {-1, -1, 1, 1}));
  EXPECT_DOUBLE_EQ(off_centre(dataset<float>({2}, {1, 0, 0, 1}).train, identity), 0.5);
}

}  // namespace
}  // namespace rectify
