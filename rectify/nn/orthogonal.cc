#include "rectify/nn/orthogonal.h"

#include <array>
#include <cmath>
#include <vector>

namespace rectify {
namespace {

double dot(std::span<const double> a, std::span<const double> b) {
  std::array<double, 8> sums{};  // independent, so that the compiler may use vectors
  std::size_t i = 0;
  for (; i + sums.size() <= a.size(); i += sums.size()) {
    for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += a[i + k] * b[i + k];
  }
  double sum = 0;
  for (const double part : sums) sum += part;
  for (; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

/// Takes from v what of it lies along the unit vectors `before`, [count, v.size()].
void project_out(std::span<double> v, std::span<const double> before) {
  for (std::size_t at = 0; at < before.size(); at += v.size()) {
    const auto unit = before.subspan(at, v.size());
    const double along = dot(v, unit);
    for (std::size_t i = 0; i < v.size(); ++i) v[i] -= along * unit[i];
  }
}

}  // namespace

void fill_orthogonal(std::span<float> matrix, std::int64_t rows, std::int64_t columns, Random& random) {
  constexpr double kLoses = 0.7;  // a vector that is shortened more has lost digits: "twice is enough" (Kahan; Parlett 1980, section 6-9)
  const bool wide = rows <= columns;
  const std::int64_t count = wide ? rows : columns, length = wide ? columns : rows;
  std::vector<double> vectors(count * length);
  for (double& value : vectors) value = random.normal();
  for (std::int64_t k = 0; k < count; ++k) {
    const std::span<double> v = std::span(vectors).subspan(k * length, length);
    const auto before = std::span(vectors).first(k * length);
    const double size = std::sqrt(dot(v, v));
    project_out(v, before);
    if (std::sqrt(dot(v, v)) < kLoses * size) project_out(v, before);
    const double scale = 1 / std::sqrt(dot(v, v));
    for (double& value : v) value *= scale;
  }
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < columns; ++c) {
      matrix[r * columns + c] = static_cast<float>(wide ? vectors[r * length + c] : vectors[c * length + r]);
    }
  }
}

}  // namespace rectify
