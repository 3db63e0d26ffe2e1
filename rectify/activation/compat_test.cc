#include "rectify/activation/compat.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <sstream>

#include "rectify/base/error.h"

namespace rectify {
namespace {

using testing::HasSubstr;

Activation read(const char* framework, const std::string& spec) { return Activation(Compat(framework).translate(spec)); }

std::string error_of(const char* framework, const std::string& spec) {
  try {
    read(framework, spec);
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(Compat, takes_each_frameworks_defaults) {
  EXPECT_DOUBLE_EQ(read("pytorch", "LeakyReLU").value(-1), -0.01);
  EXPECT_DOUBLE_EQ(read("keras", "leaky_relu").value(-1), -0.2);
  EXPECT_DOUBLE_EQ(read("keras", "LeakyReLU").value(-1), -0.3);
  EXPECT_DOUBLE_EQ(read("onnx", "LeakyRelu").value(-1), -0.01);
  EXPECT_EQ(read("onnx", "Relu").value(-1), 0);
  EXPECT_DOUBLE_EQ(read("tensorflow", "leaky_relu").value(-1), -0.2);
  EXPECT_DOUBLE_EQ(read("darknet", "leaky").value(-1), -0.1);
  EXPECT_DOUBLE_EQ(read("pytorch", "Hardsigmoid").value(1), 4.0 / 6);
  EXPECT_DOUBLE_EQ(read("keras", "hard_sigmoid").value(1), 4.0 / 6);
  EXPECT_DOUBLE_EQ(read("keras2", "hard_sigmoid").value(1), 0.7);
  EXPECT_DOUBLE_EQ(read("onnx", "HardSigmoid").value(1), 0.7);
  EXPECT_EQ(read("pytorch", "PReLU").parameters()[0].value, 0.25);
  EXPECT_EQ(read("keras", "PReLU").parameters()[0].value, 0);
  EXPECT_TRUE(read("keras", "PReLU").learns());
  EXPECT_EQ(read("jax", "gelu").name(), "gelu_tanh");
  EXPECT_EQ(read("pytorch", "GELU").name(), "gelu");
  EXPECT_EQ(read("onnx", "ThresholdedRelu").value(1.5), 1.5);
  EXPECT_EQ(read("onnx", "ThresholdedRelu").value(1), 0);
  EXPECT_DOUBLE_EQ(read("onnx", "Elu").value(-1), std::expm1(-1));
  for (const char* framework : {"keras", "keras2", "jax", "tensorflow", "onnx"}) {
    EXPECT_FALSE(read(framework, "swish").learns()) << framework;
    EXPECT_DOUBLE_EQ(read(framework, "swish").value(1), Activation("silu").value(1)) << framework;
  }
  EXPECT_EQ(read("keras", "swish").name(), "silu");
  EXPECT_DOUBLE_EQ(read("tensorflow", "swish(beta=2)").value(1), Activation("swish(beta=2)").value(1));
  EXPECT_TRUE(read("pytorch", "swish").learns());
}

TEST(Compat, reads_names_as_they_stand_in_programs) {
  EXPECT_EQ(Compat("pytorch").translate("nn.GELU(approximate='tanh')"), "gelu_tanh");
  EXPECT_EQ(Compat("pytorch").translate("torch.nn.ReLU(inplace=True)"), "relu");
  EXPECT_EQ(Compat("pytorch").translate("nn.LeakyReLU(negative_slope=0.2, inplace=True)"), "leaky_relu(slope=0.2)");
  EXPECT_EQ(Compat("jax").translate("jax.nn.silu"), "silu");
  EXPECT_EQ(Compat("keras").translate("0.5 * x"), "0.5 * x");
  EXPECT_THAT(error_of("pytorch", "nn.Foo"), HasSubstr("unknown activation \"Foo\" of pytorch"));
}

TEST(Compat, takes_each_frameworks_parameter_names) {
  EXPECT_EQ(Compat("pytorch").translate("LeakyReLU(negative_slope=0.2)"), "leaky_relu(slope=0.2)");
  EXPECT_EQ(Compat("pytorch").translate(" Hardtanh( min_val = -2 ) "), "hard_tanh(min=-2)");
  EXPECT_DOUBLE_EQ(read("onnx", "HardSigmoid(alpha=0.25)").value(1), 0.75);
  EXPECT_EQ(read("onnx", "Shrink(bias=0.5, lambd=1)").value(3), 2.5);
  EXPECT_THAT(error_of("keras", "LeakyReLU(alpha=0.2)"), HasSubstr("LeakyReLU has no parameter \"alpha\": it has negative_slope"));
  EXPECT_THAT(error_of("pytorch", "ELU(beta=1)"), HasSubstr("ELU has no parameter \"beta\""));
  EXPECT_THAT(error_of("pytorch", "ELU(alpha=much)"), HasSubstr("alpha of ELU is \"much\", wanted a number"));
}

TEST(Compat, takes_settings_that_are_texts) {
  const std::map<std::string, std::pair<const char*, const char*>> meanings{{"gelu_tanh", {"pytorch", "GELU(approximate='tanh')"}},
                                                                            {"gelu", {"onnx", "Gelu(approximate=\"none\")"}}};
  for (const auto& [name, typed] : meanings) EXPECT_EQ(Compat(typed.first).translate(typed.second), name);
  EXPECT_EQ(Compat("onnx").translate("Gelu(approximate=\"tanh\")"), "gelu_tanh");
  EXPECT_EQ(Compat("keras").translate("gelu(approximate=True)"), "gelu_tanh");
  EXPECT_EQ(Compat("tensorflow").translate("gelu(approximate=true)"), "gelu_tanh");
  EXPECT_EQ(Compat("jax").translate("gelu(approximate=False)"), "gelu");
  EXPECT_THAT(error_of("pytorch", "GELU(approximate=erf)"), HasSubstr("approximate of GELU is \"erf\", wanted none or tanh"));
  EXPECT_THAT(error_of("pytorch", "GELU(alpha=1)"), HasSubstr("GELU has no parameter \"alpha\": it has approximate"));
}

TEST(Compat, takes_parameters_that_the_catalogue_has_not) {
  EXPECT_EQ(Compat("pytorch").translate("RReLU"), "rrelu");
  EXPECT_DOUBLE_EQ(read("pytorch", "RReLU(lower=0.1, upper=0.3)").value(-1), -0.2);
  EXPECT_EQ(Compat("keras").translate("ReLU"), "relu");
  EXPECT_EQ(Compat("keras").translate("relu(max_value=None)"), "relu");
  const Activation relu = read("keras", "ReLU(max_value=6, negative_slope=0.1, threshold=1)");
  EXPECT_DOUBLE_EQ(relu.value(7), 6);
  EXPECT_DOUBLE_EQ(relu.value(1), 1);
  EXPECT_DOUBLE_EQ(relu.value(0.5), -0.05);
  EXPECT_DOUBLE_EQ(read("keras", "relu(threshold=1)").value(100), 100);
  EXPECT_DOUBLE_EQ(read("keras2", "relu(alpha=0.5)").value(-1), -0.5);
  EXPECT_EQ(Compat("pytorch").translate("Softplus(beta=2, threshold=20)"), "softplus(beta=2)");
  EXPECT_EQ(read("pytorch", "Softplus(threshold=1)").value(1.5), 1.5);
  EXPECT_EQ(read("onnx", "Clip(min=0, max=6)").value(7), 6);
  EXPECT_EQ(read("onnx", "Clip").value(-1e30), -1e30);
}

TEST(Compat, knows_functions_that_the_catalogue_has_not) {
  EXPECT_DOUBLE_EQ(read("keras", "exponential").value(1), std::exp(1));
  for (const char* framework : {"keras", "jax"}) {
    EXPECT_DOUBLE_EQ(read(framework, "sparse_plus").value(0), 0.25);
    EXPECT_DOUBLE_EQ(read(framework, "sparse_plus").value(2), 2);
    EXPECT_DOUBLE_EQ(read(framework, "sparse_plus").value(-2), 0);
    EXPECT_DOUBLE_EQ(read(framework, "sparse_sigmoid").value(0.5), 0.75);
  }
  EXPECT_DOUBLE_EQ(read("tensorflow", "hard_sigmoid").value(1), 0.7);
  EXPECT_EQ(Compat("jax").translate("soft_sign"), "softsign");
}

TEST(Compat, wants_a_value_where_the_framework_has_no_default) {
  EXPECT_EQ(Compat("pytorch").translate("Threshold(threshold=0.5, value=2)"), "threshold(theta=0.5, value=2)");
  EXPECT_THAT(error_of("pytorch", "Threshold(value=2)"),
              HasSubstr("Threshold has no default for threshold in pytorch: write Threshold(threshold=..., value=...)"));
}

TEST(Compat, spells_entries_as_the_framework_does) {
  for (const CompatSpellings& spellings : compat_spellings()) {
    std::istringstream names{std::string(spellings.names)};
    for (std::string name; names >> name;) {
      std::vector<std::string> spelt;
      for (const auto entries : {catalogue(), layer_catalogue()}) {
        for (const CatalogueEntry& entry : entries) spelt.emplace_back(Compat(spellings.framework).spelling_of(entry));
      }
      EXPECT_THAT(spelt, testing::Contains(name)) << spellings.framework;
    }
  }
}

TEST(Compat, does_not_mind_capitals_and_underscores) {
  EXPECT_EQ(Compat("pytorch").translate("ReLU6"), "relu6");
  EXPECT_EQ(Compat("pytorch").translate("leaky_relu"), "leaky_relu");
  EXPECT_EQ(Compat("onnx").translate("Identity"), "linear");
  EXPECT_EQ(Compat("pytorch").translate("ELU(alpha=2)"), "elu(alpha=2)");
  EXPECT_EQ(Compat("keras").translate("Maxout"), "maxout");
  EXPECT_EQ(Compat("keras").translate("maxout(k=3)"), "maxout(k=3)");
}

TEST(Compat, reaches_into_formulas) {
  EXPECT_DOUBLE_EQ(read("keras", "leaky_relu(x) + 1").value(-1), 0.8);
  EXPECT_DOUBLE_EQ(read("keras", "LeakyReLU(x, negative_slope=0.5) + 1").value(-1), 0.5);
  EXPECT_DOUBLE_EQ(read("pytorch", "mine = a * ELU(x); a = 3 learn").value(-1), 3 * std::expm1(-1));
  EXPECT_TRUE(read("pytorch", "mine = a * ELU(x); a = 3 learn").learns());
  EXPECT_EQ(read("pytorch", "mine = a * ELU(x); a = 3 learn").name(), "mine");
  EXPECT_EQ(Compat("keras").translate("x * tanh(x)"), "x * tanh(x)");
  EXPECT_EQ(Compat("keras").translate("x"), "x");
}

TEST(Compat, takes_settings_that_choose_inside_formulas) {
  const double tanh_form = Activation("gelu_tanh").value(1), exact = Activation("gelu").value(1);
  EXPECT_EQ(read("pytorch", "2 * GELU(x, approximate=tanh)").value(1), 2 * tanh_form);
  EXPECT_EQ(read("pytorch", "GELU(x, approximate = 'tanh') + GELU(x)").value(1), tanh_form + exact);
  EXPECT_EQ(read("jax", "gelu(x, approximate=False)").value(1), exact);
  EXPECT_DOUBLE_EQ(read("keras", "relu(x - 1, negative_slope=0.1, max_value=2*3) + 1").value(-1), 0.8);
  EXPECT_DOUBLE_EQ(read("keras", "relu(x, max_value=2) + 1").value(5), 3);
  EXPECT_EQ(error_of("pytorch", "GELU(x, approximate=erf)"), "[activation] approximate of GELU is \"erf\", wanted none or tanh");
  EXPECT_EQ(error_of("pytorch", "GELU(x, beta=1)"), "[activation] GELU has no parameter \"beta\": it has approximate");
}

TEST(Compat, without_a_framework_changes_nothing) {
  EXPECT_EQ(Compat().translate(" leaky_relu "), "leaky_relu");
  EXPECT_THROW(Activation(Compat().translate("LeakyReLU")), Error);
}

TEST(Compat, suggests_what_was_meant) {
  try {
    Compat("keas");
    ADD_FAILURE();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("unknown framework \"keas\"; did you mean keras"));
  }
  try {
    Compat("zzzzzzzzz");
    ADD_FAILURE();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("there are pytorch, keras, keras2, onnx, jax, tensorflow, darknet"));
  }
  EXPECT_THAT(error_of("onnx", "LeakyRellu"), HasSubstr("unknown activation \"LeakyRellu\" of onnx; did you mean LeakyRelu"));
  EXPECT_THAT(error_of("onnx", "x * LeakyRellu(x)"), HasSubstr("LeakyRelu"));
}

TEST(Compat, every_row_is_an_activation) {
  for (const CompatRow& row : compat_table()) {
    const Activation activation(spec_of(row));
    const Formula formula = formula_of(row);
    if (is_default(row) && required_parameters(row).empty()) {
      EXPECT_EQ(Compat(row.framework).translate(row.name), spec_of(row)) << row.framework << " " << row.name;
    }
    std::vector<double> values;
    for (const FormulaParameter& p : formula.parameters) values.push_back(p.value);
    EXPECT_EQ(evaluate(lower(formula.body), -0.7, values), activation.value(-0.7)) << row.framework << " " << row.name;
  }
}

TEST(Compat, knows_where_frameworks_differ) {
  const auto rows = [](std::string_view name) {
    std::string text;
    for (const CatalogueEntry& entry : catalogue()) {
      if (entry.name != name) continue;
      for (const CompatRow& row : differing_rows(entry)) text += std::string(row.framework) + " ";
    }
    return text;
  };
  EXPECT_EQ(rows("leaky_relu"), "keras keras keras2 keras2 tensorflow darknet ");
  EXPECT_EQ(rows("gelu"), "jax ");
  EXPECT_EQ(rows("hard_sigmoid"), "keras2 onnx tensorflow ");
  EXPECT_EQ(rows("swish"), "keras keras2 onnx jax tensorflow ");
  EXPECT_EQ(rows("silu"), "");
  EXPECT_EQ(rows("mish"), "");
}

}  // namespace
}  // namespace rectify
