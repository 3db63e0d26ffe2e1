#include "rectify/activation/rows.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "rectify/base/random.h"
#include "rectify/base/ulp.h"
#include "rectify/simd/target.h"

namespace rectify {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kLargest = std::numeric_limits<float>::max();

using Row = std::vector<float>;

std::vector<double> softmax_in_double(const Row& x) {
  const double m = *std::max_element(x.begin(), x.end());
  double sum = 0;
  for (const double v : x) sum += std::exp(v - m);
  std::vector<double> y;
  for (const double v : x) y.push_back(std::exp(v - m) / sum);
  return y;
}

std::vector<double> log_softmax_in_double(const Row& x) {
  const std::size_t peak = std::max_element(x.begin(), x.end()) - x.begin();
  const double m = x[peak];
  double others = 0;
  for (std::size_t i = 0; i < x.size(); ++i) others += i == peak ? 0 : std::exp(x[i] - m);
  std::vector<double> y;
  for (const double v : x) y.push_back(v - m - std::log1p(others));
  return y;
}

/// Rows of several scales, from equal values to one that outweighs all others, about `middle` scales from 0.
Row sample(std::size_t n, double scale, std::uint64_t stream, double middle = 3) {
  Random random(1, stream);
  Row x(n);
  for (float& v : x) v = static_cast<float>(scale * random.normal() + middle * scale);
  return x;
}

class EveryRow : public testing::TestWithParam<std::string> {
 protected:
  ScopedTarget target_{GetParam()};

  static Row run(void (*f)(const float*, float*, Extent), const Row& x) {
    Row y(x.size());
    f(x.data(), y.data(), {1, x.size()});
    return y;
  }
  static Row grad(void (*f)(const float*, const float*, float*, Extent), const Row& y, const Row& dy) {
    Row dx(y.size());
    f(y.data(), dy.data(), dx.data(), {1, y.size()});
    return dx;
  }
};

constexpr std::size_t kLengths[] = {1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 64, 100, 256, 257, 1000, 5000};

TEST_P(EveryRow, is_within_its_error_of_double) {
  double worst = 0, worst_log = 0;
  for (const std::size_t n : kLengths) {
    for (const auto& [scale, middle] : {std::pair{0.0, 3}, {1e-3, 3}, {1.0, 3}, {10.0, 3}, {30.0, 3}, {1000.0, 3}, {30.0, 0}, {30.0, -3}}) {
      const Row x = sample(n, scale, n, middle);
      const Row y = run(softmax, x), log_y = run(log_softmax, x);
      const std::vector<double> want = softmax_in_double(x), log_want = log_softmax_in_double(x);
      for (std::size_t i = 0; i < n; ++i) {
        const double allowed = want[i] < 0x1p-126 ? 2 : 3;
        ASSERT_LE(ulp_error(y[i], want[i]), allowed) << n << " values, scale " << scale << ": " << y[i] << ", true " << want[i];
        ASSERT_LE(ulp_error(log_y[i], log_want[i]), 2) << n << " values, scale " << scale << ": " << log_y[i] << ", true " << log_want[i];
        if (want[i] >= 0x1p-126) worst = std::max(worst, ulp_error(y[i], want[i]));
        worst_log = std::max(worst_log, ulp_error(log_y[i], log_want[i]));
      }
    }
  }
  RecordProperty("softmax", std::to_string(worst));
  RecordProperty("log_softmax", std::to_string(worst_log));
}

TEST_P(EveryRow, gradients_are_those_of_double) {
  for (const std::size_t n : kLengths) {
    const Row x = sample(n, 2, n), dy = sample(n, 1, n + 1);
    const Row dx = grad(softmax_grad_from_output, run(softmax, x), dy),
              log_dx = grad(log_softmax_grad_from_output, run(log_softmax, x), dy);
    const std::vector<double> y = softmax_in_double(x);
    double mean = 0, sum = 0, size = 0;
    for (std::size_t i = 0; i < n; ++i) mean += y[i] * dy[i], sum += dy[i], size += std::abs(dy[i]);
    for (std::size_t i = 0; i < n; ++i) {
      EXPECT_NEAR(dx[i], y[i] * (dy[i] - mean), 0x1p-19 * y[i] * (std::abs(dy[i]) + std::abs(mean) + 1)) << n;
      EXPECT_NEAR(log_dx[i], dy[i] - y[i] * sum, 0x1p-22 * std::abs(dy[i]) + 0x1p-19 * y[i] * size) << n;
    }
  }
}

TEST_P(EveryRow, gradients_are_finite_differences) {
  const Row x = sample(9, 1, 4), dy = sample(9, 1, 5);
  const Row dx = grad(softmax_grad_from_output, run(softmax, x), dy), log_dx = grad(log_softmax_grad_from_output, run(log_softmax, x), dy);
  const auto loss = [&](const Row& at, std::vector<double> (*f)(const Row&)) {
    const std::vector<double> y = f(at);
    double total = 0;
    for (std::size_t i = 0; i < y.size(); ++i) total += y[i] * dy[i];
    return total;
  };
  for (std::size_t i = 0; i < x.size(); ++i) {
    Row above = x, below = x;
    above[i] += 0x1p-8f, below[i] -= 0x1p-8f;
    const double h = static_cast<double>(above[i]) - below[i];
    EXPECT_NEAR(dx[i], (loss(above, softmax_in_double) - loss(below, softmax_in_double)) / h, 1e-4);
    EXPECT_NEAR(log_dx[i], (loss(above, log_softmax_in_double) - loss(below, log_softmax_in_double)) / h, 1e-4);
  }
}

TEST_P(EveryRow, neither_overflows_nor_underflows) {
  EXPECT_EQ(run(softmax, {1e30f, 1e30f}), (Row{0.5f, 0.5f}));
  EXPECT_EQ(run(softmax, {kLargest, -kLargest, 0}), (Row{1, 0, 0}));
  EXPECT_EQ(run(softmax, {-200, -200, -200, -200}), (Row{0.25f, 0.25f, 0.25f, 0.25f}));
  EXPECT_EQ(run(log_softmax, {kLargest, 0}), (Row{0, -kLargest}));
  EXPECT_EQ(run(log_softmax, {0, -50})[0], -static_cast<float>(std::log1p(std::exp(-50.0))));
}

TEST_P(EveryRow, takes_the_limit_at_infinities) {
  for (const std::size_t padding : {0, 30}) {  // in a tail, and in whole vectors
    const auto row = [&](Row x) { return x.insert(x.end(), padding, x[0]), x; };
    const auto same = [&](const Row& got, const Row& want) {
      for (std::size_t i = 0; i < want.size(); ++i) {
        EXPECT_TRUE(got[i] == want[i] || (std::isnan(got[i]) && std::isnan(want[i]))) << i << ": " << got[i] << ", not " << want[i];
      }
    };
    const double others = 1.0 + static_cast<double>(padding);
    same(run(softmax, row({-kInfinity, 2, -kInfinity})), {0, 1, 0});
    same(run(log_softmax, row({-kInfinity, 2, -kInfinity})), {-kInfinity, 0, -kInfinity});
    same(run(softmax, row({1, kInfinity, -kInfinity})), {0, 1, 0});
    same(run(log_softmax, row({1, kInfinity, -kInfinity})), {-kInfinity, 0, -kInfinity});
    same(run(softmax, row({1, kInfinity, kInfinity})), {0, NAN, NAN});
    same(run(softmax, row({-kInfinity, -kInfinity})), {NAN, NAN});
    same(run(softmax, row({1, NAN, 2})), {NAN, NAN, NAN});
    same(run(log_softmax, row({1, NAN, 2})), {NAN, NAN, NAN});
    same(run(softmax, row({kInfinity, NAN, 2})), {NAN, NAN, NAN});
    same(run(softmax, row({NAN, NAN})), {NAN, NAN});
    EXPECT_LE(ulp_error(run(softmax, row({1, -kInfinity}))[0], 1 / others), 0.5);
  }
  EXPECT_EQ(run(softmax, {-kInfinity}), Row{1});
  EXPECT_EQ(run(softmax, {kInfinity}), Row{1});
  EXPECT_EQ(run(log_softmax, {-kInfinity}), Row{0});
}

TEST_P(EveryRow, masked_values_get_no_gradient) {
  const Row y = run(softmax, {1, -kInfinity, 2}), log_y = run(log_softmax, {1, -kInfinity, 2});
  EXPECT_EQ(grad(softmax_grad_from_output, y, {1, 5, 1})[1], 0);
  EXPECT_EQ(grad(log_softmax_grad_from_output, log_y, {1, 0, 1})[1], 0);
  for (const float v : grad(softmax_grad_from_output, y, {NAN, 0, 0})) EXPECT_TRUE(std::isnan(v));
}

TEST_P(EveryRow, rows_stand_alone_and_may_be_in_place) {
  for (const std::size_t cols : {1, 5, 16, 33}) {
    for (std::size_t offset = 0; offset < 5; ++offset) {
      const std::size_t rows = 3, n = rows * cols;
      Row x = sample(n + offset, 2, cols), y(n + offset + 1, -7), dx(n + offset + 1, -7);
      const Row dy = sample(n + offset, 1, cols + 1);
      softmax(x.data() + offset, y.data() + offset, {rows, cols});
      softmax_grad_from_output(y.data() + offset, dy.data() + offset, dx.data() + offset, {rows, cols});
      EXPECT_EQ(y.back(), -7);
      EXPECT_EQ(dx.back(), -7);
      for (std::size_t r = 0; r < rows; ++r) {
        const auto row = [&](const Row& all) { return Row(all.begin() + offset + r * cols, all.begin() + offset + (r + 1) * cols); };
        EXPECT_EQ(row(y), run(softmax, row(x)));
        EXPECT_EQ(row(dx), grad(softmax_grad_from_output, row(y), row(dy)));
      }
      softmax(x.data() + offset, x.data() + offset, {rows, cols});
      EXPECT_TRUE(std::equal(x.begin() + offset, x.end(), y.begin() + offset));
      softmax_grad_from_output(x.data() + offset, dy.data() + offset, x.data() + offset, {rows, cols});
      EXPECT_TRUE(std::equal(x.begin() + offset, x.end(), dx.begin() + offset));
    }
  }
  softmax(nullptr, nullptr, {0, 5});
  softmax(nullptr, nullptr, {3, 0});
}

INSTANTIATE_TEST_SUITE_P(Targets, EveryRow, testing::ValuesIn(targets()), [](const auto& test) { return test.param; });

}  // namespace
}  // namespace rectify
