#include "rectify/data/toy_data.h"

#include <array>
#include <cmath>
#include <functional>
#include <numbers>
#include <string>
#include <utility>

#include "rectify/base/random.h"

namespace rectify {
namespace {

constexpr std::int64_t kTrainPoints = 6000, kTestPoints = 2000;
constexpr std::uint64_t kTrainStream = 0x746f7954, kTestStream = 0x746f7945;  // streams that no other user of the same seed draws from

constexpr int kFriedmanFeatures = 10;

constexpr int kArms = 3;
constexpr double kSpiralTurn = 4.5, kSpiralStart = 0.1, kSpiralNoise = 0.2;  // radians from centre to rim; radius; radians
constexpr double kMoonNoise = 0.12;

constexpr int kSide = 12, kDirections = 4, kStroke = 6;  // pixels, directions, pixels
constexpr double kPixelNoise = 0.2;

using Point = std::array<double, 2>;
using MakePoint = std::function<Point(int label, Random& random)>;

Split make_split(std::int64_t count, int classes, Random random, const MakePoint& make_point) {
  Split split;
  split.count = count;
  std::vector<float> values;
  for (std::int64_t i = 0; i < count; ++i) {
    const int label = static_cast<int>(i % classes);
    for (const double coordinate : make_point(label, random)) values.push_back(static_cast<float>(coordinate));
    split.labels.push_back(label);
  }
  split.values = std::move(values);
  return split;
}

Dataset make_points(std::string name, int classes, std::uint64_t seed, const MakePoint& make_point) {
  return {std::move(name),
          {2},
          classes,
          make_split(kTrainPoints, classes, Random(seed, kTrainStream), make_point),
          make_split(kTestPoints, classes, Random(seed, kTestStream), make_point),
          0};
}

Split make_friedman_split(std::int64_t count, Random random) {
  Split split;
  split.count = count;
  std::vector<float> values;
  for (std::int64_t i = 0; i < count; ++i) {
    std::array<double, kFriedmanFeatures> x;
    for (double& feature : x) values.push_back(static_cast<float>(feature = random.uniform()));
    const double y = 10 * std::sin(std::numbers::pi * x[0] * x[1]) + 20 * std::pow(x[2] - 0.5, 2) + 10 * x[3] + 5 * x[4];
    split.targets.push_back(static_cast<float>(y + random.normal()));
  }
  split.values = std::move(values);
  return split;
}

Split make_stroke_split(std::int64_t count, Random random) {
  constexpr int kStep[kDirections][2] = {{0, 1}, {1, 0}, {1, 1}, {1, -1}};  // down, to the right
  Split split;
  split.count = count;
  std::vector<float> values;
  for (std::int64_t i = 0; i < count; ++i) {
    const int direction = static_cast<int>(i % kDirections), down = kStep[direction][0], right = kStep[direction][1];
    std::array<float, kSide * kSide> image;
    for (float& pixel : image) pixel = static_cast<float>(kPixelNoise * random.normal());
    const int reach = kStroke - 1;
    const int row = static_cast<int>(random.below(static_cast<std::uint64_t>(kSide - reach * down)));
    int column = static_cast<int>(random.below(static_cast<std::uint64_t>(right == 0 ? kSide : kSide - reach)));
    if (right < 0) column += reach;
    for (int k = 0; k < kStroke; ++k) image[(row + k * down) * kSide + column + k * right] += 1;
    values.insert(values.end(), image.begin(), image.end());
    split.labels.push_back(direction);
  }
  split.values = std::move(values);
  return split;
}

}  // namespace

Dataset make_strokes(std::uint64_t seed) {
  return {"strokes",
          {kSide, kSide},
          kDirections,
          make_stroke_split(kTrainPoints, Random(seed, kTrainStream)),
          make_stroke_split(kTestPoints, Random(seed, kTestStream)),
          0};
}

Dataset make_friedman(std::uint64_t seed) {
  Dataset data;
  data.name = "friedman";
  data.sample_shape = {kFriedmanFeatures};
  data.train = make_friedman_split(kTrainPoints, Random(seed, kTrainStream));
  data.test = make_friedman_split(kTestPoints, Random(seed, kTestStream));
  data.target_size = 1;
  return data;
}

Dataset make_spirals(std::uint64_t seed) {
  return make_points("spirals", kArms, seed, [](int arm, Random& random) -> Point {
    const double radius = kSpiralStart + (1 - kSpiralStart) * random.uniform();
    const double angle = 2 * std::numbers::pi * arm / kArms + kSpiralTurn * radius + kSpiralNoise * random.normal();
    return {radius * std::cos(angle), radius * std::sin(angle)};
  });
}

Dataset make_moons(std::uint64_t seed) {
  return make_points("moons", 2, seed, [](int moon, Random& random) -> Point {
    const double angle = std::numbers::pi * random.uniform();
    const double x = std::cos(angle), y = std::sin(angle);
    const double dx = kMoonNoise * random.normal(), dy = kMoonNoise * random.normal();
    return moon == 0 ? Point{x + dx, y + dy} : Point{1 - x + dx, 0.5 - y + dy};
  });
}

}  // namespace rectify
