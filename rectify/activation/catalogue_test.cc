#include "rectify/activation/catalogue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <string>
#include <vector>

#include "rectify/activation/spec.h"

namespace rectify {
namespace {

class EveryEntry : public testing::TestWithParam<std::string> {
 protected:
  Activation activation_{GetParam()};

  /// Whether a kink lies between x - h and x + h, where a finite difference tells nothing.
  bool has_kink_near(double x, double h) const {
    for (const double kink : activation_.facts().kinks) {
      if (std::abs(x - kink) <= h) return true;
    }
    return false;
  }

  /// f(x) with one parameter moved.
  double value_with(double x, std::size_t j, double moved) const {
    std::vector<double> values;
    for (const FormulaParameter& p : activation_.parameters()) values.push_back(p.value);
    values[j] += moved;
    return evaluate(activation_.program(), x, values);
  }
};

TEST_P(EveryEntry, slopes_are_finite_differences) {
  for (double x = -6.03; x < 6; x += 0.0717) {
    const double h = 1e-6;
    if (has_kink_near(x, h)) continue;
    const double want = (activation_.value(x + h) - activation_.value(x - h)) / (2 * h);
    EXPECT_NEAR(activation_.slope(x), want, 1e-6 * (1 + std::abs(want)) + 1e-9 * std::abs(activation_.value(x)) / h) << "at " << x;
  }
}

TEST_P(EveryEntry, parameter_slopes_are_finite_differences) {
  for (std::size_t j = 0; j < activation_.parameters().size(); ++j) {
    for (double x = -6.03; x < 6; x += 0.0717) {
      const double h = 1e-6;
      const double want = (value_with(x, j, h) - value_with(x, j, -h)) / (2 * h);
      EXPECT_NEAR(activation_.parameter_slope(x, static_cast<int>(j)), want, 1e-5 * (1 + std::abs(want)))
          << activation_.parameters()[j].name << " at " << x;
    }
  }
}

TEST_P(EveryEntry, is_found_by_all_its_names) {
  const auto match = find_in_catalogue(GetParam());
  ASSERT_TRUE(match);
  std::string aliases(match->entry->aliases);
  for (std::size_t at = 0; at < aliases.size();) {
    const std::size_t end = std::min(aliases.find(' ', at), aliases.size());
    EXPECT_EQ(Activation(aliases.substr(at, end - at)).name(), GetParam());
    at = end + 1;
  }
  EXPECT_FALSE(match->entry->source.empty());
}

TEST_P(EveryEntry, is_written_as_a_spec_that_gives_it_again) {
  const Activation again(activation_.spec());
  EXPECT_EQ(again.spec(), activation_.spec());
  EXPECT_EQ(Activation(formula_text(activation_.formula())).value(0.3), activation_.value(0.3));
}

INSTANTIATE_TEST_SUITE_P(Catalogue, EveryEntry, testing::ValuesIn(catalogue_names()), [](const auto& test) { return test.param; });

TEST(Catalogue, knows_hugging_faces_names) {
  for (const char* name : {"gelu_erf", "gelu_python"}) EXPECT_EQ(Activation(name).name(), "gelu") << name;
  for (const char* name : {"gelu_fast", "gelu_pytorch_tanh", "gelu_accurate"}) EXPECT_EQ(Activation(name).name(), "gelu_tanh") << name;
  EXPECT_EQ(Activation("2 * gelu_fast(x)").value(1), 2 * Activation("gelu_tanh").value(1));
  const auto aliases = [](std::string_view name) {
    return std::find_if(catalogue().begin(), catalogue().end(), [&](const CatalogueEntry& entry) { return entry.name == name; })->aliases;
  };
  EXPECT_EQ(aliases("gelu"), "gelu_erf gelu_python");
  EXPECT_EQ(aliases("gelu_tanh"), "gelu_new gelu_approximate gelu_fast gelu_pytorch_tanh gelu_accurate");
}

TEST(Catalogue, names_are_unique) {
  std::set<std::string> seen;
  const auto add = [&](std::string_view name) { EXPECT_TRUE(seen.emplace(name).second) << name; };
  for (const auto entries : {catalogue(), layer_catalogue()}) {
    for (const CatalogueEntry& entry : entries) {
      add(entry.name);
      for (std::string_view rest = entry.aliases; !rest.empty();) {
        const std::size_t end = std::min(rest.find(' '), rest.size());
        add(rest.substr(0, end));
        rest.remove_prefix(std::min(end + 1, rest.size()));
      }
    }
  }
}

TEST(Catalogue, keeps_groups_together) {
  std::vector<std::string_view> groups;
  for (const CatalogueEntry& entry : catalogue()) {
    if (groups.empty() || groups.back() != entry.group) groups.push_back(entry.group);
  }
  EXPECT_EQ(groups, (std::vector<std::string_view>{"lecture", "standard", "further"}));
}

TEST(Catalogue, has_what_the_project_promises) {
  for (const char* name :
       {"linear",      "sigmoid",     "tanh",      "relu",         "leaky_relu",   "prelu",      "rrelu",         "elu",
        "selu",        "celu",        "gelu",      "gelu_tanh",    "quick_gelu",   "silu",       "swish",         "mish",
        "softplus",    "softsign",    "hard_tanh", "relu6",        "hard_sigmoid", "hard_swish", "log_sigmoid",   "soft_shrink",
        "hard_shrink", "tanh_shrink", "threshold", "relu_squared", "squareplus",   "lisht",      "snake",         "sine",
        "gaussian",    "elliott",     "isru",      "isrlu",        "arctan",       "erf",        "bent_identity", "elish",
        "hard_mish",   "serf",        "logish",    "smish",        "telu",         "xielu",      "srelu"}) {
    EXPECT_TRUE(find_in_catalogue(name)) << name;
  }
  std::set<std::string_view> layers;
  for (const CatalogueEntry& entry : layer_catalogue()) layers.insert(entry.name);
  EXPECT_EQ(layers, (std::set<std::string_view>{"maxout", "softmax", "log_softmax", "glu", "reglu", "geglu", "swiglu", "bilinear"}));
}

}  // namespace
}  // namespace rectify
