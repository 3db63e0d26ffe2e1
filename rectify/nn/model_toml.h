// Models as TOML: an array of tables `node`, one a node.
//
//   [[node]]
//   name = "conv 1"
//   kind = "conv2d"
//   inputs = ["input"]     # left out: the node before
//   units = 32
//   kernel = 3
//   padding = 1
#pragma once

#include <string>
#include <string_view>

#include "rectify/nn/model.h"

namespace rectify {

/// The model that a TOML text describes. An activation node without `activation`, and a gated one, takes the one given here.
/// `file`, where it is given, is where the text comes from: messages begin with it. Errors: [net] the place and reason of a syntax error;
/// an unknown key with the nearest; a value of a wrong type; see validate().
Model parse_model(std::string_view toml, std::string_view activation, std::string_view file = "");

/// The text that parse_model() makes the same model of.
std::string to_toml(const Model& model);

}  // namespace rectify
