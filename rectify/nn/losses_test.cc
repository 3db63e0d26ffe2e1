#include "rectify/nn/losses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "rectify/base/error.h"
#include "rectify/base/random.h"

namespace rectify {
namespace {

/// The mean of log(sum exp) - logit, in double.
double reference(const std::vector<double>& logits, const std::vector<std::int32_t>& labels) {
  const std::size_t classes = logits.size() / labels.size();
  double loss = 0;
  for (std::size_t r = 0; r < labels.size(); ++r) {
    double sum = 0;
    for (std::size_t c = 0; c < classes; ++c) sum += std::exp(logits[r * classes + c]);
    loss += (std::log(sum) - logits[r * classes + labels[r]]) / static_cast<double>(labels.size());
  }
  return loss;
}

TEST(SoftmaxCrossEntropy, equals_the_definition_and_its_finite_differences) {
  Random random(1, 1);
  for (const std::size_t classes : {1, 2, 10}) {
    const std::vector<std::int32_t> labels{0, static_cast<std::int32_t>(classes) - 1, 0};
    std::vector<float> logits(3 * classes), gradient(3 * classes);
    for (float& logit : logits) logit = static_cast<float>(3 * random.normal());
    const std::vector<double> exact(logits.begin(), logits.end());
    EXPECT_NEAR(softmax_cross_entropy(logits, labels, gradient), reference(exact, labels), 1e-6);
    EXPECT_EQ(softmax_cross_entropy(logits, labels, gradient), softmax_cross_entropy(logits, labels, {}));
    for (std::size_t i = 0; i < logits.size(); ++i) {
      auto up = exact, down = exact;
      up[i] += 1e-5, down[i] -= 1e-5;
      EXPECT_NEAR(gradient[i], (reference(up, labels) - reference(down, labels)) / 2e-5, 1e-7);
    }
  }
}

TEST(SoftmaxCrossEntropy, is_stable_for_huge_logits) {
  const std::vector<std::int32_t> labels{1};
  std::vector<float> gradient(2);
  EXPECT_EQ(softmax_cross_entropy(std::vector{-1e30f, 1e30f}, labels, gradient), 0);
  EXPECT_EQ(gradient, (std::vector{0.0f, 0.0f}));
  EXPECT_NEAR(softmax_cross_entropy(std::vector{1e30f, -1e30f}, labels, gradient) / 2e30, 1, 1e-6);
  EXPECT_EQ(gradient, (std::vector{1.0f, -1.0f}));
  EXPECT_TRUE(std::isfinite(softmax_cross_entropy(std::vector{3e38f, -3e38f}, labels, gradient)));
}

TEST(SoftmaxCrossEntropy, reports_what_is_not_finite) {
  const std::vector<std::int32_t> labels{0};
  std::vector<float> gradient(2);
  EXPECT_TRUE(std::isnan(softmax_cross_entropy(std::vector{0.0f, NAN}, labels, gradient)));
  EXPECT_TRUE(std::isnan(softmax_cross_entropy(std::vector{NAN, 0.0f}, labels, gradient)));
  EXPECT_TRUE(std::isnan(softmax_cross_entropy(std::vector{0.0f, INFINITY}, labels, gradient)));
}

TEST(SoftmaxCrossEntropy, refuses_a_label_that_is_no_class) {
  const std::vector<float> logits(6);
  for (const std::int32_t label : {-1, 3}) {
    try {
      softmax_cross_entropy(logits, std::vector<std::int32_t>{0, label}, {});
      FAIL();
    } catch (const Error& e) {
      EXPECT_THAT(e.what(), testing::AllOf(testing::HasSubstr("[loss]"), testing::HasSubstr("sample 1"), testing::HasSubstr("0 to 2")));
    }
  }
}

}  // namespace
}  // namespace rectify
