// Networks by name, by file or by text, for the data that they are to learn.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rectify/nn/model.h"

namespace rectify {

/// What a network is made for.
struct NetworkTask {
  Shape input;
  std::int64_t outputs = 0;
};

/// The network that `net` means for a task: a preset's name, the name of a TOML file, or a compact text; empty: "8x128" between the task's
/// input and outputs. A compact text is taken as it is, whatever the task. Errors: [net] as parse_network(), parse_model() and
/// network_text().
Model describe_network(const std::string& net, std::string_view activation, const NetworkTask& task);

/// What the TOML file that `net` names holds; empty where `net` names none. Errors: [net] it cannot be read.
std::string network_text(const std::string& net);

/// The names of the presets: mlp, deep-mlp, lenet, vgg-small, resnet-20.
std::vector<std::string> preset_names();

/// A preset for a task. Errors: [net] unknown name; an image too small for it.
Model preset(std::string_view name, std::string_view activation, const NetworkTask& task);

}  // namespace rectify
