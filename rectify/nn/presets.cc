#include "rectify/nn/presets.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "rectify/base/error.h"
#include "rectify/base/nearest.h"
#include "rectify/nn/model_toml.h"
#include "rectify/nn/network_builder.h"

namespace rectify {
namespace {

/// A preset is a compact text without its input and outputs, or a function.
struct Preset {
  const char* name;
  const char* words;
  Model (*build)(std::string_view activation, const NetworkTask& task);
};

/// Two convolutions of `filters` and a sum with what went in, through a 1x1 convolution where the shape changes. Source: He et al. 2016,
/// "Deep residual learning for image recognition", figure 2 and section 3.3, option B.
void add_residual_block(NetworkBuilder& builder, std::int64_t filters, std::int64_t stride, bool changes) {
  const std::string before = builder.last();
  builder.hidden({.units = filters, .kernel = 3, .stride = stride, .padding = 1}, NormKind::kBatch);
  const std::string number = fmt::format(" {}", builder.hidden_layers());
  builder.add(
      {.name = "conv" + number + "b", .kind = NodeKind::kConv2d, .units = filters, .kernel = 3, .padding = 1, .bias = Bias::kWithout});
  const std::string branch = builder.add({.name = "norm" + number + "b", .kind = NodeKind::kBatchNorm});
  std::string shortcut = before;
  if (changes) {
    builder.add({.name = "shortcut" + number,
                 .kind = NodeKind::kConv2d,
                 .inputs = {before},
                 .units = filters,
                 .kernel = 1,
                 .stride = stride,
                 .bias = Bias::kWithout});
    shortcut = builder.add({.name = "shortcut norm" + number, .kind = NodeKind::kBatchNorm});
  }
  builder.add({.name = "sum" + number, .kind = NodeKind::kAdd, .inputs = {branch, shortcut}});
  builder.activate("hidden" + number + "b");
}

/// The network of 20 layers for CIFAR-10. Source: He et al. 2016, section 4.2, with n = 3.
Model resnet_20(std::string_view activation, const NetworkTask& task) {
  NetworkBuilder builder(task.input, activation);
  builder.hidden({.units = 16, .kernel = 3, .padding = 1}, NormKind::kBatch);
  for (const std::int64_t filters : {16, 32, 64}) {
    for (int block = 0; block < 3; ++block) {
      const bool changes = block == 0 && filters > 16;
      add_residual_block(builder, filters, changes ? 2 : 1, changes);
    }
  }
  builder.add({.name = "global pool", .kind = NodeKind::kGlobalPool});
  builder.output(task.outputs);
  return std::move(builder).finish();
}

constexpr Preset kPresets[] = {
    {"mlp", "512 256", nullptr},
    {"deep-mlp", "128 128 128 128 128 128 128 128", nullptr},
    {"lenet", "conv32 pool conv64 pool 128", nullptr},
    {"vgg-small", "conv32 bn conv32 bn pool conv64 bn conv64 bn pool conv128 bn conv128 bn pool 256 dropout0.5", nullptr},
    {"resnet-20", nullptr, resnet_20},
};

bool is_file(const std::string& net) { return net.ends_with(".toml") || net.find('/') != net.npos; }

}  // namespace

std::string network_text(const std::string& net) {
  if (!is_file(net)) return "";
  std::error_code error;
  std::ifstream file(net);
  std::stringstream text;
  if (!std::filesystem::is_directory(net, error)) text << file.rdbuf();
  if (!file || text.str().empty()) fail("net", fmt::format("{} cannot be read, or is empty: is the name of the TOML file right?", net));
  return text.str();
}

std::vector<std::string> preset_names() {
  std::vector<std::string> names;
  for (const Preset& p : kPresets) names.emplace_back(p.name);
  return names;
}

Model preset(std::string_view name, std::string_view activation, const NetworkTask& task) {
  const auto found = std::find_if(std::begin(kPresets), std::end(kPresets), [name](const Preset& p) { return p.name == name; });
  if (found == std::end(kPresets)) {
    const std::vector<std::string> names = preset_names();
    fail("net", fmt::format("\"{}\" is no network: write one of {}, a compact text such as 784-8x128-10, or a file.toml{}", name,
                            fmt::join(names, ", "), did_you_mean(name, names)));
  }
  const bool wants_image = found->build != nullptr || std::string_view(found->words).starts_with("conv");
  if (wants_image && task.input.is_vector()) {
    fail("net", fmt::format("{} reads images, and a sample of the data is {} number{}: try mlp", name, task.input.size(),
                            task.input.size() == 1 ? "" : "s"));
  }
  if (found->build != nullptr) return found->build(activation, task);
  const Shape input = wants_image ? task.input : Shape{task.input.size()};
  return parse_network(fmt::format("{} {} {}", to_text(input), found->words, task.outputs), activation);
}

Model describe_network(const std::string& text, std::string_view activation, const NetworkTask& task) {
  const std::size_t begin = text.find_first_not_of(' '), end = text.find_last_not_of(' ');
  const std::string net = begin == text.npos ? "" : text.substr(begin, end + 1 - begin);
  if (net.empty()) return preset("deep-mlp", activation, task);
  if (is_file(net)) return parse_model(network_text(net), activation, net);
  const bool is_name = net.find_first_of("0123456789") != 0 && net.find(' ') == net.npos;
  return is_name ? preset(net, activation, task) : parse_network(net, activation);
}

}  // namespace rectify
