#include "rectify/simd/columns.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "rectify/simd/columns.cc"
#include <hwy/foreach_target.h>
//
#include <hwy/highway.h>

#include "rectify/simd/target.h"
#include "rectify/simd/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace rectify::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Calls body(first row, rows) for blocks of rows that fit the first-level cache, so that sums of single precision stay short.
template <class Body>
HWY_INLINE void for_each_row_block(std::int64_t rows, std::int64_t columns, const Body& body) {
  constexpr std::int64_t kValues = 4096;
  const std::int64_t step = std::clamp<std::int64_t>(kValues / columns, 8, 256);
  for (std::int64_t row = 0; row < rows; row += step) body(row, std::min(step, rows - row));
}

/// Adds the lanes of `v` to sums in double.
template <class D, class V>
HWY_INLINE void add_lanes(D d, V v, double* sums) {
  HWY_ALIGN float lanes[hn::MaxLanes(D())];
  hn::Store(v, d, lanes);
  for (std::size_t i = 0; i < hn::Lanes(d); ++i) sums[i] += static_cast<double>(lanes[i]);
}

/// Adds two sums over the rows of each column: step(d, place, column, sum a, sum b) adds one row's vector to them.
template <class Step>
HWY_INLINE void add_two_sums(std::int64_t rows, std::int64_t columns, double* a, double* b, const Step& step) {
  for_each_row_block(rows, columns, [&](std::int64_t first, std::int64_t count) HWY_ATTR {
    for_each_vector(columns, [&](auto d, std::int64_t c) HWY_ATTR {
      auto a0 = hn::Zero(d), a1 = a0, b0 = a0, b1 = a0;
      const std::int64_t begin = first * columns + c;
      std::int64_t r = 0;
      for (; r + 2 <= count; r += 2) {
        step(d, begin + r * columns, c, a0, b0);
        step(d, begin + (r + 1) * columns, c, a1, b1);
      }
      if (r < count) step(d, begin + r * columns, c, a0, b0);
      add_lanes(d, hn::Add(a0, a1), a + c);
      add_lanes(d, hn::Add(b0, b1), b + c);
    });
  });
}

void add_moments(const float* x, std::int64_t rows, std::int64_t columns, const float* origin, double* sums, double* squares) {
  add_two_sums(rows, columns, sums, squares, [=](auto d, std::int64_t at, std::int64_t c, auto& sum, auto& square) HWY_ATTR {
    const auto v = hn::Sub(hn::LoadU(d, x + at), hn::LoadU(d, origin + c));
    sum = hn::Add(sum, v);
    square = hn::MulAdd(v, v, square);
  });
}

/// x a + b at column i.
template <class D>
HWY_INLINE auto map_at(D d, const float* x, std::int64_t i, const float* a, const float* b) {
  return hn::MulAdd(hn::LoadU(d, x), hn::LoadU(d, a + i), hn::LoadU(d, b + i));
}

/// The gradient at what ReLU reads, `v`, from that at what it gives.
template <class D, class V>
HWY_INLINE V through_relu(D d, V v, V dy) {
  return hn::IfThenZeroElse(hn::Le(v, hn::Zero(d)), dy);
}

/// dy as it comes, for kernels that also exist with a ReLU behind them.
constexpr auto kAsItComes = [](auto, std::int64_t, std::int64_t, auto dy) HWY_ATTR { return dy; };

/// dy where ReLU is open behind x a + b.
HWY_INLINE auto where_relu_is_open(const float* x, const float* a, const float* b) {
  return [=](auto d, std::int64_t at, std::int64_t c, auto dy) HWY_ATTR { return through_relu(d, map_at(d, x + at, c, a, b), dy); };
}

template <class Gradient>
HWY_INLINE void add_products_with(const float* x, const float* dy, std::int64_t rows, std::int64_t columns, const float* origin,
                                  double* sums, double* products, const Gradient& gradient) {
  add_two_sums(rows, columns, sums, products, [=](auto d, std::int64_t at, std::int64_t c, auto& sum, auto& product) HWY_ATTR {
    const auto g = gradient(d, at, c, hn::LoadU(d, dy + at));
    sum = hn::Add(sum, g);
    product = hn::MulAdd(g, hn::Sub(hn::LoadU(d, x + at), hn::LoadU(d, origin + c)), product);
  });
}

void add_products(const float* x, const float* dy, std::int64_t rows, std::int64_t columns, const float* origin, double* sums,
                  double* products) {
  add_products_with(x, dy, rows, columns, origin, sums, products, kAsItComes);
}

void add_products_of_relu(const float* x, const float* dy, std::int64_t rows, std::int64_t columns, const float* origin, const float* a,
                          const float* b, double* sums, double* products) {
  add_products_with(x, dy, rows, columns, origin, sums, products, where_relu_is_open(x, a, b));
}

void scale_and_shift(const float* x, std::int64_t rows, std::int64_t columns, const float* a, const float* b, float* y) {
  for (std::int64_t r = 0; r < rows; ++r, x += columns, y += columns) {
    for_each_vector(columns, [=](auto d, std::int64_t c) HWY_ATTR { hn::StoreU(map_at(d, x + c, c, a, b), d, y + c); });
  }
}

void scale_shift_and_rectify(const float* x, std::int64_t rows, std::int64_t columns, const float* a, const float* b, float* y) {
  for (std::int64_t r = 0; r < rows; ++r, x += columns, y += columns) {
    for_each_vector(columns, [=](auto d, std::int64_t c) HWY_ATTR { hn::StoreU(rectified(d, map_at(d, x + c, c, a, b)), d, y + c); });
  }
}

template <class Gradient>
HWY_INLINE void combine_with(const float* x, const float* dy, std::int64_t rows, std::int64_t columns, const float* a, const float* b,
                             const float* c, float* dx, const Gradient& gradient) {
  for (std::int64_t row = 0; row < rows * columns; row += columns) {
    for_each_vector(columns, [=](auto d, std::int64_t i) HWY_ATTR {
      const std::int64_t at = row + i;
      const auto g = gradient(d, at, i, hn::LoadU(d, dy + at));
      hn::StoreU(hn::MulAdd(g, hn::LoadU(d, a + i), map_at(d, x + at, i, b, c)), d, dx + at);
    });
  }
}

void combine(const float* x, const float* dy, std::int64_t rows, std::int64_t columns, const float* a, const float* b, const float* c,
             float* dx) {
  combine_with(x, dy, rows, columns, a, b, c, dx, kAsItComes);
}

void combine_of_relu(const float* x, const float* dy, std::int64_t rows, std::int64_t columns, const float* map_a, const float* map_b,
                     const float* a, const float* b, const float* c, float* dx) {
  combine_with(x, dy, rows, columns, a, b, c, dx, where_relu_is_open(x, map_a, map_b));
}

void add(const float* a, const float* b, std::int64_t n, float* y) {
  for_each_vector(n, [=](auto d, std::int64_t i) HWY_ATTR { hn::StoreU(hn::Add(hn::LoadU(d, a + i), hn::LoadU(d, b + i)), d, y + i); });
}

void add_and_rectify(const float* a, const float* b, std::int64_t n, float* y) {
  for_each_vector(
      n, [=](auto d, std::int64_t i) HWY_ATTR { hn::StoreU(rectified(d, hn::Add(hn::LoadU(d, a + i), hn::LoadU(d, b + i))), d, y + i); });
}

void keep_where_positive(const float* y, float* dy, std::int64_t n) {
  for_each_vector(
      n, [=](auto d, std::int64_t i) HWY_ATTR { hn::StoreU(through_relu(d, hn::LoadU(d, y + i), hn::LoadU(d, dy + i)), d, dy + i); });
}

/// The sum of term(d, i) over 0 .. n - 1.
template <class Term>
HWY_INLINE double sum_of(std::int64_t n, const Term& term) {
  double sum = 0;
  const hn::ScalableTag<float> wide;
  auto lanes = hn::Zero(wide);
  const auto step = static_cast<std::int64_t>(hn::Lanes(wide));
  std::int64_t i = 0;
  for (; i + step <= n; i += step) lanes = hn::Add(lanes, term(wide, i));
  HWY_ALIGN float parts[hn::MaxLanes(wide)];
  hn::Store(lanes, wide, parts);
  for (std::int64_t lane = 0; lane < step; ++lane) sum += static_cast<double>(parts[lane]);
  for (; i < n; ++i) sum += static_cast<double>(hn::GetLane(term(hn::CappedTag<float, 1>(), i)));
  return sum;
}

void normalise_rows(const float* x, std::int64_t rows, std::int64_t columns, double epsilon, const float* scale, const float* shift,
                    float* statistics, float* y) {
  for (std::int64_t r = 0; r < rows; ++r, x += columns, y += columns, statistics += 2) {
    const auto mean = static_cast<float>(sum_of(columns, [=](auto d, std::int64_t i) HWY_ATTR { return hn::LoadU(d, x + i); }) /
                                         static_cast<double>(columns));
    const double squares = sum_of(columns, [=](auto d, std::int64_t i) HWY_ATTR {
      const auto v = hn::Sub(hn::LoadU(d, x + i), hn::Set(d, mean));
      return hn::Mul(v, v);
    });
    const auto inverse = static_cast<float>(1 / std::sqrt(squares / static_cast<double>(columns) + epsilon));
    statistics[0] = mean;
    statistics[1] = inverse;
    for_each_vector(columns, [=](auto d, std::int64_t i) HWY_ATTR {
      const auto v = hn::Mul(hn::Sub(hn::LoadU(d, x + i), hn::Set(d, mean)), hn::Set(d, inverse));
      hn::StoreU(hn::MulAdd(v, hn::LoadU(d, scale + i), hn::LoadU(d, shift + i)), d, y + i);
    });
  }
}

void normalise_rows_backward(const float* x, const float* dy, std::int64_t rows, std::int64_t columns, const float* scale,
                             const float* statistics, float* dx, double* dscale, double* dshift) {
  for (std::int64_t r = 0; r < rows; ++r, x += columns, dy += columns, dx += columns, statistics += 2) {
    const float mean = statistics[0], inverse = statistics[1];
    const auto normal = [=](auto d, std::int64_t i)
                            HWY_ATTR { return hn::Mul(hn::Sub(hn::LoadU(d, x + i), hn::Set(d, mean)), hn::Set(d, inverse)); };
    const auto weighted = [=](auto d, std::int64_t i) HWY_ATTR { return hn::Mul(hn::LoadU(d, dy + i), hn::LoadU(d, scale + i)); };
    const double sum = sum_of(columns, weighted);
    const double product = sum_of(columns, [=](auto d, std::int64_t i) HWY_ATTR { return hn::Mul(weighted(d, i), normal(d, i)); });
    const auto n = static_cast<double>(columns);
    const auto mean_sum = static_cast<float>(sum / n), mean_product = static_cast<float>(product / n);
    for_each_vector(columns, [=](auto d, std::int64_t i) HWY_ATTR {
      const auto g = hn::LoadU(d, dy + i), v = normal(d, i);
      add_lanes(d, hn::Mul(g, v), dscale + i);
      add_lanes(d, g, dshift + i);
      const auto centred = hn::Sub(weighted(d, i), hn::MulAdd(v, hn::Set(d, mean_product), hn::Set(d, mean_sum)));
      hn::StoreU(hn::Mul(centred, hn::Set(d, inverse)), d, dx + i);
    });
  }
}

const ColumnKernels& column_kernels_of_target() {
  static constexpr ColumnKernels kTable{.add_moments = add_moments,
                                        .add_products = add_products,
                                        .add_products_of_relu = add_products_of_relu,
                                        .scale_and_shift = scale_and_shift,
                                        .scale_shift_and_rectify = scale_shift_and_rectify,
                                        .combine = combine,
                                        .combine_of_relu = combine_of_relu,
                                        .add = add,
                                        .add_and_rectify = add_and_rectify,
                                        .keep_where_positive = keep_where_positive,
                                        .normalise_rows = normalise_rows,
                                        .normalise_rows_backward = normalise_rows_backward};
  return kTable;
}

}  // namespace rectify::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace rectify {

HWY_EXPORT(column_kernels_of_target);
const ColumnKernels& column_kernels() { return RECTIFY_DISPATCH(column_kernels_of_target)(); }

}  // namespace rectify
#endif
