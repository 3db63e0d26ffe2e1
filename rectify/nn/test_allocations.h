// Counts all allocations of a test program. Included by one file of it.
#pragma once

#include <atomic>
#include <cstdlib>
#include <new>

namespace rectify {

/// How many there were so far.
inline std::atomic<long> allocations = 0;

inline void* counted_allocation(std::size_t bytes, std::size_t alignment) {
  ++allocations;
  void* const p = alignment == 0 ? std::malloc(bytes) : std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (p == nullptr) throw std::bad_alloc();
  return p;
}

}  // namespace rectify

void* operator new(std::size_t bytes) { return rectify::counted_allocation(bytes, 0); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return rectify::counted_allocation(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }
