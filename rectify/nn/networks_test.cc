// Image networks in one line, presets, and models as TOML.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "rectify/base/error.h"
#include "rectify/nn/model_toml.h"
#include "rectify/nn/parameter_store.h"
#include "rectify/nn/presets.h"

namespace rectify {
namespace {

using testing::AllOf;
using testing::HasSubstr;

template <class F>
std::string error_of(const F& f) {
  try {
    f();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

std::vector<std::string> outline(const Model& model) {
  std::vector<std::string> all;
  const std::vector<Shape> shape = shapes(model);
  for (std::size_t i = 0; i < shape.size(); ++i) all.push_back(model.nodes[i].name + " " + to_text(shape[i]));
  return all;
}

TEST(ImageNetwork, infers_every_shape) {
  EXPECT_EQ(outline(parse_network("1x28x28 conv32 pool conv64 pool 128 10", "relu")),
            (std::vector<std::string>{"input 1x28x28", "conv 1 32x28x28", "hidden 1 32x28x28", "pool 1 32x14x14", "conv 2 64x14x14",
                                      "hidden 2 64x14x14", "pool 2 64x7x7", "flatten 3136", "dense 3 128", "hidden 3 128", "output 10"}));
}

TEST(ImageNetwork, layers_have_settings) {
  const Model model = parse_network("3x32x32 conv8k5s2p0g1 poolk3s1p1 avgpool conv16k1 globalpool 10", "tanh");
  EXPECT_EQ(outline(model),
            (std::vector<std::string>{"input 3x32x32", "conv 1 8x14x14", "hidden 1 8x14x14", "pool 1 8x14x14", "pool 1.2 8x7x7",
                                      "conv 2 16x7x7", "hidden 2 16x7x7", "global pool 16", "output 10"}));
}

TEST(ImageNetwork, norms_come_before_the_activation) {
  EXPECT_EQ(outline(parse_network("1x8x8 conv4 bn dropout0.5 8 ln 10", "relu")),
            (std::vector<std::string>{"input 1x8x8", "conv 1 4x8x8", "norm 1 4x8x8", "hidden 1 4x8x8", "dropout 1 4x8x8", "flatten 256",
                                      "dense 2 8", "norm 2 8", "hidden 2 8", "output 10"}));
  EXPECT_EQ(parse_network("1x8x8 conv4 bn 10", "relu").nodes[1].bias, Bias::kWithout);
}

TEST(ImageNetwork, maxout_and_gates_take_the_place_of_map_and_activation) {
  const Model maxout = parse_network("1x8x8 conv4 pool 8 10", "maxout(k=3)");
  EXPECT_EQ(maxout.nodes[1].kind, NodeKind::kMaxout);
  EXPECT_EQ(maxout.nodes[1].kernel, 3);
  EXPECT_EQ(maxout.nodes[4].pieces, 3);
  const Model gated = parse_network("1x8x8 conv4 pool 8 10", "swiglu");
  EXPECT_EQ(gated.nodes[1].kind, NodeKind::kGated);
  EXPECT_EQ(gated.nodes[1].activation, "swiglu");
}

TEST(ImageNetwork, what_makes_no_sense_is_told_with_an_example) {
  const std::vector<std::pair<const char*, const char*>> cases{
      {"1x28x28 conv32", "\"conv32\" comes last, wanted a number of outputs"},
      {"1x28 conv32 10", "\"1x28\" is no input, wanted CHANNELSxHEIGHTxWIDTH"},
      {"1x0x28 conv32 10", "\"1x0x28\" is no input"},
      {"1x28x28 cnv32 10", "\"cnv32\" is no layer; did you mean conv?"},
      {"1x28x28 conv 10", "\"conv\" has no number"},
      {"1x28x28 conv32k 10", "\"conv32k\" has no number behind \"k\""},
      {"1x28x28 conv32q3 10", "\"conv32q3\" has a setting \"q\""},
      {"1x28x28 poolg2 10", "\"poolg2\" has a setting \"g\""},
      {"1x28x28 dropout 10", "\"dropout\" has no number"},
      {"1x28x28 globalpool7 10", "ends in \"7\""},
      {"1x28x28 conv0 10", "\"conv 1\" has 0 units"},
      {"1x28x28 conv8s0 10", "\"conv 1\" has a stride of 0"},
      {"3x28x28 conv8g3 10", "\"conv 1\" has 3 groups, wanted a divisor of its 8 filters"},
      {"1x28x28 conv9g3 10", "\"conv 1\" reads 1x28x28, wanted a number of channels that its 3 groups divide"},
      {"1x4x4 pool pool pool 10", "\"pool 0.3\" has a window of 2 x 2, which an image of 1 x 1 with padding 0 does not hold"},
      {"1x4x4 conv8k7p0 10", "\"conv 1\" has a window of 7 x 7, which an image of 4 x 4 with padding 0 does not hold"},
      {"1x28x28 dropout1.5 10", "\"dropout 0\" drops with probability 1.5"},
      {"1x28x28 poolk17 10", "has a kernel of 17, the largest of at most 255 values can be found"},
  };
  for (const auto& [net, problem] : cases) {
    EXPECT_THAT(error_of([&] { parse_network(net, "relu"); }), AllOf(HasSubstr("[net] "), HasSubstr(problem))) << net;
  }
}

TEST(Preset, fits_any_task_and_any_hidden_activation) {
  for (const std::string& name : preset_names()) {
    for (const NetworkTask& task : {NetworkTask{{1, 28, 28}, 10}, NetworkTask{{3, 32, 32}, 100}}) {
      for (const char* activation : {"relu", "prelu", "maxout", "swiglu", "x * sigmoid(x)"}) {
        const Model model = describe_network(name, activation, task);
        EXPECT_EQ(model.input_units(), task.input.size()) << name;
        EXPECT_EQ(model.output_units(), task.outputs) << name;
      }
    }
  }
}

// He et al. 2016, table 6: 0.27 million parameters, 20 layers; the shortcuts with parameters are option B's.
TEST(Preset, resnet_20_has_its_20_layers) {
  const Model model = preset("resnet-20", "relu", {{3, 32, 32}, 10});
  int layers = 0;
  for (const Node& node : model.nodes) {
    layers += (node.kind == NodeKind::kConv2d && node.kernel == 3) || node.kind == NodeKind::kDense;
  }
  EXPECT_EQ(layers, 20);
  EXPECT_EQ(ParameterStore(model).count(), 272'474);
}

TEST(Preset, unknown_names_are_told_the_nearest) {
  EXPECT_THAT(error_of([] {
                describe_network("resnet20", "relu", {{1, 28, 28}, 10});
              }),
              AllOf(HasSubstr("\"resnet20\" is no network"), HasSubstr("did you mean resnet-20?")));
  EXPECT_THAT(error_of([] {
                describe_network("lenet", "relu", {{2}, 3});
              }),
              HasSubstr("lenet reads images, and a sample of the data is 2 numbers: try mlp"));
  EXPECT_EQ(outline(describe_network("", "relu", {{1, 2, 2}, 3})).front(), "input 4");
}

TEST(Toml, round_trips_every_model) {
  std::vector<Model> models{parse_network("4-2x5-3", "mine = x * sigmoid(b*x); b = 1 learn"), parse_network("4-5-3", "maxout(k=3)"),
                            parse_network("2x9x9 conv4k5s2p1g2 bn poolk3s2p1 alphadropout0.25 6 ln 3", "elu(alpha=0.5)"),
                            parse_network("2x9x9 conv4 avgpool globalpool 3", "geglu")};
  for (const std::string& name : preset_names()) models.push_back(preset(name, "prelu", {{1, 28, 28}, 10}));
  models[0].nodes[2].sharing = ParameterSharing::kShared;
  models[3].nodes[1].activation = "swish", models[3].nodes[1].sharing = ParameterSharing::kShared;
  models[0].nodes[1].init = "he,bias=0.1";
  for (const Model& model : models) {
    const std::string text = to_toml(model);
    EXPECT_EQ(parse_model(text, "relu"), model) << text;
  }
}

constexpr const char* kGood = R"(
[[node]]
name = "in"
kind = "input"
shape = [1, 8, 8]
[[node]]
name = "c"
kind = "conv2d"
units = 4
kernel = 3
[[node]]
name = "a"
kind = "activation"
[[node]]
name = "p"
kind = "max_pool"
kernel = 2
[[node]]
name = "flat"
kind = "flatten"
[[node]]
name = "out"
kind = "dense"
units = 3
)";

TEST(Toml, leaves_out_what_follows) {
  const Model model = parse_model(kGood, "mish");
  EXPECT_EQ(outline(model), (std::vector<std::string>{"in 1x8x8", "c 4x6x6", "a 4x6x6", "p 4x3x3", "flat 36", "out 3"}));
  EXPECT_EQ(model.nodes[2].activation, "mish");
  EXPECT_EQ(model.nodes[3].inputs, std::vector<std::string>{"a"});
}

TEST(Toml, mistakes_are_told_with_their_place) {
  const auto with = [](const std::string& from, const std::string& to) {
    std::string text = kGood;
    text.replace(text.find(from), from.size(), to);
    return error_of([&] { parse_model(text, "relu"); });
  };
  EXPECT_THAT(with("kernel = 3", "kernl = 3"),
              AllOf(HasSubstr("\"c\", of kind conv2d, has no key \"kernl\""), HasSubstr("did you mean kernel?"), HasSubstr("line 10")));
  EXPECT_THAT(with("kind = \"flatten\"", "kind = \"flatten\"\nkernel = 2"), HasSubstr("of kind flatten, has no key \"kernel\""));
  EXPECT_THAT(with("\"max_pool\"", "\"maxpool\""), AllOf(HasSubstr("is of kind \"maxpool\""), HasSubstr("did you mean max_pool?")));
  EXPECT_THAT(with("kind = \"flatten\"", ""), HasSubstr("\"flat\" has no kind"));
  EXPECT_THAT(with("units = 4", "units = 4.5"), HasSubstr("units of \"c\" is not a whole number, at line 9"));
  EXPECT_THAT(with("units = 4", "units = \"4\""), HasSubstr("units of \"c\" is not a whole number"));
  EXPECT_THAT(with("kernel = 3", "kernel = 3\nbias = 1"), HasSubstr("bias of \"c\" is not true or false"));
  EXPECT_THAT(with("kernel = 3", "kernel = 3\ninputs = \"in\""), HasSubstr("inputs of \"c\" is not a list of names"));
  EXPECT_THAT(with("kernel = 3", "kernel = 3\ninputs = [\"im\"]"),
              AllOf(HasSubstr("which no node is called"), HasSubstr("did you mean in?")));
  EXPECT_THAT(with("[1, 8, 8]", "[1, 8]"), HasSubstr("has no shape of one or three numbers"));
  EXPECT_THAT(with("[1, 8, 8]", "[1, 8"), HasSubstr("[net] line "));
  EXPECT_THAT(with("kind = \"activation\"", "kind = \"activation\"\nactivation = \"rleu\""),
              AllOf(HasSubstr("[activation] \"a\": unknown activation \"rleu\""), HasSubstr("did you mean relu?")));
  EXPECT_THAT(with("kind = \"activation\"", "kind = \"activation\"\nparameters = \"units\""), HasSubstr("did you mean unit?"));
  EXPECT_THAT(with("[[node]]\nname = \"in\"", "seed = 3\n[[node]]\nname = \"in\""), HasSubstr("unknown key \"seed\""));
  EXPECT_THAT(with("kernel = 3", "kernel = 3\ninit = \"hee\""), HasSubstr("[init] \"c\": there is no initialisation \"hee\""));
  EXPECT_THAT(with("kernel = 3", "kernel = 3\ninit = \"lsuv\""), HasSubstr("lsuv scales a whole network"));
  EXPECT_THAT(with("kind = \"flatten\"", "kind = \"flatten\"\ninit = \"he\""), HasSubstr("of kind flatten, has no key \"init\""));
  EXPECT_THAT(with("kind = \"flatten\"", "kind = \"dropout\""), HasSubstr("\"flat\" has no rate, the share of units that it drops"));
  EXPECT_THAT(error_of([] { parse_model("", "relu"); }), HasSubstr("no tables [[node]]"));
  EXPECT_THAT(error_of([] { parse_model("node = [1, 2]", "relu"); }), HasSubstr("an entry of node is no table"));
}

TEST(Toml, is_read_from_files) {
  const std::string path = testing::TempDir() + "networks_test.toml";
  std::ofstream(path) << kGood;
  EXPECT_EQ(describe_network(path, "relu", {}), parse_model(kGood, "relu"));
  EXPECT_THAT(error_of([] { describe_network("no/such.toml", "relu", {}); }), HasSubstr("[net] no/such.toml cannot be read"));
  std::string wrong = kGood;
  wrong.replace(wrong.find("units = 4"), 9, "units = 4.5");
  std::ofstream(path) << wrong;
  EXPECT_EQ(error_of([&] { describe_network(path, "relu", {}); }), "[net] " + path + ": units of \"c\" is not a whole number, at line 9");
  EXPECT_EQ(network_text(path), wrong);
  EXPECT_EQ(network_text("2-4-2"), "");
  EXPECT_EQ(describe_network(" 2-4-2 ", "relu", {}), describe_network("2-4-2", "relu", {}));
}

TEST(Shapes, that_do_not_fit_are_told_with_both) {
  const auto with = [](std::vector<Node> nodes) {
    nodes.insert(nodes.begin(), Node{.name = "in", .kind = NodeKind::kInput, .units = 2, .height = 4, .width = 4});
    return error_of([&] { validate({nodes}); });
  };
  const Node conv{.name = "c", .kind = NodeKind::kConv2d, .inputs = {"in"}, .units = 3, .kernel = 3};
  EXPECT_THAT(with({{.name = "d", .kind = NodeKind::kDense, .inputs = {"in"}, .units = 3}}),
              HasSubstr("\"d\" reads an image of 2x4x4, wanted a vector: put a flatten or a global pool before it"));
  EXPECT_THAT(with({conv, {.name = "s", .kind = NodeKind::kAdd, .inputs = {"c", "in"}}}),
              HasSubstr("\"s\" adds \"c\" of 3x2x2 and \"in\" of 2x4x4, wanted the same shape"));
  EXPECT_THAT(with({conv, {.name = "j", .kind = NodeKind::kConcat, .inputs = {"c", "in"}}}),
              HasSubstr("\"j\" joins \"c\" of 3x2x2 and \"in\" of 2x4x4, wanted the same height and width"));
  EXPECT_THAT(with({{.name = "s", .kind = NodeKind::kAdd, .inputs = {"in"}}}), HasSubstr("\"s\" reads 1 nodes, wanted at least two"));
}

}  // namespace
}  // namespace rectify
