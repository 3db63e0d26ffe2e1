#include "rectify/nn/window.h"

#include <fmt/format.h>

#include "rectify/base/error.h"

namespace rectify {
namespace {

constexpr std::int64_t kMostKernel = 63, kMostStride = 64;

}  // namespace

void check_window(const Node& node) {
  if (node.kernel < 1 || node.kernel > kMostKernel) {
    fail("net", fmt::format("\"{}\" has a kernel of {}, wanted 1 to {}", node.name, node.kernel, kMostKernel));
  }
  if (node.stride < 1 || node.stride > kMostStride) {
    fail("net", fmt::format("\"{}\" has a stride of {}, wanted 1 to {}", node.name, node.stride, kMostStride));
  }
  if (node.padding < 0 || node.padding >= node.kernel) {
    fail("net", fmt::format("\"{}\" has a padding of {}, wanted 0 to {}, less than its kernel", node.name, node.padding, node.kernel - 1));
  }
}

Shape window_shape(const Node& node, const Shape& input, std::int64_t channels) {
  const auto steps = [&node](std::int64_t extent) { return (extent + 2 * node.padding - node.kernel) / node.stride + 1; };
  if (input.height + 2 * node.padding < node.kernel || input.width + 2 * node.padding < node.kernel) {
    fail("net", fmt::format("\"{}\" has a window of {k} x {k}, which an image of {} x {} with padding {} does not hold", node.name,
                            input.height, input.width, node.padding, fmt::arg("k", node.kernel)));
  }
  return {channels, steps(input.height), steps(input.width)};
}

}  // namespace rectify
