#include "rectify/study/digest.h"

#include <fmt/format.h>

#include "rectify/base/random.h"
#include "rectify/nn/model_toml.h"

namespace rectify {

std::string digest(const Model& model) { return fmt::format("{:016x}", named_stream(to_toml(model))); }

}  // namespace rectify
