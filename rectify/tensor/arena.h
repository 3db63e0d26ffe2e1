// One block of memory for many arrays: laid out first, allocated once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "rectify/base/aligned.h"

namespace rectify {

/// Gives arrays their places in one block. Each begins at a multiple of kAlignment and is zero at first.
class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// Sets `view` to `count` values when allocate() is called; until then `view` has to stay where it is.
  template <class T>
  void place(std::span<T>& view, std::int64_t count) {
    pending_.push_back([this, &view, count, offset = arrays_] { view = view_at<T>(offset, count); });
    arrays_ += padded(count * sizeof(T));
  }
  /// The same in a region that all scratch arrays share, so that writing one destroys the others.
  template <class T>
  void place_scratch(std::span<T>& view, std::int64_t count) {
    pending_.push_back([this, &view, count] { view = view_at<T>(arrays_, count); });
    scratch_ = std::max(scratch_, padded(count * sizeof(T)));
  }
  /// Allocates the block and sets every view. To be called once. Errors: [memory] there is not so much.
  void allocate();
  /// The size of the block.
  std::size_t bytes() const { return block_.size(); }

 private:
  static std::size_t padded(std::size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

  template <class T>
  std::span<T> view_at(std::size_t offset, std::int64_t count) {
    return {reinterpret_cast<T*>(block_.data() + offset), static_cast<std::size_t>(count)};
  }

  std::size_t arrays_ = 0;   // bytes, before the scratch region
  std::size_t scratch_ = 0;  // bytes
  std::vector<std::function<void()>> pending_;
  AlignedVector<std::byte> block_;
};

}  // namespace rectify
