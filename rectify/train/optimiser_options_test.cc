#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rectify/base/error.h"
#include "rectify/train/optimiser.h"

namespace rectify {
namespace {

TEST(OptimiserOptions, are_read_from_text) {
  const OptimiserOptions sgd = OptimiserOptions::parse("sgd,momentum=0.5,decay=1e-4");
  EXPECT_EQ(sgd.kind, OptimiserKind::kSgd);
  EXPECT_EQ(sgd.momentum, 0.5);
  EXPECT_EQ(sgd.weight_decay, 1e-4);
  EXPECT_EQ(sgd.nesterov, Nesterov::kOff);
  EXPECT_EQ(OptimiserOptions::parse("sgd,nesterov,momentum=0.8").nesterov, Nesterov::kOn);
  const OptimiserOptions adam = OptimiserOptions::parse("adam,beta1=0.8,epsilon=1e-6");
  EXPECT_EQ(adam.kind, OptimiserKind::kAdam);
  EXPECT_EQ(adam.beta1, 0.8);
  EXPECT_EQ(adam.beta2, 0.999);
  EXPECT_EQ(adam.epsilon, 1e-6);
  EXPECT_EQ(adam.weight_decay, 0);
  EXPECT_EQ(OptimiserOptions::parse("adamw").kind, OptimiserKind::kAdamW);
  EXPECT_EQ(OptimiserOptions::parse("adamw").weight_decay, 0.01);
  EXPECT_EQ(OptimiserOptions::parse("adamw,decay=0").weight_decay, 0);
  EXPECT_EQ(OptimiserOptions::parse("rmsprop,rho=0.9").rho, 0.9);
}

TEST(OptimiserOptions, text_is_what_parse_reads) {
  for (const char* text : {"sgd", "sgd,momentum=0.5,decay=0.0001", "sgd,nesterov", "adam,beta1=0.8,beta2=0.99", "adamw", "adamw,decay=0.1",
                           "rmsprop,rho=0.9,epsilon=1e-06"}) {
    EXPECT_EQ(OptimiserOptions::parse(text).text(), text);
  }
  EXPECT_EQ(OptimiserOptions::parse("sgd,nesterov,momentum=0.9").text(), "sgd,nesterov");
}

TEST(OptimiserOptions, tell_how_many_states_a_parameter_has) {
  EXPECT_EQ(OptimiserOptions::parse("sgd,momentum=0").states(), 0);
  EXPECT_EQ(OptimiserOptions::parse("sgd").states(), 1);
  EXPECT_EQ(OptimiserOptions::parse("rmsprop").states(), 1);
  EXPECT_EQ(OptimiserOptions::parse("adamw").states(), 2);
}

TEST(OptimiserOptions, that_make_no_sense_are_explained) {
  const auto message = [](const char* text) -> std::string {
    try {
      OptimiserOptions::parse(text);
      return "no error";
    } catch (const Error& e) {
      return e.what();
    }
  };
  EXPECT_EQ(message("sdg"),
            "[optimizer] there is no optimizer \"sdg\": use sgd, adam, adamw, rmsprop, as in adam,beta1=0.9; did you mean sgd?");
  EXPECT_EQ(message("sgd,momentm=0.5"),
            "[optimizer] sgd has no setting \"momentm\": it has momentum, decay, nesterov, as in adam,beta1=0.9; did you mean momentum?");
  EXPECT_THAT(message("adam,nesterov"), testing::HasSubstr("adam has no setting \"nesterov\""));
  EXPECT_THAT(message("rmsprop,beta2=0.9"), testing::HasSubstr("it has rho, epsilon, decay"));
  EXPECT_EQ(message("sgd,momentum"), "[optimizer] \"momentum\" has no value: write momentum=0.9");
  EXPECT_EQ(message("sgd,momentum=fast"), "[optimizer] momentum=fast is not a number");
  EXPECT_EQ(message("sgd,momentum=1.5"), "[optimizer] momentum=1.5 is out of range: it must be below 1");
  EXPECT_EQ(message("sgd,decay=-1"), "[optimizer] decay=-1 is out of range: it must be at least 0");
  EXPECT_EQ(message("sgd,decay=0,momentum=0.5,decay=0"), "[optimizer] decay is given twice");
  EXPECT_EQ(message("sgd,nesterov,nesterov"), "[optimizer] nesterov is given twice");
  EXPECT_EQ(message("sgd,nesterov=1"), "[optimizer] nesterov takes no value: write sgd,nesterov");
  EXPECT_EQ(message("sgd,momentum=0,nesterov"), "[optimizer] nesterov needs a momentum above 0");
  EXPECT_THAT(message("adam,beta2=1"), testing::HasSubstr("out of range"));
  EXPECT_THAT(message("adam,beta2=nan"), testing::HasSubstr("out of range"));
  EXPECT_THAT(message("sgd,"), testing::HasSubstr("no setting \"\""));
  EXPECT_THAT(message(""), testing::HasSubstr("no optimizer \"\""));
}

}  // namespace
}  // namespace rectify
