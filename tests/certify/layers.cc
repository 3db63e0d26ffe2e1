#include "layers.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>

#include "rectify/activation/gated.h"
#include "rectify/activation/rows.h"
#include "rectify/base/random.h"

namespace rectify::certify {
namespace {

constexpr std::uint64_t kSeed = 20;

using Row = std::vector<float>;
using DoubleRow = std::vector<double>;

/// Calls body(row) for rows of all lengths, from equal values to one that outweighs all others, about several values.
void each_row(const std::function<void(const Row&)>& body) {
  constexpr std::size_t kLengths[] = {1, 2, 3, 7, 10, 16, 31, 64, 100, 257, 1000, 4096};
  constexpr double kScales[] = {0, 1e-3, 1, 5, 30, 1000}, kMiddles[] = {-3, 0, 3};
  constexpr std::size_t kValues = 4096;  // of each length, scale and middle
  std::uint64_t stream = 0;
  for (const std::size_t length : kLengths) {
    for (const double scale : kScales) {
      for (const double middle : kMiddles) {
        Random random(kSeed, stream++);
        for (std::size_t n = 0; n < kValues; n += length) {
          Row row(length);
          for (float& value : row) value = static_cast<float>(scale * (middle + random.normal()));
          body(row);
        }
      }
    }
  }
}

/// exp(x - m) of a row with m its largest value, and their sum less 1.
struct Exponentials {
  DoubleRow values;
  double others = 0;
  double largest;

  explicit Exponentials(const Row& x) {
    const auto peak = std::max_element(x.begin(), x.end());
    largest = *peak;
    for (auto v = x.begin(); v != x.end(); ++v) {
      values.push_back(std::exp(*v - largest));
      if (v != peak) others += values.back();
    }
  }
};

DoubleRow true_softmax(const Row& x) {
  Exponentials e(x);
  for (double& value : e.values) value /= 1 + e.others;
  return e.values;
}

DoubleRow true_log_softmax(const Row& x) {
  const Exponentials e(x);
  DoubleRow y;
  for (const double v : x) y.push_back(v - e.largest - std::log1p(e.others));
  return y;
}

/// Adds got[i], whose terms have together the size terms[i]: what they may cancel to is no measure for it.
void look_at_sum(const Row& at, const DoubleRow& want, const DoubleRow& terms, const Row& got, const Limits& limits, Measure& measure) {
  for (std::size_t i = 0; i < at.size(); ++i) {
    if (terms[i] < std::numeric_limits<float>::min()) continue;
    const double unit = std::ldexp(1.0, std::ilogb(terms[i]) - 23), error = std::abs(got[i] - want[i]) / unit;
    if (!(error < std::numeric_limits<double>::infinity())) {
      if (measure.wrong++ == 0) measure.first_wrong = at[i];
      continue;
    }
    ++measure.normal;
    measure.ulp_sum += error;
    measure.ulp.take(error, at[i]);
    measure.share.take(error / limits.ulp, at[i]);
  }
}

Measures measure_rows(bool logarithm) {
  const char* const name = logarithm ? "log_softmax" : "softmax";
  const Judge judge(limits_of_layer(name, Direction::kForward));
  const Limits gradient_limits = limits_of_layer(name, Direction::kGradient);
  Measures seen;
  Random random(kSeed, 1u << 20);
  each_row([&](const Row& x) {
    const std::size_t n = x.size();
    Row y(n), dy(n), dx(n);
    (logarithm ? log_softmax : softmax)(x.data(), y.data(), {1, n});
    judge.look_at(x.data(), (logarithm ? true_log_softmax(x) : true_softmax(x)).data(), y.data(), n, seen[0]);

    // What goes back is a function of y as it is.
    for (float& value : dy) value = static_cast<float>(random.normal());
    (logarithm ? log_softmax_grad_from_output : softmax_grad_from_output)(y.data(), dy.data(), dx.data(), {1, n});
    double sum = 0, size = 0;
    for (std::size_t i = 0; i < n; ++i) {
      const double term = logarithm ? dy[i] : static_cast<double>(y[i]) * dy[i];
      sum += term, size += std::abs(term);
    }
    DoubleRow want(n), terms(n);
    for (std::size_t i = 0; i < n; ++i) {
      const double share = logarithm ? std::exp(static_cast<double>(y[i])) : y[i], own = logarithm ? dy[i] : share * dy[i];
      want[i] = own - share * sum;
      terms[i] = std::abs(own) + share * size;
    }
    look_at_sum(x, want, terms, dx, gradient_limits, seen[1]);
  });
  return seen;
}

constexpr std::uint32_t kStep = 4096;  // one b in so many

Measures measure_gated(std::string_view name) {
  const GatedActivation gated(name);
  const Activation& gate = gated.gate();
  const Patterns patterns(kStep);
  const auto n = static_cast<std::size_t>(patterns.count());
  Row a(n), b(n), dy(n, 1), y(n), da(n), db(n);
  patterns.fill(0, n, b.data());
  Random random(kSeed, 0);
  for (float& value : a) value = static_cast<float>((1 + random.uniform()) * (random.uniform() < 0.5 ? -1 : 1));
  gated.forward(a.data(), b.data(), y.data(), n);
  gated.grad_from_input(a.data(), b.data(), dy.data(), da.data(), db.data(), n);

  std::array<DoubleRow, 2> want{DoubleRow(n), DoubleRow(n)};
  const std::array<int, 2> outputs{0, 1};
  Reference reference(gate.program(), parameters_of(gate), outputs);
  reference.run(b, std::array<double*, 2>{want[0].data(), want[1].data()});
  for (DoubleRow& values : want) {
    for (std::size_t i = 0; i < n; ++i) values[i] *= a[i];
  }
  Measures seen;
  Judge(limits_of_layer(name, Direction::kForward)).look_at(b.data(), want[0].data(), y.data(), n, seen[0]);
  Judge(limits_of_layer(name, Direction::kGradient)).look_at(b.data(), want[1].data(), db.data(), n, seen[1]);
  return seen;
}

}  // namespace

std::vector<std::string> layer_names() {
  std::vector<std::string> names;
  for (const CatalogueEntry& entry : layer_catalogue()) {
    if (entry.name != "maxout") names.emplace_back(entry.name);
  }
  return names;
}

bool measures_subnormals(std::string_view name, Direction direction) { return is_gated_name(name) || direction == Direction::kForward; }

std::string_view layer_inputs(std::string_view name) { return is_gated_name(name) ? "1/4096" : "rows"; }

Limits limits_of_layer(std::string_view name, Direction direction) {
  const bool forward = direction == Direction::kForward;
  if (!is_gated_name(name)) {
    // A log-probability that underflows may be 0 of either sign.
    const bool logarithm = name == "log_softmax";
    return {.ulp = !forward ? 4.0 : logarithm ? 2.0 : 3.0, .signed_zeros = !logarithm, .subnormal = 2};
  }
  Limits limits = limits_of(GatedActivation(name).gate(), direction);
  constexpr double kProduct = 0.5, kLargestA = 2;
  if (!forward) limits.ulp += kProduct;
  limits.subnormal += kProduct;
  limits.near_root *= kLargestA;
  return limits;
}

Measures measure_layer(std::string_view name) {
  if (is_gated_name(name)) return measure_gated(name);
  return measure_rows(name == "log_softmax");
}

}  // namespace rectify::certify
