// Windows that slide over an image: what convolutions and pools have in common.
#pragma once

#include "rectify/nn/model.h"

namespace rectify {

/// Errors: [net] the kernel, stride or padding of a node makes no sense.
void check_window(const Node& node);

/// The shape of what a node's window gives with `channels` channels. Errors: [net] the window is larger than the padded image.
Shape window_shape(const Node& node, const Shape& input, std::int64_t channels);

}  // namespace rectify
