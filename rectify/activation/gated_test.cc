#include "rectify/activation/gated.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "rectify/base/error.h"
#include "rectify/base/random.h"
#include "rectify/simd/target.h"

namespace rectify {
namespace {

using Values = std::vector<float>;

Values sample(std::size_t n, std::uint64_t stream) {
  Random random(1, stream);
  Values x(n);
  for (float& v : x) v = static_cast<float>(2 * random.normal());
  return x;
}

struct Reference {
  const char* name;
  double (*f)(double);
  double (*slope)(double);
};
double sigmoid(double b) { return 1 / (1 + std::exp(-b)); }
const Reference kReferences[] = {
    {"glu", sigmoid, [](double b) { return sigmoid(b) * sigmoid(-b); }},
    {"reglu", [](double b) { return b > 0 ? b : 0; }, [](double b) { return b > 0 ? 1.0 : 0.0; }},
    {"geglu", [](double b) { return 0.5 * b * std::erfc(-b / std::sqrt(2)); },
     [](double b) { return 0.5 * std::erfc(-b / std::sqrt(2)) + b * std::exp(-b * b / 2) / std::sqrt(2 * M_PI); }},
    {"swiglu", [](double b) { return b * sigmoid(b); }, [](double b) { return sigmoid(b) * (1 + b * sigmoid(-b)); }},
    {"bilinear", [](double b) { return b; }, [](double) { return 1.0; }},
    {"tanh", [](double b) { return std::tanh(b); }, [](double b) { return 1 / (std::cosh(b) * std::cosh(b)); }},
};

class EveryGate : public testing::TestWithParam<std::tuple<int, std::string>> {
 protected:
  ScopedTarget target_{std::get<1>(GetParam())};
  const Reference& reference_ = kReferences[std::get<0>(GetParam())];
  GatedActivation gated_{reference_.name};
};

TEST_P(EveryGate, is_a_value_times_an_activation) {
  for (const std::size_t n : {0, 1, 7, 16, 33, 1024, 2500}) {
    const Values a = sample(n, 1), b = sample(n, 2), dy = sample(n, 3);
    Values y(n), da(n), db(n);
    gated_.forward(a.data(), b.data(), y.data(), n);
    gated_.grad_from_input(a.data(), b.data(), dy.data(), da.data(), db.data(), n);
    for (std::size_t i = 0; i < n; ++i) {
      const double f = reference_.f(b[i]), slope = reference_.slope(b[i]);
      EXPECT_NEAR(y[i], a[i] * f, 0x1p-18 * std::abs(a[i] * f)) << b[i];
      EXPECT_NEAR(da[i], dy[i] * f, 0x1p-18 * std::abs(dy[i] * f)) << b[i];
      EXPECT_NEAR(db[i], static_cast<double>(dy[i]) * a[i] * slope, 0x1p-18 * std::abs(dy[i] * a[i]) * (std::abs(slope) + 0.1)) << b[i];
    }
  }
}

TEST_P(EveryGate, halves_of_a_row_are_two_arrays) {
  const std::size_t rows = 3, cols = 37;
  for (const GateHalf half : {GateHalf::kSecond, GateHalf::kFirst}) {
    const Values ab = sample(rows * cols * 2, 4), dy = sample(rows * cols, 5);
    Values y(rows * cols), dab(ab.size()), in_place = ab;
    gated_.forward(ab.data(), y.data(), {rows, cols}, half);
    gated_.grad_from_input(ab.data(), dy.data(), dab.data(), {rows, cols}, half);
    gated_.grad_from_input(in_place.data(), dy.data(), in_place.data(), {rows, cols}, half);
    EXPECT_EQ(in_place, dab);
    for (std::size_t r = 0; r < rows; ++r) {
      const std::size_t first = r * 2 * cols, second = first + cols;
      const std::size_t a = half == GateHalf::kSecond ? first : second, b = half == GateHalf::kSecond ? second : first;
      Values want(cols), da(cols), db(cols);
      gated_.forward(&ab[a], &ab[b], want.data(), cols);
      gated_.grad_from_input(&ab[a], &ab[b], &dy[r * cols], da.data(), db.data(), cols);
      EXPECT_TRUE(std::equal(want.begin(), want.end(), &y[r * cols]));
      EXPECT_TRUE(std::equal(da.begin(), da.end(), &dab[a]));
      EXPECT_TRUE(std::equal(db.begin(), db.end(), &dab[b]));
    }
  }
}

TEST_P(EveryGate, may_be_in_place) {
  const std::size_t n = 1500;
  const Values a = sample(n, 6), b = sample(n, 7), dy = sample(n, 8);
  Values y(n), da(n), db(n);
  gated_.forward(a.data(), b.data(), y.data(), n);
  gated_.grad_from_input(a.data(), b.data(), dy.data(), da.data(), db.data(), n);
  Values over_a = a, over_b = b;
  gated_.forward(over_a.data(), b.data(), over_a.data(), n);
  gated_.forward(a.data(), over_b.data(), over_b.data(), n);
  EXPECT_EQ(over_a, y);
  EXPECT_EQ(over_b, y);
  over_a = a, over_b = b;
  gated_.grad_from_input(over_a.data(), over_b.data(), dy.data(), over_b.data(), over_a.data(), n);  // the other way round
  EXPECT_EQ(over_b, da);
  EXPECT_EQ(over_a, db);
  over_a = a;
  Values over_dy = dy;
  gated_.grad_from_input(over_a.data(), b.data(), over_dy.data(), over_dy.data(), over_a.data(), n);
  EXPECT_EQ(over_dy, da);
  EXPECT_EQ(over_a, db);
}

TEST_P(EveryGate, shows_a_nan) {
  for (const auto& [a, b] : {std::pair(NAN, 1.0f), std::pair(1.0f, NAN)}) {
    const float dy = 1;
    float y, da, db;
    gated_.forward(&a, &b, &y, 1);
    gated_.grad_from_input(&a, &b, &dy, &da, &db, 1);
    EXPECT_TRUE(std::isnan(y));
    EXPECT_TRUE(std::isnan(da) || std::isnan(db));
  }
}

INSTANTIATE_TEST_SUITE_P(Family, EveryGate,
                         testing::Combine(testing::Range(0, static_cast<int>(std::size(kReferences))), testing::ValuesIn(targets())),
                         [](const auto& test) { return kReferences[std::get<0>(test.param)].name + ("_" + std::get<1>(test.param)); });

TEST(Gated, is_in_the_catalogue_with_its_gate) {
  int found = 0;
  for (const CatalogueEntry& entry : layer_catalogue()) {
    if (!entry.formula.starts_with("a * ")) continue;
    ++found;
    const std::string& gate = GatedActivation(entry.name).gate().name();
    EXPECT_EQ(entry.formula, gate == "linear" ? "a * b" : "a * " + gate + "(b)");
  }
  EXPECT_EQ(found, 5);
}

TEST(Gated, refuses_what_is_no_activation) {
  EXPECT_THROW(GatedActivation("swigul"), Error);
  EXPECT_THROW(GatedActivation("softmax"), Error);
  EXPECT_EQ(GatedActivation("elu(alpha=0.5)").gate().spec(), "elu(alpha=0.5)");
  EXPECT_EQ(GatedActivation("b * x; b = 2").gate().value(3), 6);
}

}  // namespace
}  // namespace rectify
