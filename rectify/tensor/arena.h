// One block of memory for many arrays: laid out first, so that arrays whose times do not overlap share their place, then allocated once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <vector>

#include "rectify/base/aligned.h"

namespace rectify {

/// The moments, first and last included, from which and up to which an array's values are needed.
struct Lifetime {
  std::int64_t first = 0, last = std::numeric_limits<std::int64_t>::max();
};

/// Gives arrays their places in one block. Each begins at a multiple of kAlignment; the block is zero at first.
class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// Sets `view` to `count` values when allocate() is called; until then `view` has to stay where it is. Arrays whose lifetimes have no
  /// moment in common may lie in the same place.
  template <class T>
  void place(std::span<T>& view, std::int64_t count, Lifetime lifetime = {}) {
    add(count * sizeof(T), lifetime, [&view, count](std::byte* at) { view = {reinterpret_cast<T*>(at), static_cast<std::size_t>(count)}; });
  }
  /// Finds every array its place. Afterwards bytes() is known and nothing may be placed.
  void lay_out();
  /// Lays out unless that is done, allocates the block and sets every view. To be called once. Errors: [memory] the machine has not so
  /// much, found before anything is allocated, or it could not be had.
  void allocate();
  /// The size of the block.
  std::size_t bytes() const { return bytes_; }
  /// What the arrays would take if each had a place of its own.
  std::size_t bytes_without_reuse() const { return bytes_without_reuse_; }

 private:
  struct Array {
    std::size_t bytes, offset;
    Lifetime lifetime;
    std::function<void(std::byte*)> resolve;
  };

  void add(std::size_t bytes, Lifetime lifetime, std::function<void(std::byte*)> resolve);

  std::vector<Array> arrays_;
  std::size_t bytes_ = 0, bytes_without_reuse_ = 0;
  bool laid_out_ = false;
  AlignedVector<std::byte> block_;
};

}  // namespace rectify
