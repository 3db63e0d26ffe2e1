#include "rectify/simd/columns.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "rectify/base/random.h"
#include "rectify/simd/target.h"

namespace rectify {
namespace {

constexpr std::int64_t kRows = 300;
const std::int64_t kColumns[] = {1, 3, 8, 16, 31, 67};

std::vector<float> draw(std::int64_t n, int stream, double mean = 0) {
  Random random(5, stream);
  std::vector<float> values(n);
  for (float& value : values) value = static_cast<float>(mean + random.normal());
  return values;
}

class ColumnKernelsTest : public testing::TestWithParam<std::string> {
 protected:
  ScopedTarget target_{GetParam()};
};

TEST_P(ColumnKernelsTest, moments_and_products_are_added_to_what_is_there) {
  for (const std::int64_t columns : kColumns) {
    const auto x = draw(kRows * columns, 0, 100), dy = draw(kRows * columns, 1);
    const std::vector<float> origin(x.begin(), x.begin() + columns);
    std::vector<double> sums(columns, 1), squares(columns, 2), dy_sums(columns, 3), products(columns, 4);
    column_kernels().add_moments(x.data(), kRows, columns, origin.data(), sums.data(), squares.data());
    column_kernels().add_products(x.data(), dy.data(), kRows, columns, origin.data(), dy_sums.data(), products.data());
    for (std::int64_t c = 0; c < columns; ++c) {
      double want[] = {1, 2, 3, 4};
      for (std::int64_t i = c; i < kRows * columns; i += columns) {
        const double v = static_cast<double>(x[i]) - origin[c];
        want[0] += v, want[1] += v * v, want[2] += dy[i], want[3] += v * dy[i];
      }
      const double got[] = {sums[c], squares[c], dy_sums[c], products[c]};
      for (int i = 0; i < 4; ++i) ASSERT_NEAR(got[i], want[i], 1e-6 * (100 + std::abs(want[i]))) << columns << " sum " << i;
    }
  }
}

TEST_P(ColumnKernelsTest, scale_shift_combine_and_add_work_in_place) {
  for (const std::int64_t columns : kColumns) {
    const auto x = draw(kRows * columns, 0), a = draw(columns, 1), b = draw(columns, 2), c = draw(columns, 3);
    auto y = x, dx = draw(kRows * columns, 4), sum = x;
    const auto dy = dx;
    column_kernels().scale_and_shift(y.data(), kRows, columns, a.data(), b.data(), y.data());
    column_kernels().combine(x.data(), dx.data(), kRows, columns, a.data(), b.data(), c.data(), dx.data());
    column_kernels().add(sum.data(), dy.data(), kRows * columns, sum.data());
    for (std::int64_t i = 0; i < kRows * columns; ++i) {
      const std::int64_t k = i % columns;
      ASSERT_NEAR(y[i], static_cast<double>(x[i]) * a[k] + b[k], 1e-5);
      ASSERT_NEAR(dx[i], static_cast<double>(dy[i]) * a[k] + static_cast<double>(x[i]) * b[k] + c[k], 1e-5);
      ASSERT_EQ(sum[i], x[i] + dy[i]);
    }
  }
}

TEST_P(ColumnKernelsTest, with_a_relu_behind_them_they_give_what_the_same_kernels_do_around_one) {
  for (const std::int64_t columns : kColumns) {
    const std::int64_t n = kRows * columns;
    auto x = draw(n, 0);
    const auto a = draw(columns, 1), b = draw(columns, 2), c = draw(columns, 3), dy = draw(n, 4);
    x[0] = NAN;
    std::vector<float> mapped(n), y(n), open_dy = dy, want(n), got = dy;
    column_kernels().scale_and_shift(x.data(), kRows, columns, a.data(), b.data(), mapped.data());
    column_kernels().scale_shift_and_rectify(x.data(), kRows, columns, a.data(), b.data(), y.data());
    EXPECT_TRUE(std::isnan(y[0]));
    for (std::int64_t i = 1; i < n; ++i) ASSERT_EQ(y[i], std::max(mapped[i], 0.0f));
    column_kernels().keep_where_positive(y.data(), open_dy.data(), n);
    for (std::int64_t i = 0; i < n; ++i) ASSERT_EQ(open_dy[i], mapped[i] <= 0 ? 0 : dy[i]);

    column_kernels().combine(x.data(), open_dy.data(), kRows, columns, c.data(), a.data(), b.data(), want.data());
    column_kernels().combine_of_relu(x.data(), got.data(), kRows, columns, a.data(), b.data(), c.data(), a.data(), b.data(), got.data());
    EXPECT_TRUE(std::isnan(got[0]));
    for (std::int64_t i = 1; i < n; ++i) ASSERT_EQ(got[i], want[i]);

    x[0] = 0;
    std::vector<double> sums(columns), products(columns), want_sums(columns), want_products(columns);
    column_kernels().scale_and_shift(x.data(), kRows, columns, a.data(), b.data(), mapped.data());
    open_dy = dy;
    column_kernels().keep_where_positive(mapped.data(), open_dy.data(), n);
    column_kernels().add_products(x.data(), open_dy.data(), kRows, columns, c.data(), want_sums.data(), want_products.data());
    column_kernels().add_products_of_relu(x.data(), dy.data(), kRows, columns, c.data(), a.data(), b.data(), sums.data(), products.data());
    EXPECT_EQ(sums, want_sums);
    EXPECT_EQ(products, want_products);

    column_kernels().add(x.data(), dy.data(), n, want.data());
    column_kernels().add_and_rectify(x.data(), dy.data(), n, got.data());
    for (std::int64_t i = 0; i < n; ++i) ASSERT_EQ(got[i], std::max(want[i], 0.0f));
  }
}

// The gradient itself is held to finite differences where layers are; here, that every target agrees with plain loops.
TEST_P(ColumnKernelsTest, rows_are_normalised_each_for_itself) {
  constexpr double kEpsilon = 1e-5;
  for (const std::int64_t columns : kColumns) {
    const auto x = draw(kRows * columns, 0, 10), dy = draw(kRows * columns, 1), scale = draw(columns, 2), shift = draw(columns, 3);
    std::vector<float> y(x.size()), statistics(2 * kRows), dx = dy;
    std::vector<double> dscale(columns), dshift(columns), want_dscale(columns), want_dshift(columns);
    column_kernels().normalise_rows(x.data(), kRows, columns, kEpsilon, scale.data(), shift.data(), statistics.data(), y.data());
    column_kernels().normalise_rows_backward(x.data(), dx.data(), kRows, columns, scale.data(), statistics.data(), dx.data(), dscale.data(),
                                             dshift.data());
    for (std::int64_t r = 0; r < kRows; ++r) {
      const std::int64_t at = r * columns;
      const auto n = static_cast<double>(columns);
      double mean = 0, variance = 0, sum = 0, product = 0;
      for (std::int64_t c = 0; c < columns; ++c) mean += x[at + c] / n;
      for (std::int64_t c = 0; c < columns; ++c) variance += std::pow(x[at + c] - mean, 2) / n;
      const double inverse = 1 / std::sqrt(variance + kEpsilon);
      for (std::int64_t c = 0; c < columns; ++c) {
        const double normal = (x[at + c] - mean) * inverse, weighted = static_cast<double>(dy[at + c]) * scale[c];
        sum += weighted, product += weighted * normal;
        want_dscale[c] += dy[at + c] * normal, want_dshift[c] += dy[at + c];
        ASSERT_NEAR(y[at + c], normal * scale[c] + shift[c], 1e-4);
      }
      for (std::int64_t c = 0; c < columns; ++c) {
        const double normal = (x[at + c] - mean) * inverse, weighted = static_cast<double>(dy[at + c]) * scale[c];
        ASSERT_NEAR(dx[at + c], inverse * (weighted - sum / n - normal * product / n), 1e-4 * (1 + inverse));
      }
    }
    for (std::int64_t c = 0; c < columns; ++c) {
      ASSERT_NEAR(dscale[c], want_dscale[c], 1e-3);
      ASSERT_NEAR(dshift[c], want_dshift[c], 1e-3);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, ColumnKernelsTest, testing::ValuesIn(targets()), [](const auto& target) { return target.param; });

}  // namespace
}  // namespace rectify
