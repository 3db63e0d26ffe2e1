#include "rectify/tensor/arena.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <map>
#include <new>
#include <numeric>
#include <queue>
#include <stdexcept>

#include "rectify/base/error.h"
#include "rectify/base/memory.h"

namespace rectify {
namespace {

/// The free parts of a block that grows at its end, by offset; neighbours are one part.
class FreeParts {
 public:
  /// The offset of `bytes` free bytes: the smallest part that holds them, else the end.
  std::size_t take(std::size_t bytes) {
    auto best = parts_.end();
    for (auto part = parts_.begin(); part != parts_.end(); ++part) {
      if (part->second >= bytes && (best == parts_.end() || part->second < best->second)) best = part;
    }
    if (best == parts_.end()) return take_at_end(bytes);
    const auto [offset, size] = *best;
    parts_.erase(best);
    if (size > bytes) parts_[offset + bytes] = size - bytes;
    return offset;
  }

  void give_back(std::size_t offset, std::size_t bytes) {
    auto next = parts_.lower_bound(offset);
    if (next != parts_.end() && next->first == offset + bytes) {
      bytes += next->second;
      next = parts_.erase(next);
    }
    if (next != parts_.begin() && std::prev(next)->first + std::prev(next)->second == offset) {
      std::prev(next)->second += bytes;
    } else {
      parts_[offset] = bytes;
    }
  }

  std::size_t end() const { return end_; }

 private:
  std::size_t take_at_end(std::size_t bytes) {
    std::size_t offset = end_;
    if (!parts_.empty() && parts_.rbegin()->first + parts_.rbegin()->second == end_) {
      offset = parts_.rbegin()->first;
      parts_.erase(offset);
    }
    end_ = offset + bytes;
    return offset;
  }

  std::map<std::size_t, std::size_t> parts_;
  std::size_t end_ = 0;
};

}  // namespace

void Arena::add(std::size_t bytes, Lifetime lifetime, std::function<void(std::byte*)> resolve) {
  assert(!laid_out_ && lifetime.first <= lifetime.last);
  bytes = (std::max<std::size_t>(bytes, 1) + kAlignment - 1) / kAlignment * kAlignment;
  bytes_without_reuse_ += bytes;
  arrays_.push_back({bytes, 0, lifetime, std::move(resolve)});
}

void Arena::lay_out() {
  std::vector<std::size_t> order(arrays_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  // Of those that begin together the longest lived come first, and the larger of these, which leaves fewer gaps.
  std::stable_sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
    const Array &x = arrays_[a], &y = arrays_[b];
    if (x.lifetime.first != y.lifetime.first) return x.lifetime.first < y.lifetime.first;
    return x.lifetime.last != y.lifetime.last ? x.lifetime.last > y.lifetime.last : x.bytes > y.bytes;
  });
  const auto ends_later = [this](std::size_t a, std::size_t b) { return arrays_[a].lifetime.last > arrays_[b].lifetime.last; };
  std::priority_queue<std::size_t, std::vector<std::size_t>, decltype(ends_later)> living(ends_later);
  FreeParts free;
  for (const std::size_t i : order) {
    for (; !living.empty() && arrays_[living.top()].lifetime.last < arrays_[i].lifetime.first; living.pop()) {
      free.give_back(arrays_[living.top()].offset, arrays_[living.top()].bytes);
    }
    arrays_[i].offset = free.take(arrays_[i].bytes);
    living.push(i);
  }
  bytes_ = free.end();
  laid_out_ = true;
}

void Arena::allocate() {
  if (!laid_out_) lay_out();
  if (bytes_ > usable_memory()) {
    fail("memory", fmt::format("{:.1f} GiB are needed, this machine has {:.1f}: use a smaller batch or network",
                               static_cast<double>(bytes_) / 0x1p30, static_cast<double>(usable_memory()) / 0x1p30));
  }
  try {
    block_.resize(bytes_);
  } catch (const std::bad_alloc&) {
    fail("memory", fmt::format("{:.3g} GiB could not be had: use a smaller batch or network", static_cast<double>(bytes_) / 0x1p30));
  }
  for (const Array& array : arrays_) array.resolve(block_.data() + array.offset);
  arrays_.clear();
}

}  // namespace rectify
