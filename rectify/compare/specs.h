// Lists of activations as the command line gives them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rectify {

/// The specs in `text`, split at commas that stand in no parentheses: "relu, elu(alpha=0.5), x > 0 ? x : min(x,1)" has three. Spaces around
/// a spec are dropped. Errors: [activation] an empty item.
std::vector<std::string> split_specs(std::string_view text);

}  // namespace rectify
