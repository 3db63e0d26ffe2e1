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
/// Errors: [net] the place and reason of a syntax error; an unknown key with the nearest; a value of a wrong type; see validate().
Model parse_model(std::string_view toml, std::string_view activation);

/// The model in a file. Errors: the same, and a file that cannot be read.
Model read_model(const std::string& path, std::string_view activation);

/// The text that parse_model() makes the same model of.
std::string to_toml(const Model& model);

}  // namespace rectify
