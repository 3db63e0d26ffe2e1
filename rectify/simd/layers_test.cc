#include "rectify/simd/layers.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "rectify/base/random.h"
#include "rectify/simd/target.h"

namespace rectify {
namespace {

std::vector<float> draw(std::int64_t n, int stream) {
  Random random(5, stream);
  std::vector<float> values(n);
  for (float& value : values) value = static_cast<float>(random.normal());
  return values;
}

class LayerKernelsTest : public testing::TestWithParam<std::string> {
 protected:
  ScopedTarget target_{GetParam()};
};

TEST_P(LayerKernelsTest, column_sums_add_rows) {
  for (const std::int64_t columns : {1, 3, 10, 64, 67, 131}) {
    const std::int64_t rows = 37;
    const auto values = draw(rows * columns, 0);
    std::vector<float> sums(columns + 1, -7);
    layer_kernels().column_sums(values.data(), rows, columns, columns, sums.data());
    for (std::int64_t c = 0; c < columns; ++c) {
      double want = 0;
      for (std::int64_t r = 0; r < rows; ++r) want += values[r * columns + c];
      ASSERT_NEAR(sums[c], want, 1e-5) << columns;
    }
    EXPECT_EQ(sums[columns], -7);
  }
}

TEST_P(LayerKernelsTest, max_of_pieces_takes_the_first_largest_and_keeps_nan) {
  for (const std::int64_t units : {1, 5, 16, 35}) {
    for (const std::int64_t pieces : {2, 3, 255}) {
      const std::int64_t rows = 4;
      auto z = draw(rows * pieces * units, 1);
      z[0] = z[units] = 9;          // a tie in row 0
      z[2 * pieces * units] = NAN;  // row 2: the first piece
      z[3 * pieces * units + units] = NAN;
      z[3 * pieces * units] = INFINITY;
      std::vector<float> y(rows * units + 1, -7);
      std::vector<std::uint8_t> chosen(rows * units + 1, 99);
      layer_kernels().max_of_pieces(z.data(), rows, pieces, units, y.data(), chosen.data());
      for (std::int64_t r = 0; r < rows; ++r) {
        for (std::int64_t u = 0; u < units; ++u) {
          std::int64_t best = 0;
          for (std::int64_t p = 0; p < pieces; ++p) {
            const float candidate = z[(r * pieces + p) * units + u], largest = z[(r * pieces + best) * units + u];
            if (!std::isnan(largest) && (candidate > largest || std::isnan(candidate))) best = p;
          }
          const float want = z[(r * pieces + best) * units + u];
          ASSERT_EQ(chosen[r * units + u], best);
          ASSERT_TRUE(y[r * units + u] == want || (std::isnan(want) && std::isnan(y[r * units + u])));
        }
      }
      EXPECT_EQ(chosen[0], 0);
      EXPECT_TRUE(std::isnan(y[2 * units]) && std::isnan(y[3 * units]));
      EXPECT_EQ(y[rows * units], -7);
      EXPECT_EQ(chosen[rows * units], 99);

      std::vector<float> dz(rows * pieces * units, -7);
      const auto dy = draw(rows * units, 2);
      layer_kernels().route_to_pieces(dy.data(), chosen.data(), rows, pieces, units, dz.data());
      for (std::int64_t i = 0; i < rows * pieces * units; ++i) {
        const std::int64_t r = i / (pieces * units), p = i / units % pieces, u = i % units;
        ASSERT_EQ(dz[i], chosen[r * units + u] == p ? dy[r * units + u] : 0);
      }
    }
  }
}

TEST_P(LayerKernelsTest, sum_of_squares_neither_overflows_nor_loses_small_terms) {
  for (const std::int64_t n : {0, 1, 7, 16, 33}) {
    const auto values = draw(n, 3);
    double want = 0;
    for (const float value : values) want += static_cast<double>(value) * value;
    EXPECT_NEAR(layer_kernels().sum_of_squares(values.data(), n), want, 1e-12 * n);
  }
  const std::vector<float> large(20, 1e30f), small(20, 1e-30f);
  EXPECT_NEAR(layer_kernels().sum_of_squares(large.data(), 20) / 20e60, 1, 1e-6);
  EXPECT_NEAR(layer_kernels().sum_of_squares(small.data(), 20) / 20e-60, 1, 1e-6);
}

TEST_P(LayerKernelsTest, sum_of_squares_has_the_bits_of_sixteen_sums_on_every_target) {
  for (const std::int64_t n : {15, 16, 1000}) {
    const auto values = draw(n, 4);
    double sums[16] = {}, want = 0;
    const std::int64_t whole = n / 16 * 16;
    for (std::int64_t i = 0; i < whole; ++i) sums[i % 16] += static_cast<double>(values[i]) * values[i];
    for (const double sum : sums) want += sum;
    for (std::int64_t i = whole; i < n; ++i) want += static_cast<double>(values[i]) * values[i];
    EXPECT_EQ(layer_kernels().sum_of_squares(values.data(), n), want) << n;
  }
}

TEST_P(LayerKernelsTest, row_signs_ignore_zeros) {
  for (const std::int64_t columns : {1, 2, 19, 64}) {
    std::vector<float> values(6 * columns, 0.0f);
    const auto row = [&](int r) { return values.data() + r * columns; };
    row(1)[columns - 1] = 1;                                          // one positive
    row(2)[0] = -2;                                                   // one negative
    for (std::int64_t c = 0; c < columns; ++c) row(3)[c] = 3;         // all positive
    row(4)[0] = 1, row(4)[columns - 1] = columns > 1 ? -1.0f : 1.0f;  // both, unless there is one column
    for (std::int64_t c = 0; c < columns; ++c) row(5)[c] = -0.0f;     // nothing
    const RowSigns signs = layer_kernels().row_signs(values.data(), 6, columns);
    EXPECT_EQ(signs.nonzero, 4) << columns;
    EXPECT_EQ(signs.one_signed, columns > 1 ? 3 : 4) << columns;
  }
}

INSTANTIATE_TEST_SUITE_P(Targets, LayerKernelsTest, testing::ValuesIn(targets()), [](const auto& target) { return target.param; });

}  // namespace
}  // namespace rectify
