#include "rectify/theory/propagation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "rectify/base/error.h"

namespace rectify {
namespace {

struct Edge {
  const char* spec;
  double weight, bias, slope;  // of the variance; 0 where it is not given
};

// Computed for this project to the digits given, with composite Gauss-Legendre quadrature split at the kinks, at q = 1.
constexpr Edge kEdges[] = {
    {"tanh", 2.1533, .15096, .391},  {"erf(x)", 1.7562, .18414, 0},         {"softsign", 4.3923, .19615, 0},
    {"atan(x)", 2.0, .10060, 0},     {"clip(x, -1, 1)", 1.4648, .24408, 0}, {"elu", 1.4968, .03466, .860},
    {"selu", .9332, .06679, .730},   {"gelu", 2.1937, .06719, 1.067},       {"silu", 2.6352, .06247, 1.099},
    {"mish", 2.0873, .05582, 1.016}, {"hard_swish", 2.7892, .07521, 1.132}, {"sin(x)", 1.7616, .23841, 0},
};

TEST(EdgeOfChaos, agrees_with_the_table_to_its_digits) {
  for (const Edge& edge : kEdges) {
    SCOPED_TRACE(edge.spec);
    const Activation f(edge.spec);
    const auto found = edge_of_chaos(f);
    ASSERT_TRUE(found);
    EXPECT_NEAR(found->weight, edge.weight, 6e-5);
    EXPECT_NEAR(found->bias, edge.bias, 6e-6);
    EXPECT_NEAR(next_variance(f, *found, 1), 1, 1e-9);
    EXPECT_NEAR(gradient_factor(f, *found, 1), 1, 1e-9);
    if (edge.slope > 0) {
      EXPECT_NEAR(variance_slope(f, *found, 1), edge.slope, 6e-4);
    }
  }
}

TEST(EdgeOfChaos, of_rectifiers_has_no_bias_at_any_variance) {
  for (const double q : {0.1, 1.0, 7.0}) {
    EXPECT_NEAR(edge_of_chaos(Activation("relu"), q)->weight, 2, 1e-9);
    EXPECT_EQ(edge_of_chaos(Activation("relu"), q)->bias, 0);
    EXPECT_NEAR(edge_of_chaos(Activation("x > 0 ? x : 0.1 * x"), q)->weight, 2 / 1.01, 1e-9);
  }
}

TEST(EdgeOfChaos, at_larger_variances_has_the_values_of_the_table) {
  EXPECT_NEAR(edge_of_chaos(Activation("gelu"), 4)->weight, 1.9761, 6e-5);
  EXPECT_NEAR(edge_of_chaos(Activation("gelu"), 4)->bias, .18637, 6e-6);
  EXPECT_NEAR(edge_of_chaos(Activation("mish"), 2)->weight, 1.9943, 6e-5);
  EXPECT_NEAR(edge_of_chaos(Activation("mish"), 2)->bias, .112, 6e-4);
}

TEST(CriticalPoint, is_where_the_variance_stays) {
  EXPECT_EQ(critical_point(Activation("tanh")).q, 1);
  EXPECT_EQ(critical_point(Activation("relu")).q, 1);
  EXPECT_EQ(critical_point(Activation("mish")).q, 2);
  EXPECT_EQ(critical_point(Activation("gelu")).q, 4);
}

TEST(CriticalPoint, that_does_not_exist_is_an_error_with_a_way_out) {
  for (const char* spec : {"sigmoid", "softplus"}) {
    try {
      critical_point(Activation(spec));
      ADD_FAILURE() << spec;
    } catch (const Error& e) {
      EXPECT_THAT(e.what(), testing::AllOf(testing::HasSubstr(std::string("[init] ") + spec + " has no edge of chaos"),
                                           testing::HasSubstr("or write --init auto")));
    }
  }
  EXPECT_NO_THROW(critical_point(Activation("sigmoid(x) - 0.5")));
}

// tanh with b = 0.05: w = 1.76096 is critical (Schoenholz et al. give 1.76); the depths to the digits given.
TEST(Depth, of_tanh_is_that_of_the_table) {
  const Activation tanh("tanh");
  const auto depth = [&](double weight) { return correlation_depth(tanh, {weight, 0.05}); };
  EXPECT_NEAR(*depth(1.0), 3.63, 6e-3);
  EXPECT_NEAR(*depth(1.2), 5.94, 6e-3);
  EXPECT_NEAR(*depth(1.4), 10.73, 6e-3);
  EXPECT_NEAR(*depth(1.6), 27.0, 6e-2);
  EXPECT_NEAR(*depth(1.7), 74.9, 6e-2);
  EXPECT_NEAR(*trainable_depth(tanh, {1.0, 0.05}), 22, 0.5);
  const double q = *fixed_variance(tanh, {1.76096, 0.05});
  EXPECT_NEAR(gradient_factor(tanh, {1.76096, 0.05}, q), 1, 1e-5);
}

TEST(Depth, of_chaotic_tanh_is_that_of_the_table_and_so_is_the_correlation_where_samples_end) {
  const Activation tanh("tanh");
  struct Row {
    double weight, depth, depth_digits, correlation;
  };
  for (const Row& row : {Row{1.8, 126, 0.5, .950}, Row{2.0, 25.2, 0.05, .744}, Row{2.5, 11.8, 0.05, .447}, Row{3, 9.05, 0.005, .299},
                         Row{4, 6.98, 0.005, .165}}) {
    const InitialVariance init{row.weight, 0.05};
    EXPECT_NEAR(correlation_depth(tanh, init).value(), row.depth, 1.1 * row.depth_digits) << row.weight;
    EXPECT_NEAR(resting_correlation(tanh, init, *fixed_variance(tanh, init)).correlation, row.correlation, 6e-4) << row.weight;
  }
}

// Default initialisations: 1/3 (PyTorch's of a linear layer), 1 (Glorot's of a square layer), 2 (He's); all ordered.
TEST(Depth, of_default_initialisations_is_that_of_the_table) {
  struct Row {
    const char* spec;
    double weight, depth;
  };
  for (const Row& row :
       {Row{"relu", 1. / 3, 3.3}, Row{"relu", 1, 8.7}, Row{"tanh", 1. / 3, 5.5}, Row{"sigmoid", 1. / 3, 1.5}, Row{"sigmoid", 1, 2.1},
        Row{"sigmoid", 2, 2.6}, Row{"softsign", 1. / 3, 5.5}, Row{"elu", 1. / 3, 5.5}, Row{"selu", 1. / 3, 16.8}, Row{"gelu", 1, 4.3},
        Row{"gelu", 2, 8.7}, Row{"silu", 1. / 3, 2.4}, Row{"mish", 1, 5.9}, Row{"mish", 2, 18.3}, Row{"softplus", 1, 4.8}}) {
    EXPECT_NEAR(trainable_depth(Activation(row.spec), {row.weight, 0}).value(), row.depth, 0.06) << row.spec << row.weight;
  }
}

// The variance falls to 0 slower than any power, and the slope comes as slowly to 1: no limit, though after 60 layers it is still one of
// hundreds of layers (360, 180 and 181 in the table, in brackets).
TEST(Depth, has_no_limit_where_the_variance_falls_ever_slower) {
  for (const auto& [spec, after_sixty] : {std::pair{"tanh", 360.0}, {"elu", 180.0}, {"softsign", 181.0}}) {
    EXPECT_TRUE(std::isinf(trainable_depth(Activation(spec), {1, 0}).value())) << spec;
    const double chi = predict_layers(Activation(spec), {1, 0}, 1, 61).back().gradient_factor;
    EXPECT_NEAR(-6 / std::log(chi), after_sixty, 0.6) << spec;
  }
}

TEST(Depth, is_nothing_where_the_variance_grows_without_end) { EXPECT_FALSE(trainable_depth(Activation("relu"), {3, 0})); }

TEST(Depth, follows_from_the_slope_of_a_rectifier_alone) {
  EXPECT_NEAR(trainable_depth(Activation("relu"), {1, 0.1}).value(), 6 / std::log(2), 1e-6);
  EXPECT_TRUE(std::isinf(trainable_depth(Activation("relu"), {2, 0}).value()));
}

/// log10 of how much `depth` layers multiply the squared gradient, the first of which sees the variance 1.
double gradient_decades(const char* spec, double weight, int depth) {
  const Activation f(spec);
  double sum = 0;
  for (const LayerPrediction& layer : predict_layers(f, {weight, 0}, 1, depth)) sum += std::log10(layer.gradient_factor);
  return sum;
}

// Default initialisations: 1/3 (PyTorch's of a linear layer), 1 (Glorot's of a square layer), 2 (He's), to the digits given.
TEST(Prediction, of_the_gradient_agrees_with_the_table) {
  struct Row {
    const char* spec;
    double weight;
    int depth;
    double decades;
  };
  for (const Row& row : {Row{"relu", 1. / 3, 5, -3.9}, Row{"relu", 1, 10, -3.0}, Row{"relu", 2, 30, 0}, Row{"tanh", 1. / 3, 5, -2.9},
                         Row{"tanh", 1, 30, -1.62}, Row{"sigmoid", 1, 5, -6.4}, Row{"sigmoid", 2, 30, -30}, Row{"gelu", 2, 30, -7.2},
                         Row{"silu", 2, 10, -2.3}, Row{"mish", 2, 30, -2.9}, Row{"selu", 1, 30, .9}, Row{"softplus", 2, 10, -1.6}}) {
    EXPECT_NEAR(gradient_decades(row.spec, row.weight, row.depth), row.decades, row.decades < -10 ? 0.5 : 0.08) << row.spec << row.weight;
  }
}

TEST(Prediction, ends_where_the_variance_leaves_the_numbers) {
  EXPECT_EQ(predict_layers(Activation("tanh"), {1, 0}, 1, 5).size(), 5u);
  EXPECT_FALSE(fixed_variance(Activation("relu"), {3, 0}));
  EXPECT_LT(predict_layers(Activation("x^3"), {100, 0}, 1, 40).size(), 40u);
}

}  // namespace
}  // namespace rectify
