#include "rectify/nn/losses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "rectify/base/error.h"
#include "rectify/base/random.h"
#include "rectify/simd/target.h"

namespace rectify {
namespace {

using Values = std::vector<double>;
using Reference = std::function<double(const Values& outputs)>;

std::vector<float> draw(std::size_t n, int stream, double size) {
  Random random(1, stream);
  std::vector<float> values(n);
  for (float& value : values) value = static_cast<float>(size * random.normal());
  return values;
}

void expect_finite_differences(const std::vector<float>& outputs, const std::vector<float>& gradient, const Reference& reference) {
  const Values exact(outputs.begin(), outputs.end());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    Values up = exact, down = exact;
    up[i] += 1e-5, down[i] -= 1e-5;
    EXPECT_NEAR(gradient[i], (reference(up) - reference(down)) / 2e-5, 2e-7) << i;
  }
}

/// The mean of log(sum exp) - sum of target logit, in double.
Reference cross_entropy(const std::vector<std::int32_t>& labels, double smoothing) {
  return [=](const Values& logits) {
    const std::size_t classes = logits.size() / labels.size();
    double loss = 0;
    for (std::size_t r = 0; r < labels.size(); ++r) {
      double sum = 0, wanted = 0;
      for (std::size_t c = 0; c < classes; ++c) {
        const double logit = logits[r * classes + c], is_label = static_cast<std::int32_t>(c) == labels[r] ? 1 : 0;
        sum += std::exp(logit);
        wanted += ((1 - smoothing) * is_label + smoothing / static_cast<double>(classes)) * logit;
      }
      loss += (std::log(sum) - wanted) / static_cast<double>(labels.size());
    }
    return loss;
  };
}

TEST(SoftmaxCrossEntropy, equals_the_definition_and_its_finite_differences_on_every_target) {
  for (const std::string& target : targets()) {
    const ScopedTarget scoped(target);
    for (const std::size_t classes : {1, 2, 10, 37}) {
      for (const double smoothing : {0.0, 0.1}) {
        const std::vector<std::int32_t> labels{0, static_cast<std::int32_t>(classes) - 1, 0};
        const std::vector<float> logits = draw(3 * classes, 1, 3);
        std::vector<float> gradient(logits.size());
        const Reference reference = cross_entropy(labels, smoothing);
        EXPECT_NEAR(softmax_cross_entropy(logits, labels, gradient, smoothing), reference({logits.begin(), logits.end()}), 1e-6);
        EXPECT_EQ(softmax_cross_entropy(logits, labels, gradient, smoothing), softmax_cross_entropy(logits, labels, {}, smoothing));
        expect_finite_differences(logits, gradient, reference);
      }
    }
  }
}

TEST(BinaryCrossEntropy, equals_the_definition_and_its_finite_differences_on_every_target) {
  const std::vector<float> logits = draw(37, 2, 3);
  std::vector<float> wanted = draw(37, 3, 1), gradient(37);
  for (float& t : wanted) t = t > 1 ? 1 : t < 0 ? 0 : t;
  const Reference reference = [&](const Values& z) {
    double loss = 0;
    for (std::size_t i = 0; i < z.size(); ++i) {
      const double p = 1 / (1 + std::exp(-z[i]));
      loss -= (wanted[i] * std::log(p) + (1 - wanted[i]) * std::log1p(-p)) / static_cast<double>(z.size());
    }
    return loss;
  };
  for (const std::string& target : targets()) {
    const ScopedTarget scoped(target);
    EXPECT_NEAR(binary_cross_entropy(logits, wanted, gradient), reference({logits.begin(), logits.end()}), 1e-6);
    EXPECT_EQ(binary_cross_entropy(logits, wanted, gradient), binary_cross_entropy(logits, wanted, {}));
    expect_finite_differences(logits, gradient, reference);
  }
}

TEST(BinaryCrossEntropy, is_stable_for_huge_logits_and_exact_for_small_losses) {
  std::vector<float> gradient(2);
  EXPECT_NEAR(binary_cross_entropy(std::vector{1e30f, -1e30f}, std::vector{0.0f, 1.0f}, gradient) / 1e30, 1, 1e-6);
  EXPECT_EQ(gradient, (std::vector{0.5f, -0.5f}));
  EXPECT_EQ(binary_cross_entropy(std::vector{1e30f, -1e30f}, std::vector{1.0f, 0.0f}, gradient), 0);
  EXPECT_NEAR(binary_cross_entropy(std::vector{20.0f}, std::vector{1.0f}, {}) / std::log1p(std::exp(-20.0)), 1, 1e-6);
  EXPECT_TRUE(std::isnan(binary_cross_entropy(std::vector{NAN}, std::vector{1.0f}, {})));
}

TEST(MeanSquaredError, equals_the_definition_and_its_finite_differences_on_every_target) {
  const std::vector<float> outputs = draw(37, 4, 2), wanted = draw(37, 5, 2);
  std::vector<float> gradient(37);
  const Reference reference = [&](const Values& y) {
    double loss = 0;
    for (std::size_t i = 0; i < y.size(); ++i) loss += (y[i] - wanted[i]) * (y[i] - wanted[i]) / static_cast<double>(y.size());
    return loss;
  };
  for (const std::string& target : targets()) {
    const ScopedTarget scoped(target);
    EXPECT_NEAR(mean_squared_error(outputs, wanted, gradient), reference({outputs.begin(), outputs.end()}), 1e-6);
    EXPECT_EQ(mean_squared_error(outputs, wanted, gradient), mean_squared_error(outputs, wanted, {}));
    expect_finite_differences(outputs, gradient, reference);
  }
  EXPECT_TRUE(std::isnan(mean_squared_error(std::vector{NAN}, std::vector{1.0f}, {})));
}

TEST(Loss, text_is_what_parse_reads_and_mistakes_are_explained) {
  for (const char* text : {"cross-entropy", "cross-entropy,smoothing=0.1", "bce", "mse"}) EXPECT_EQ(Loss::parse(text).text(), text);
  const auto message = [](const char* text) -> std::string {
    try {
      Loss::parse(text);
      return "no error";
    } catch (const Error& e) {
      return e.what();
    }
  };
  EXPECT_EQ(message("msee"),
            "[loss] there is no loss \"msee\": use cross-entropy, bce, mse, as in cross-entropy,smoothing=0.1; did you mean mse?");
  EXPECT_EQ(message("mse,smoothing=0.1"), "[loss] mse has no settings, got \"smoothing\"");
  EXPECT_THAT(message("cross-entropy,smoothing=1"), testing::HasSubstr("must be below 1"));
  EXPECT_THAT(message("cross-entropy,smoothin=1"), testing::HasSubstr("did you mean smoothing?"));
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
