#include "rectify/nn/backend.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "rectify/base/random.h"
#include "rectify/base/threads.h"

namespace rectify {
namespace {

struct Size {
  std::int64_t batch, inputs, units;
};

const Size kSizes[] = {{1, 1, 1},      {1, 7, 5},       {3, 1, 4},      {5, 9, 1},      {7, 13, 33},   {96, 17, 3},
                       {96, 100, 100}, {128, 784, 128}, {128, 128, 10}, {127, 129, 65}, {500, 64, 256}};

std::vector<float> draw(std::int64_t n, int stream) {
  Random random(3, stream);
  std::vector<float> values(n);
  for (float& value : values) value = static_cast<float>(random.normal());
  return values;
}

/// Single precision leaves so much in sums of `terms` products of N(0, 1).
void expect_near(const std::vector<float>& got, const std::vector<float>& want, std::int64_t terms, const std::string& what) {
  const double tolerance = 1e-6 + 4e-6 * std::sqrt(static_cast<double>(terms));
  for (std::size_t i = 0; i < want.size(); ++i) ASSERT_NEAR(got[i], want[i], tolerance) << what << " at " << i;
}

class Backends : public testing::TestWithParam<Purpose> {};

TEST_P(Backends, agree_for_every_size) {
  set_team_size(1);
  const auto onednn = make_onednn_backend(), reference = make_reference_backend();
  for (const auto [batch, inputs, units] : kSizes) {
    const std::string size = std::to_string(batch) + " x " + std::to_string(inputs) + " -> " + std::to_string(units);
    const auto ours = onednn->dense({batch, inputs, units}, GetParam()), plain = reference->dense({batch, inputs, units}, GetParam());
    const auto x = draw(batch * inputs, 0), w = draw(units * inputs, 1), b = draw(units, 2), dy = draw(batch * units, 3);
    std::vector<float> got(batch * units, NAN), want(batch * units);
    ours->weights_changed();
    ours->forward(x.data(), w.data(), b.data(), got.data());
    plain->forward(x.data(), w.data(), b.data(), want.data());
    expect_near(got, want, inputs, size + " forward");

    got.assign(batch * inputs, NAN), want.resize(batch * inputs);
    ours->backward_data(dy.data(), w.data(), got.data());
    plain->backward_data(dy.data(), w.data(), want.data());
    expect_near(got, want, units, size + " data");

    got.assign(units * inputs, NAN), want.resize(units * inputs);
    ours->backward_weights(x.data(), dy.data(), got.data());
    plain->backward_weights(x.data(), dy.data(), want.data());
    expect_near(got, want, batch, size + " weights");
  }
}

const ConvolutionSize kConvolutions[] = {
    {2, 7, 7, 1, 5, 3, 1, 1, 1},   {3, 28, 28, 1, 32, 3, 1, 1, 1}, {2, 9, 8, 3, 16, 3, 1, 1, 1},  {2, 8, 8, 16, 16, 3, 1, 1, 1},
    {2, 9, 9, 16, 32, 3, 2, 1, 1}, {2, 8, 8, 16, 32, 1, 2, 0, 1},  {2, 8, 8, 16, 32, 3, 1, 1, 4}, {2, 6, 6, 8, 8, 3, 1, 1, 8},
    {1, 12, 5, 7, 9, 5, 1, 0, 1},  {4, 5, 5, 10, 6, 3, 2, 2, 2},   {1, 1, 1, 4, 4, 1, 1, 0, 1},   {3, 9, 8, 32, 32, 3, 1, 1, 16},
    {2, 7, 9, 8, 12, 5, 1, 2, 4},  {2, 6, 6, 8, 8, 3, 1, 0, 4},    {2, 6, 5, 8, 16, 3, 1, 2, 4},
};

TEST_P(Backends, agree_for_every_convolution) {
  set_team_size(1);
  const auto onednn = make_onednn_backend(), reference = make_reference_backend();
  for (const ConvolutionSize& s : kConvolutions) {
    const std::string size = testing::PrintToString(std::vector{s.height, s.width, s.channels, s.filters, s.kernel, s.stride, s.groups});
    const auto ours = onednn->convolution(s, GetParam(), DataGradient::kWanted);
    const auto plain = reference->convolution(s, GetParam(), DataGradient::kWanted);
    const std::int64_t outputs = s.batch * s.output_height() * s.output_width() * s.filters,
                       terms = s.channels / s.groups * s.kernel * s.kernel;
    const auto x = draw(s.batch * s.height * s.width * s.channels, 0), w = draw(s.filters * terms, 1), b = draw(s.filters, 2),
               dy = draw(outputs, 3);
    ours->weights_changed();
    for (const float* bias : {b.data(), static_cast<const float*>(nullptr)}) {
      std::vector<float> got(outputs, NAN), want(outputs);
      ours->forward(x.data(), w.data(), bias, got.data());
      plain->forward(x.data(), w.data(), bias, want.data());
      expect_near(got, want, terms, size + " forward");
    }
    std::vector<float> got(x.size(), NAN), want(x.size());
    ours->backward_data(dy.data(), w.data(), got.data());
    plain->backward_data(dy.data(), w.data(), want.data());
    expect_near(got, want, terms * s.filters / s.channels * s.groups, size + " data");

    got.assign(w.size(), NAN), want.resize(w.size());
    ours->backward_weights(x.data(), dy.data(), got.data());
    plain->backward_weights(x.data(), dy.data(), want.data());
    expect_near(got, want, 4 * outputs / s.filters, size + " weights");
  }
}

TEST_P(Backends, use_the_new_weights_once_told) {
  const auto backend = make_onednn_backend();
  const std::int64_t batch = 8, inputs = 40, units = 70;
  const auto products = backend->dense({batch, inputs, units}, GetParam());
  const auto x = draw(batch * inputs, 0), b = draw(units, 2);
  auto w = draw(units * inputs, 1);
  std::vector<float> before(batch * units), after(batch * units);
  products->weights_changed();
  products->forward(x.data(), w.data(), b.data(), before.data());
  for (float& value : w) value *= 2;
  products->weights_changed();
  products->forward(x.data(), w.data(), b.data(), after.data());
  for (std::int64_t i = 0; i < batch * units; ++i) ASSERT_NEAR(after[i] - b[i % units], 2 * (before[i] - b[i % units]), 2e-5);
}

// A product created later may need more of the shared scratchpad than those before it.
TEST_P(Backends, share_memory_without_disturbing_each_other) {
  const auto backend = make_onednn_backend();
  const auto x = draw(128 * 784, 0), w = draw(784 * 128, 1), b = draw(128, 2);
  const auto small = backend->dense({4, 16, 16}, GetParam());
  std::vector<float> alone(4 * 16), beside(4 * 16), large_y(128 * 128);
  small->forward(x.data(), w.data(), b.data(), alone.data());
  const auto large = backend->dense({128, 784, 128}, GetParam());
  large->forward(x.data(), w.data(), b.data(), large_y.data());
  small->forward(x.data(), w.data(), b.data(), beside.data());
  EXPECT_EQ(alone, beside);
}

TEST(BackendNames, say_which_library) {
  EXPECT_STREQ(make_onednn_backend()->name(), "oneDNN");
  EXPECT_STREQ(make_reference_backend()->name(), "reference");
}

INSTANTIATE_TEST_SUITE_P(Purposes, Backends, testing::Values(Purpose::kTraining, Purpose::kInference),
                         [](const auto& purpose) { return purpose.param == Purpose::kTraining ? "training" : "inference"; });

}  // namespace
}  // namespace rectify
