#include "rectify/nn/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "rectify/base/error.h"

namespace rectify {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string error_of(const std::string& net, const std::string& activation = "relu") {
  try {
    parse_network(net, activation);
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

std::vector<std::string> names(const Model& model) {
  std::vector<std::string> all;
  for (const Node& node : model.nodes) all.push_back(node.name);
  return all;
}

TEST(Network, repeated_layers_are_written_out) {
  const Model model = parse_network("784-2x128-10", "elu(alpha=0.5)");
  EXPECT_EQ(names(model), (std::vector<std::string>{"input", "dense 1", "hidden 1", "dense 2", "hidden 2", "output"}));
  EXPECT_EQ(model.input_units(), 784);
  EXPECT_EQ(model.output_units(), 10);
  EXPECT_EQ(model.nodes[3].kind, NodeKind::kDense);
  EXPECT_EQ(model.nodes[3].units, 128);
  EXPECT_EQ(model.nodes[3].inputs, std::vector<std::string>{"hidden 1"});
  EXPECT_EQ(model.nodes[4].kind, NodeKind::kActivation);
  EXPECT_EQ(model.nodes[4].activation, "elu(alpha=0.5)");
}

TEST(Network, layers_may_have_different_widths) {
  const Model model = parse_network("784-128-2x64-10", "relu");
  EXPECT_EQ(model.nodes[1].units, 128);
  EXPECT_EQ(model.nodes[3].units, 64);
  EXPECT_EQ(model.nodes[5].units, 64);
  EXPECT_EQ(names(parse_network("2-3", "relu")), (std::vector<std::string>{"input", "output"}));
  EXPECT_EQ(parse_network("2-32-3", "relu").output_units(), 3);
}

TEST(Network, maxout_replaces_dense_and_activation) {
  const Model model = parse_network("2-2x32-3", "maxout(k=3)");
  EXPECT_EQ(names(model), (std::vector<std::string>{"input", "hidden 1", "hidden 2", "output"}));
  EXPECT_EQ(model.nodes[1].kind, NodeKind::kMaxout);
  EXPECT_EQ(model.nodes[1].pieces, 3);
  EXPECT_EQ(model.nodes[1].units, 32);
}

TEST(Network, text_that_makes_no_sense_is_refused_with_an_example) {
  const std::vector<std::pair<const char*, const char*>> cases{
      {"", "empty"},
      {"784", "no outputs"},
      {"784--10", "empty"},
      {"-784-10", "empty"},
      {"784-10-", "empty"},
      {"784-0-10", "\"0\" is not positive"},
      {"784-0x128-10", "\"0x128\" is not positive"},
      {"784-8x-10", "\"8x\" is neither"},
      {"784-x128-10", "\"x128\" is neither"},
      {"784-8x128x2-10", "\"8x128x2\" is neither"},
      {"784-abc-10", "\"abc\" is neither"},
      {"784-12.5-10", "\"12.5\" is neither"},
      {"784, 128, 10", "neither"},
      {"2x784-10", "repeats the input"},
      {"784-2x10", "repeats the output"},
      {"784-99999999999999999999-10", "too large"},
      {"784-20000x8-10", "more than 10000 layers"},
  };
  for (const auto& [net, problem] : cases) {
    EXPECT_THAT(error_of(net), AllOf(HasSubstr("[net] "), HasSubstr(problem), HasSubstr("784-8x128-10"))) << net;
  }
  EXPECT_THAT(error_of("784-2000000-10"), AllOf(HasSubstr("\"dense 1\" has 2000000 units"), HasSubstr("1 to 1000000")));
  EXPECT_THAT(error_of("1000000-1000000-10"), HasSubstr("1e+12 parameters"));
}

TEST(Network, unknown_activation_is_refused) {
  EXPECT_THAT(error_of("2-4-3", "rleu"), AllOf(HasSubstr("[activation]"), HasSubstr("relu")));
  EXPECT_THAT(error_of("2-4-3", "maxou"), AllOf(HasSubstr("[activation]"), HasSubstr("maxout")));
}

TEST(Maxout, spec_gives_the_number_of_pieces) {
  int pieces = 0;
  EXPECT_TRUE(is_maxout("maxout", &pieces));
  EXPECT_EQ(pieces, 2);
  EXPECT_TRUE(is_maxout(" maxout( k = 255 ) ", &pieces));
  EXPECT_EQ(pieces, 255);
  EXPECT_FALSE(is_maxout("relu", &pieces));
  EXPECT_FALSE(is_maxout("maxout2", &pieces));
}

TEST(Maxout, senseless_pieces_are_refused) {
  for (const char* spec : {"maxout(k=1)", "maxout(k=256)", "maxout(k=two)", "maxout(k=)", "maxout(k=3", "maxout(", "maxout()", "maxout(3)",
                           "maxout(n=3)", "maxout(k=3.5)", "maxout(k=-2)"}) {
    int pieces = 0;
    EXPECT_THROW(is_maxout(spec, &pieces), Error) << spec;
    EXPECT_THAT(error_of("2-4-3", spec), AllOf(HasSubstr("[maxout]"), HasSubstr("maxout(k=3)"))) << spec;
  }
}

std::string error_of(const Model& model) {
  try {
    validate(model);
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(Validate, names_the_node_that_is_wrong) {
  const Model good = parse_network("4-2x8-3", "tanh");
  EXPECT_EQ(error_of(good), "no error");
  const auto with = [&good](auto change) {
    Model model = good;
    change(model);
    return error_of(model);
  };
  EXPECT_THAT(with([](Model& m) { m.nodes.resize(1); }), HasSubstr("[net] 1 nodes"));
  EXPECT_THAT(with([](Model& m) { m.nodes[1].name = ""; }), HasSubstr("node 2 has no name"));
  EXPECT_THAT(with([](Model& m) { m.nodes[3].name = "dense 1"; }), HasSubstr("two nodes are called \"dense 1\""));
  EXPECT_THAT(with([](Model& m) { m.nodes[0].kind = NodeKind::kDense; }), HasSubstr("\"input\" comes first and is no input"));
  EXPECT_THAT(with([](Model& m) { m.nodes[1].kind = NodeKind::kInput; }), HasSubstr("\"dense 1\" is an input"));
  EXPECT_THAT(with([](Model& m) { m.nodes[0].inputs = {"output"}; }), HasSubstr("the input \"input\" reads \"output\""));
  EXPECT_THAT(with([](Model& m) { m.nodes[3].inputs.clear(); }), HasSubstr("\"dense 2\" reads 0 nodes"));
  EXPECT_THAT(with([](Model& m) { m.nodes[3].inputs = {"hiden 1"}; }),
              AllOf(HasSubstr("\"dense 2\" reads \"hiden 1\", which no node is called"), HasSubstr("did you mean hidden 1")));
  EXPECT_THAT(with([](Model& m) { m.nodes[3].inputs = {"dense 1"}; }), HasSubstr("\"hidden 1\" is a dead end: no node reads it"));
  EXPECT_THAT(with([](Model& m) { m.nodes[1].inputs = {"hidden 2"}; }),
              HasSubstr("a cycle: \"dense 1\" reads \"hidden 2\" reads \"dense 2\" reads \"hidden 1\" reads \"dense 1\""));
  EXPECT_THAT(with([](Model& m) { std::swap(m.nodes[2], m.nodes[3]), m.nodes[2].inputs = {"hidden 1"}; }),
              HasSubstr("\"dense 2\" reads \"hidden 1\", which comes after it"));
  EXPECT_THAT(with([](Model& m) { m.nodes[1].units = 0; }), HasSubstr("\"dense 1\" has 0 units"));
  EXPECT_THAT(with([](Model& m) { m.nodes[0].units = -1; }), HasSubstr("\"input\" has -1 units"));
  EXPECT_THAT(with([](Model& m) { m.nodes[2].activation = "tahn"; }), HasSubstr("tanh"));
  EXPECT_THAT(with([](Model& m) { m.nodes[1].kind = NodeKind::kMaxout; }), HasSubstr("\"dense 1\" has 0 pieces"));
  Model window = parse_network("1x8x8 conv4 pool 3", "swiglu");
  window.nodes[1].activation = "swish";
  EXPECT_EQ(error_of(window), "no error");
  window.nodes[1].sharing = ParameterSharing::kPerUnit;
  EXPECT_THAT(error_of(window), HasSubstr("gates an image with parameters = \"unit\", wanted \"channel\" or \"shared\""));
}

}  // namespace
}  // namespace rectify
