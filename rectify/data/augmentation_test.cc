#include "rectify/data/augmentation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <vector>

#include "rectify/base/threads.h"
#include "rectify/data/test_files.h"

namespace rectify {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kHeight = 5, kWidth = 4;

/// Images whose pixels all differ, of two channels, so that each tells where it came from.
Dataset images(std::int64_t count) {
  Dataset data;
  data.name = "pictures";
  data.sample_shape = {2, kHeight, kWidth};
  data.train.count = count;
  std::vector<float> values(count * data.sample_size());
  std::iota(values.begin(), values.end(), 1.0f);
  data.train.values = std::move(values);
  return data;
}

std::vector<std::uint32_t> in_order(std::int64_t count) {
  std::vector<std::uint32_t> order(count);
  std::iota(order.begin(), order.end(), 0u);
  return order;
}

/// All samples, standardised and augmented.
std::vector<float> augmented(const Dataset& data, const char* text, std::uint64_t seed = 1, int epoch = 0) {
  const Standardisation standardisation(data);
  const auto order = in_order(data.train.count);
  std::vector<float> x(data.train.count * data.sample_size());
  std::vector<std::int32_t> labels(data.train.count);
  copy_batch(data.train, standardisation, order, 0, data.train.count, x.data(), labels.data());
  Augmenter(Augmentation::parse(text), data, standardisation, seed, epoch).apply(order, 0, data.train.count, x.data());
  return x;
}

/// `image` [2, height, width], moved and then mirrored, with `black` where nothing comes from.
std::vector<float> moved(const float* image, std::int64_t down, std::int64_t right, Flip flip, float black) {
  std::vector<float> out(2 * kHeight * kWidth, black);
  for (std::int64_t c = 0; c < 2; ++c) {
    for (std::int64_t row = 0; row < kHeight; ++row) {
      for (std::int64_t column = 0; column < kWidth; ++column) {
        const std::int64_t from_row = row - down, from = (flip == Flip::kOn ? kWidth - 1 - column : column) - right;
        if (from_row < 0 || from_row >= kHeight || from < 0 || from >= kWidth) continue;
        out[(c * kHeight + row) * kWidth + column] = image[(c * kHeight + from_row) * kWidth + from];
      }
    }
  }
  return out;
}

TEST(Augmentation, is_read_from_text_and_written) {
  EXPECT_TRUE(Augmentation::parse("none").is_none());
  EXPECT_EQ(Augmentation().text(), "none");
  EXPECT_EQ(Augmentation::parse("flip").text(), "flip");
  EXPECT_EQ(Augmentation::parse("shift").text(), "shift=2");
  EXPECT_EQ(Augmentation::parse("shift=4,flip").text(), "flip,shift=4");
}

TEST(Augmentation, that_makes_no_sense_is_explained) {
  const auto message = [](const char* text) { return error_of([&] { Augmentation::parse(text); }); };
  EXPECT_EQ(message("flpi"), "[augment] there is no augmentation \"flpi\": use flip, shift, none, as in flip,shift=2; did you mean flip?");
  EXPECT_THAT(message(""), HasSubstr("no augmentation \"\""));
  EXPECT_THAT(message("flip,none"), HasSubstr("none stands alone, got \"flip,none\""));
  EXPECT_EQ(message("flip=1"), "[augment] flip takes no value: write flip");
  EXPECT_EQ(message("shift,shift=3"), "[augment] shift is given twice");
  EXPECT_EQ(message("shift=0"), "[augment] shift=0 is out of range: it must be at least 1");
  EXPECT_EQ(message("shift=1.5"), "[augment] shift=1.5 is no whole number of pixels: write shift=2");
  EXPECT_THAT(message("shift=far"), HasSubstr("is not a number"));
  EXPECT_EQ(error_of([] { check(Augmentation::parse("flip"), load_dataset("moons")); }),
            "[augment] moons has no images, its samples have the shape [2]: write --augment none");
  EXPECT_EQ(error_of([] { check(Augmentation::parse("shift=4"), images(1)); }),
            "[augment] shift=4 moves images of 5x4 out of sight: write a smaller shift");
  EXPECT_EQ(error_of([] { check(Augmentation::parse("shift=3"), images(1)); }), "");
  EXPECT_EQ(error_of([] { check(Augmentation(), load_dataset("moons")); }), "");
}

TEST(Augmenter, moves_and_mirrors_each_image_as_a_whole_every_way_as_often) {
  const Dataset data = images(4000);
  const Standardisation standardisation(data);
  const float black = -standardisation.means()[0] * standardisation.scales()[0];
  const auto before = augmented(data, "none"), after = augmented(data, "flip,shift=1");
  const std::int64_t size = data.sample_size();
  std::map<std::tuple<int, int, bool>, int> seen;
  for (std::int64_t i = 0; i < data.train.count; ++i) {
    const std::vector<float> got(&after[i * size], &after[i * size] + size);
    for (int way = 0; way < 18; ++way) {
      const int down = way % 3 - 1, right = way / 3 % 3 - 1;
      const Flip flip = way < 9 ? Flip::kOff : Flip::kOn;
      if (got == moved(&before[i * size], down, right, flip, black)) ++seen[{down, right, flip == Flip::kOn}];
    }
  }
  EXPECT_EQ(seen.size(), 18u);
  int all = 0;
  for (const auto& [way, count] : seen) {
    all += count;
    EXPECT_NEAR(count, 4000 / 18, 60);  // four standard deviations
  }
  EXPECT_EQ(all, 4000) << "each image went exactly one way";
}

TEST(Augmenter, moves_far_and_takes_what_comes_in_for_black) {
  const Dataset data = images(200);
  const Standardisation standardisation(data);
  const float black = -standardisation.means()[0] * standardisation.scales()[0];
  const auto before = augmented(data, "none"), after = augmented(data, "shift=3");
  const std::int64_t size = data.sample_size();
  for (std::int64_t i = 0; i < data.train.count; ++i) {
    const std::vector<float> got(&after[i * size], &after[i * size] + size);
    bool found = false;
    for (int way = 0; way < 49 && !found; ++way) found = got == moved(&before[i * size], way % 7 - 3, way / 7 - 3, Flip::kOff, black);
    EXPECT_TRUE(found) << i;
  }
}

TEST(Augmenter, does_the_same_for_the_same_seed_and_epoch_whatever_the_batch_and_the_threads) {
  const Dataset data = images(100);
  const auto whole = augmented(data, "flip,shift=2", 7, 3);
  EXPECT_NE(whole, augmented(data, "flip,shift=2", 8, 3));
  EXPECT_NE(whole, augmented(data, "flip,shift=2", 7, 4));
  const int threads = team_size();
  for (const int team : {1, 3}) {
    set_team_size(team);
    EXPECT_EQ(whole, augmented(data, "flip,shift=2", 7, 3));
  }
  set_team_size(threads);
  const Standardisation standardisation(data);
  const Augmenter augmenter(Augmentation::parse("flip,shift=2"), data, standardisation, 7, 3);
  std::vector<std::uint32_t> backwards = in_order(100);
  std::reverse(backwards.begin(), backwards.end());
  const std::int64_t size = data.sample_size();
  for (std::int64_t begin = 0; begin < 100; begin += 30) {
    const std::int64_t count = std::min<std::int64_t>(30, 100 - begin);
    std::vector<float> x(count * size);
    std::vector<std::int32_t> labels(count);
    copy_batch(data.train, standardisation, backwards, begin, count, x.data(), labels.data());
    augmenter.apply(backwards, begin, count, x.data());
    for (std::int64_t i = 0; i < count; ++i) {
      const auto* const wanted = &whole[backwards[begin + i] * size];
      EXPECT_TRUE(std::equal(wanted, wanted + size, &x[i * size])) << begin + i;
    }
  }
}

}  // namespace
}  // namespace rectify
